package lookcmd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/show"
)

// ImagesOptions are the flags of images.
type ImagesOptions struct {
	Quiet  bool
	Format string
}

// Register defines the flags in fs.
func (o *ImagesOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Quiet, "quiet", "q", false, "print ids only")
	fs.StringVar(&o.Format, "format", "table", "table or json")
}

// Images prints the images that the project's containers were made of.
func Images(ctx context.Context, e *client.Env, t client.Target, o *ImagesOptions, services []string) error {
	if o.Format != "table" && o.Format != "json" && o.Format != "" {
		return fmt.Errorf("format value %q could not be parsed: use table or json", o.Format)
	}
	cs, err := e.OfServices(ctx, t, services, false, client.AnyState)
	if err != nil {
		return err
	}
	rows := make([]show.ImageRow, 0, len(cs))
	for i := range cs {
		row, err := imageOf(e, t.Name, &cs[i])
		if err != nil {
			return fmt.Errorf("image of container %s: %w", cs[i].Name, err)
		}
		rows = append(rows, row)
	}
	var out bytes.Buffer
	switch {
	case o.Quiet:
		var ids []string
		for _, r := range rows {
			if id := strings.TrimPrefix(r.ID, "sha256:"); id != "" && !slices.Contains(ids, id) {
				ids = append(ids, id)
				fmt.Fprintln(&out, id)
			}
		}
	case o.Format == "json":
		err = show.ImagesJSON(&out, rows)
	default:
		err = show.Images(&out, rows, time.Now())
	}
	if err == nil {
		_, err = e.Stdout.Write(out.Bytes())
	}
	return err
}

// imageOf describes what a container's root file system was made of. A directory,
// an archive of a root file system and the host's are no images: they have a name
// and nothing else.
func imageOf(e *client.Env, project string, c *api.Container) (show.ImageRow, error) {
	row := show.ImageRow{ContainerName: c.Name, Platform: runtime.GOOS + "/" + runtime.GOARCH, Repository: c.Image}
	if c.Image == "" {
		row.Repository = "(host)"
	}
	// Opening the store would make it.
	if _, err := os.Lstat(e.Dirs.Images()); err != nil {
		return row, nil
	}
	store, err := image.Open(e.Dirs.Images())
	if err != nil {
		return row, err
	}
	img, err := store.HeldBy(e.Dirs.ContainerData(project, c.Name))
	var lost *image.NotFoundError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return row, nil
	case errors.As(err, &lost):
		row.ID = lost.Ref
		return row, nil
	case err != nil:
		return row, err
	}
	row.ID, row.Size, row.LastTagTime = img.ID, img.Size, img.Loaded
	if !img.Created.IsZero() {
		row.Created = &img.Created
	}
	row.Platform = strings.TrimSuffix(img.OS+"/"+img.Architecture+"/"+img.Variant, "/")
	row.Repository, row.Tag = nameOf(c.Image, &img)
	return row, nil
}

// nameOf splits the name under which a container knows its image; one that came
// from a file has the names that the file gave it.
func nameOf(ref string, img *image.Image) (repository, tag string) {
	if imageref.IsSource(ref) {
		if len(img.Names) == 0 {
			return "", ""
		}
		ref = img.Names[0]
	}
	n, err := imageref.Parse(ref)
	if err != nil || strings.HasPrefix(strings.TrimPrefix(img.ID, "sha256:"), ref) || ref == img.ID {
		return "", "" // it was named by its id
	}
	n = n.Tagged()
	return n.Repository(), n.Tag
}
