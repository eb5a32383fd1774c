package systemcmd

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// details are the tables of -v.
type details struct {
	Images     []imageRow
	Containers []containerRow
	Volumes    []volumeRow
	BuildCache []cacheRow
}

// imageRow is a name of an image, or an image without.
type imageRow struct {
	Containers   string // how many use it
	CreatedSince string `heading:"CREATED"` // "2 days ago"; N/A of an image without a date
	ID           string `heading:"IMAGE ID"`
	Repository   string
	SharedSize   string `heading:"SHARED SIZE"` // of layers that other images have too
	Size         string
	Tag          string
	UniqueSize   string `heading:"UNIQUE SIZE"` // of layers that no other image has
}

type containerRow struct {
	Command      string // cut
	CreatedSince string `heading:"CREATED"`
	ID           string `heading:"CONTAINER ID"`
	Image        string
	Names        string
	Size         string // of what it has written beside volumes
	Status       string // docker's word for its state
}

type volumeRow struct {
	Links string // containers that use it
	Name  string `heading:"VOLUME NAME"`
	Size  string
}

type cacheRow struct {
	CacheType     string `heading:"CACHE TYPE"` // regular, exec.cachemount, source.git.checkout …
	CreatedSince  string `heading:"CREATED"`
	Description   string // the step, cut
	ID            string `heading:"CACHE ID"`
	LastUsedSince string `heading:"LAST USED"`
	Shared        string // true: an image has the layer too
	Size          string
}

// verbose prints a table for each kind; with json one object.
func (o *DFOptions) verbose(e *client.Env, h *holdings) error {
	now := time.Now()
	d := details{h.imageRows(now), h.containerRows(now), h.volumeRows(), h.cacheRows(now)}
	switch o.Format {
	case "json":
		return json.NewEncoder(e.Stdout).Encode(d)
	case "", "table":
	default:
		return fmt.Errorf("format value %q cannot be used with -v: use table or json", o.Format)
	}
	total := int64(0)
	for _, c := range h.cache {
		total += c.Bytes
	}
	e.Printf("Images space usage:\n\n")
	if err := listing.Print(e.Stdout, "", []string{"Repository", "Tag", "ID", "CreatedSince", "Size", "SharedSize", "UniqueSize", "Containers"}, d.Images); err != nil {
		return err
	}
	e.Printf("\nContainers space usage:\n\n")
	if err := listing.Print(e.Stdout, "", []string{"ID", "Image", "Command", "Size", "CreatedSince", "Status", "Names"}, d.Containers); err != nil {
		return err
	}
	e.Printf("\nLocal Volumes space usage:\n\n")
	if err := listing.Print(e.Stdout, "", []string{"Name", "Links", "Size"}, d.Volumes); err != nil {
		return err
	}
	e.Printf("\nBuild cache usage: %s\n\n", human(total))
	return listing.Print(e.Stdout, "", []string{"ID", "CacheType", "Size", "CreatedSince", "LastUsedSince", "Shared", "Description"}, d.BuildCache)
}

func ago(t, now time.Time) string {
	if t.Unix() <= 0 {
		return "N/A"
	}
	return show.Human(now.Sub(t)) + " ago"
}

func short(id string) string {
	id = strings.TrimPrefix(id, "sha256:")
	return id[:min(12, len(id))]
}

func (h *holdings) imageRows(now time.Time) []imageRow {
	rows := []imageRow{}
	for _, u := range h.images.Images {
		names := u.Image.Names
		if len(names) == 0 {
			names = []string{"<none>:<none>"}
		}
		for _, name := range names {
			i := strings.LastIndexByte(name, ':')
			rows = append(rows, imageRow{
				Repository: name[:i], Tag: name[i+1:], ID: short(u.Image.ID), CreatedSince: ago(u.Image.Created, now), Size: human(u.Image.Size),
				SharedSize: human(u.Image.Size - u.Unique), UniqueSize: human(u.Unique), Containers: strconv.Itoa(u.Containers),
			})
		}
	}
	return rows
}

func (h *holdings) containerRows(now time.Time) []containerRow {
	rows := []containerRow{}
	for i := range h.containers {
		c := &h.containers[i]
		rows = append(rows, containerRow{
			ID: short(c.ID), Image: c.Image, Command: strconv.Quote(cut(strings.Join(c.Command, " "), 20)), Size: human(c.bytes),
			CreatedSince: ago(c.Created, now), Status: c.State, Names: c.Name,
		})
	}
	return rows
}

// cut is a text of at most n characters.
func cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

func (h *holdings) volumeRows() []volumeRow {
	rows := []volumeRow{}
	for _, v := range h.volumes {
		rows = append(rows, volumeRow{Name: v.name, Links: strconv.Itoa(v.users), Size: human(v.bytes)})
	}
	return rows
}

func (h *holdings) cacheRows(now time.Time) []cacheRow {
	rows := []cacheRow{}
	for _, c := range h.cache {
		rows = append(rows, cacheRow{
			ID: short(c.ID), CacheType: c.Type, Size: human(c.Bytes), CreatedSince: ago(c.Created, now), LastUsedSince: ago(c.Used, now),
			Shared: strconv.FormatBool(c.Shared), Description: cut(strings.Join(strings.Fields(c.Text), " "), 45),
		})
	}
	return rows
}
