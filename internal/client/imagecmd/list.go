package imagecmd

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// ListOptions are the flags of image ls.
type ListOptions struct {
	All, Quiet, Digests, NoTrunc bool
	Format                       string
	Filters                      []string
}

// Register defines the flags in fs.
func (o *ListOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.All, "all", "a", false, "show all images (there are no hidden ones)")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print ids only")
	fs.BoolVar(&o.Digests, "digests", false, "show the digests of manifests")
	fs.BoolVar(&o.NoTrunc, "no-trunc", false, "do not cut ids")
	fs.StringVar(&o.Format, "format", "", "table, json, or a Go `TEMPLATE`")
	fs.StringArrayVarP(&o.Filters, "filter", "f", nil, "only images that match: dangling=true, label=KEY[=VALUE], before=IMAGE, since=IMAGE, until=TIME, reference=PATTERN")
}

// none is docker's word for what an image does not have.
const none = "<none>"

// List prints the images of the store; args is at most one name or pattern.
func List(_ context.Context, e *client.Env, o *ListOptions, args []string) error {
	s, err := Open(e)
	if err != nil {
		return err
	}
	f, err := newFilter(s, o.Filters, "before", "since", "dangling", "label", "until", "reference")
	if err != nil {
		return err
	}
	if len(args) > 0 {
		f.references = append(f.references, args[0])
	}
	all, err := s.List()
	if err != nil {
		return err
	}
	now := time.Now()
	var rows []listRow
	for i := range all {
		if f.match(&all[i], now) {
			rows = append(rows, o.rows(&all[i], f, now)...)
		}
	}
	if o.Quiet {
		for _, r := range rows {
			e.Println(r.ID)
		}
		return nil
	}
	columns := []string{"Repository", "Tag", "ID", "CreatedSince", "Size"}
	if o.Digests {
		columns = slices.Insert(columns, 2, "Digest")
	}
	return listing.Print(e.Stdout, o.Format, columns, rows)
}

// listRow is a line of image ls: a name of an image, or an image without.
type listRow struct {
	Containers   string // N/A: see system df -v
	CreatedAt    string `heading:"CREATED AT"`
	CreatedSince string `heading:"CREATED"` // "2 days ago"; N/A of an image without a date
	Digest       string // of its manifest in the registry that it came from
	ID           string `heading:"IMAGE ID"` // cut, but for --no-trunc
	Repository   string
	SharedSize   string `heading:"SHARED SIZE"` // N/A: see system df -v
	Size         string // of all of its layers, unpacked
	Tag          string
	UniqueSize   string `heading:"UNIQUE SIZE"` // N/A: see system df -v
	VirtualSize  string `heading:"SIZE"`        // as Size
}

// rows are a line for each name of an image, or one without.
func (o *ListOptions) rows(img *image.Image, f *filter, now time.Time) (rows []listRow) {
	id := img.ID
	if !o.NoTrunc {
		id = short(id)
	}
	size := units.HumanSizeWithPrecision(float64(img.Size), 3)
	row := func(repository, tag string) listRow {
		return listRow{
			Repository: repository, Tag: tag, ID: id, Digest: digest(img, repository), Size: size, VirtualSize: size,
			CreatedSince: since(img.Created, now), CreatedAt: img.Created.Local().Format("2006-01-02 15:04:05 -0700 MST"),
			Containers: "N/A", SharedSize: "N/A", UniqueSize: "N/A",
		}
	}
	for _, name := range img.Names {
		if f.matchName(name) {
			i := strings.LastIndexByte(name, ':')
			rows = append(rows, row(name[:i], name[i+1:]))
		}
	}
	if len(img.Names) > 0 {
		return rows
	}
	for _, repository := range repositories(img.Digests) {
		rows = append(rows, row(repository, none))
	}
	if len(rows) == 0 {
		rows = append(rows, row(none, none))
	}
	return rows
}

// repositories are those of an image's digests, each once.
func repositories(digests []string) (out []string) {
	for _, d := range digests {
		if r, _, _ := strings.Cut(d, "@"); !slices.Contains(out, r) {
			out = append(out, r)
		}
	}
	return out
}

func digest(img *image.Image, repository string) string {
	for _, d := range img.Digests {
		if rest, ok := strings.CutPrefix(d, repository+"@"); ok {
			return rest
		}
	}
	return none
}

func since(t, now time.Time) string {
	if t.Unix() <= 0 {
		return "N/A" // tools that want the same bytes each time set no date
	}
	return show.Human(now.Sub(t)) + " ago"
}

func short(id string) string {
	hex := strings.TrimPrefix(id, "sha256:")
	return hex[:min(12, len(hex))]
}
