package imagecmd

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
)

// HistoryOptions are the flags of image history.
type HistoryOptions struct {
	Human, Quiet, NoTrunc bool
	Format                string
}

// Register defines the flags in fs.
func (o *HistoryOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Human, "human", "H", true, "print sizes and dates for people")
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print ids only")
	fs.BoolVar(&o.NoTrunc, "no-trunc", false, "do not cut anything")
	fs.StringVar(&o.Format, "format", "", "table, json, or a Go `TEMPLATE`")
}

// createdByWidth is what docker shows of a command, in characters.
const createdByWidth = 45

// History prints how an image was made, the newest first.
func History(_ context.Context, e *client.Env, o *HistoryOptions, ref string) error {
	s, err := Open(e)
	if err != nil {
		return err
	}
	img, err := s.Find(ref)
	if err != nil {
		return brief(err)
	}
	rows, err := o.rows(s, &img)
	if err != nil {
		return err
	}
	if o.Quiet {
		for _, r := range rows {
			e.Println(r.ID)
		}
		return nil
	}
	return listing.Print(e.Stdout, o.Format, []string{"ID", "CreatedSince", "CreatedBy", "Size", "Comment"}, rows)
}

// historyRow is a line of image history: a step.
type historyRow struct {
	Comment      string
	CreatedAt    string `heading:"CREATED AT"` // RFC 3339
	CreatedBy    string `heading:"CREATED BY"` // cut, but for --no-trunc
	CreatedSince string `heading:"CREATED"`    // "2 days ago"; with --human=false as CreatedAt
	ID           string `heading:"IMAGE"`      // of the image in the first line, <missing> in all others
	Size         string // of its layer, unpacked; with --human=false in bytes
}

func (o *HistoryOptions) rows(s *image.Store, img *image.Image) ([]historyRow, error) {
	raw, err := s.Raw(img.ID)
	if err != nil {
		return nil, err
	}
	var file config.File
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, fmt.Errorf("configuration of %s: %w", img.ID, err)
	}
	sizes, err := s.LayerSizes(img)
	if err != nil {
		return nil, err
	}
	var rows []historyRow
	now, layer := time.Now(), 0
	for _, h := range file.History {
		size := int64(0)
		if !h.EmptyLayer && layer < len(sizes) {
			size = sizes[layer]
			layer++
		}
		rows = append(rows, o.row(&h, size, now))
	}
	slices.Reverse(rows)
	if len(rows) > 0 {
		rows[0].ID = img.ID
		if !o.NoTrunc {
			rows[0].ID = short(img.ID)
		}
	}
	return rows, nil
}

func (o *HistoryOptions) row(h *config.History, size int64, now time.Time) historyRow {
	by := strings.Join(strings.Fields(h.CreatedBy), " ")
	if r := []rune(by); !o.NoTrunc && len(r) > createdByWidth {
		by = string(r[:createdByWidth-1]) + "…"
	}
	at := h.Created.Local().Format(time.RFC3339)
	row := historyRow{
		ID: "<missing>", CreatedAt: at, CreatedSince: since(h.Created, now), CreatedBy: by,
		Size: units.HumanSizeWithPrecision(float64(size), 3), Comment: h.Comment,
	}
	if !o.Human {
		row.CreatedSince, row.Size = at, strconv.FormatInt(size, 10)
	}
	return row
}
