package image

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// index is all that the store holds, in one record: a load of several images
// becomes visible, and a removal takes effect, by one rename.
type index struct {
	Images map[string]Image  `json:"images"` // by id; without their names
	Names  map[string]string `json:"names"`  // familiar name with tag -> id
}

const indexName = "index.json"

// readIndex reads the index; the caller holds the store's lock.
func (s *Store) readIndex() (*index, error) {
	x := &index{}
	_, err := state.Load(s.path(indexName), x)
	var unread *fs.PathError
	if errors.As(err, &unread) && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("image store: %w", err)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("image store: %w; load your images again: the layers are still here", err)
	}
	if x.Images == nil {
		x.Images = map[string]Image{}
	}
	if x.Names == nil {
		x.Names = map[string]string{}
	}
	return x, nil
}

// saveIndex brings the index to disk: what it names must be there already.
func (s *Store) saveIndex(x *index) error {
	if err := state.Save(s.path(indexName), x); err != nil {
		return fmt.Errorf("image store: %w", err)
	}
	return syncDir(s.dir, indexName)
}

// syncDir brings a file that was renamed into place, and its name, to disk.
func syncDir(dir, name string) error {
	for _, path := range []string{dir + "/" + name, dir} {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = errors.Join(f.Sync(), f.Close())
		if err != nil {
			return fmt.Errorf("bring %s to disk: %w", path, err)
		}
	}
	return nil
}

// image is an image with its names.
func (x *index) image(id string) (Image, bool) {
	img, ok := x.Images[id]
	if !ok {
		return img, false
	}
	img.Names = x.namesOf(id)
	return img, true
}

// hasLayer tells whether an image has the layer with this key.
func (x *index) hasLayer(key string) bool {
	for _, img := range x.Images {
		if slices.Contains(img.Layers, key) {
			return true
		}
	}
	return false
}

func (x *index) namesOf(id string) []string {
	var names []string
	for name, of := range x.Names {
		if of == id {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// all are the images, newest first as docker lists them.
func (x *index) all() []Image {
	var out []Image
	for _, id := range slices.Sorted(maps.Keys(x.Images)) {
		img, _ := x.image(id)
		out = append(out, img)
	}
	slices.SortStableFunc(out, func(a, b Image) int { return b.Created.Compare(a.Created) })
	return out
}

// find resolves what the user wrote: a name, then an id, as docker does.
func (x *index) find(ref string) (id string, err error) {
	name, nameErr := imageref.Parse(ref)
	if nameErr == nil {
		if id, ok := x.byName(name); ok {
			return id, nil
		}
	}
	hex := strings.TrimPrefix(ref, "sha256:")
	var found []string
	if hex != "" && len(hex) <= 64 && imageref.IsHex(hex, len(hex)) {
		for id := range x.Images {
			if strings.HasPrefix(id, "sha256:"+hex) {
				found = append(found, id)
			}
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		slices.Sort(found)
		return "", fmt.Errorf("%q could be %d images: %s", ref, len(found), strings.Join(found, ", "))
	case nameErr != nil && hex == ref:
		return "", nameErr
	}
	return "", &NotFoundError{Ref: ref, Similar: x.similar(ref)}
}

func (x *index) byName(n imageref.Name) (id string, ok bool) {
	if n.Digest == "" {
		id, ok = x.Names[n.Tagged().String()]
		return id, ok
	}
	want := n.Repository() + "@" + n.Digest
	for id, img := range x.Images {
		if id == n.Digest && slices.ContainsFunc(x.namesOf(id), func(s string) bool { return repositoryOf(s) == n.Repository() }) ||
			slices.Contains(img.Digests, want) {
			return id, true
		}
	}
	return "", false
}

func repositoryOf(name string) string { return name[:strings.LastIndexByte(name, ':')] }
