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

// section is one of the tables of -v.
type section struct {
	name, heading string
	columns       []listing.Column
	rows          []map[string]string
}

// verbose prints a table for each kind; with json one object.
func (o *DFOptions) verbose(e *client.Env, h *holdings) error {
	now := time.Now()
	sections := []section{h.imageSection(now), h.containerSection(now), h.volumeSection(), h.cacheSection(now)}
	switch o.Format {
	case "json":
		all := map[string][]map[string]string{}
		for _, s := range sections {
			all[s.name] = append([]map[string]string{}, s.rows...)
		}
		return json.NewEncoder(e.Stdout).Encode(all)
	case "", "table":
	default:
		return fmt.Errorf("format value %q cannot be used with -v: use table or json", o.Format)
	}
	for i, s := range sections {
		if i > 0 {
			e.Println()
		}
		e.Printf("%s\n\n", s.heading)
		if err := listing.Print(e.Stdout, "", s.columns, map[string]string{}, s.rows); err != nil {
			return err
		}
	}
	return nil
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

func (h *holdings) imageSection(now time.Time) section {
	s := section{name: "Images", heading: "Images space usage:", columns: []listing.Column{
		{"Repository", "REPOSITORY"}, {"Tag", "TAG"}, {"ID", "IMAGE ID"}, {"CreatedSince", "CREATED"}, {"Size", "SIZE"},
		{"SharedSize", "SHARED SIZE"}, {"UniqueSize", "UNIQUE SIZE"}, {"Containers", "CONTAINERS"},
	}}
	for _, u := range h.images.Images {
		names := u.Image.Names
		if len(names) == 0 {
			names = []string{"<none>:<none>"}
		}
		for _, name := range names {
			i := strings.LastIndexByte(name, ':')
			s.rows = append(s.rows, map[string]string{
				"Repository": name[:i], "Tag": name[i+1:], "ID": short(u.Image.ID), "CreatedSince": ago(u.Image.Created, now), "Size": human(u.Image.Size),
				"SharedSize": human(u.Image.Size - u.Unique), "UniqueSize": human(u.Unique), "Containers": strconv.Itoa(u.Containers),
			})
		}
	}
	return s
}

func (h *holdings) containerSection(now time.Time) section {
	s := section{name: "Containers", heading: "Containers space usage:", columns: []listing.Column{
		{"ID", "CONTAINER ID"}, {"Image", "IMAGE"}, {"Command", "COMMAND"}, {"Size", "SIZE"}, {"CreatedSince", "CREATED"}, {"Status", "STATUS"}, {"Names", "NAMES"},
	}}
	for i := range h.containers {
		c := &h.containers[i]
		command := []rune(strings.Join(c.Command, " "))
		if len(command) > 20 {
			command = append(command[:19], '…')
		}
		s.rows = append(s.rows, map[string]string{
			"ID": short(c.ID), "Image": c.Image, "Command": strconv.Quote(string(command)), "Size": human(c.bytes),
			"CreatedSince": ago(c.Created, now), "Status": c.State, "Names": c.Name,
		})
	}
	return s
}

func (h *holdings) volumeSection() section {
	s := section{name: "Volumes", heading: "Local Volumes space usage:", columns: []listing.Column{{"Name", "VOLUME NAME"}, {"Links", "LINKS"}, {"Size", "SIZE"}}}
	for _, v := range h.volumes {
		s.rows = append(s.rows, map[string]string{"Name": v.name, "Links": strconv.Itoa(v.users), "Size": human(v.bytes)})
	}
	return s
}

func (h *holdings) cacheSection(now time.Time) section {
	s := section{name: "BuildCache", columns: []listing.Column{
		{"ID", "CACHE ID"}, {"CacheType", "CACHE TYPE"}, {"Size", "SIZE"}, {"CreatedSince", "CREATED"}, {"LastUsedSince", "LAST USED"}, {"Shared", "SHARED"}, {"Description", "DESCRIPTION"},
	}}
	total := int64(0)
	for _, c := range h.cache {
		total += c.Bytes
		text := []rune(strings.Join(strings.Fields(c.Text), " "))
		if len(text) > 45 {
			text = append(text[:44], '…')
		}
		s.rows = append(s.rows, map[string]string{
			"ID": short(c.ID), "CacheType": c.Type, "Size": human(c.Bytes), "CreatedSince": ago(c.Created, now), "LastUsedSince": ago(c.Used, now),
			"Shared": strconv.FormatBool(c.Shared), "Description": string(text),
		})
	}
	s.heading = "Build cache usage: " + human(total)
	return s
}
