package systemcmd

import (
	"context"
	"fmt"
	"strconv"

	"github.com/docker/go-units"
	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
)

// DFOptions are the flags of system df.
type DFOptions struct {
	Verbose bool
	Format  string
}

// Register defines the flags in fs.
func (o *DFOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Verbose, "verbose", "v", false, "show each image, container, volume and record of the build cache")
	fs.StringVar(&o.Format, "format", "", "table, json, or a Go `TEMPLATE`")
}

// DF prints how much of the disk is used, and for what.
func DF(ctx context.Context, e *client.Env, o *DFOptions) error {
	h, err := gather(ctx, e)
	if err != nil {
		return err
	}
	if o.Verbose {
		return o.verbose(e, h)
	}
	return listing.Print(e.Stdout, o.Format, []string{"Type", "TotalCount", "Active", "Size", "Reclaimable"}, h.rows())
}

// kindRow is a line of system df.
type kindRow struct {
	Active      string // how many something uses
	Reclaimable string // what a removal of the others would free; of the build cache, what nothing uses now
	Size        string
	TotalCount  string `heading:"TOTAL"`
	Type        string // Images, Containers, Local Volumes, Build Cache
}

// kind sums up one line.
type kind struct {
	total, active int
	size, free    int64
}

func (k *kind) add(active bool, bytes int64) {
	k.total++
	k.size += bytes
	if active {
		k.active++
	} else {
		k.free += bytes
	}
}

func (k *kind) row(name string, percent bool) kindRow {
	free := human(k.free)
	if percent && k.size > 0 {
		free += fmt.Sprintf(" (%d%%)", k.free*100/k.size)
	}
	return kindRow{Type: name, TotalCount: strconv.Itoa(k.total), Active: strconv.Itoa(k.active), Size: human(k.size), Reclaimable: free}
}

func human(n int64) string { return units.HumanSizeWithPrecision(float64(n), 4) }

func (h *holdings) rows() []kindRow {
	images := kind{total: len(h.images.Images), active: h.images.Active(), size: h.images.Bytes, free: h.images.Free}
	var cs, vs, cache kind
	for i := range h.containers {
		cs.add(h.containers[i].runs(), h.containers[i].bytes)
	}
	for _, v := range h.volumes {
		vs.add(v.users > 0, v.bytes)
	}
	for _, c := range h.cache {
		cache.add(c.InUse, c.Bytes)
	}
	return []kindRow{
		images.row("Images", true), cs.row("Containers", true), vs.row("Local Volumes", true), cache.row("Build Cache", false),
	}
}
