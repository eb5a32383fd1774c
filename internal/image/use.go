package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image/variants"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Root are the read-only layers of an image, for an overlay.
type Root struct {
	Lower   []string // absolute directories, the topmost first
	Data    []string // of a variant: directories below them, for contents alone
	Notices []string // what is not as in the image, for the user
}

// holderName is the record in a container's data directory that keeps its
// image: it goes with the directory, whoever removes that.
const holderName = "image"

// held is that record. The layers are named too, so that they are safe even if
// the index is lost.
type held struct {
	ID     string   `json:"id"`
	Layers []string `json:"layers"`
	// Variant is the key of what it has instead of the layers; Exchange what that is.
	Variant  string        `json:"variant,omitempty"`
	Exchange *exchange.IDs `json:"exchange,omitempty"`
}

// Use marks an image as used by the container whose data directory is holder,
// and returns its layers. Neither Remove nor Prune touches them while the mark,
// which is a file in holder, is there.
func (s *Store) Use(ctx context.Context, id, holder string) (*Root, error) {
	return s.use(ctx, id, filepath.Join(holder, holderName), nil)
}

// UseMount is Use for an image that the container has as its mount number n.
func (s *Store) UseMount(ctx context.Context, id, holder string, n int) (*Root, error) {
	return s.use(ctx, id, filepath.Join(holder, fmt.Sprintf("%s.%d", holderName, n)), nil)
}

func (s *Store) use(ctx context.Context, id, mark string, v *variants.Spec) (r *Root, err error) {
	err = s.reading(ctx, func(x *index) error {
		img, ok := x.image(id)
		if !ok {
			return &NotFoundError{Ref: id}
		}
		if r, err = s.rootOf(&img); err != nil {
			return err
		}
		h := held{ID: img.ID, Layers: img.Layers}
		if v != nil {
			if h.Variant, err = s.relyOn(v, &img, r); err != nil {
				return err
			}
			h.Exchange = &v.Exchange
		}
		b, err := json.Marshal(h)
		if err != nil {
			return err
		}
		return state.WriteFile(mark, b, 0o600)
	})
	if err != nil {
		return nil, err
	}
	return r, nil
}

// Lower are the read-only layers of an image, the topmost first, for who looks at
// a container that keeps it.
func (s *Store) Lower(img *Image) ([]string, error) {
	r, err := s.rootOf(img)
	if err != nil {
		return nil, err
	}
	return r.Lower, nil
}

func (s *Store) rootOf(img *Image) (*Root, error) {
	r := &Root{}
	var left layer.Left
	oneID := false
	for _, key := range slices.Backward(img.Layers) {
		rec, _, err := s.layers.Record(key)
		if err != nil {
			return nil, fmt.Errorf("image %s: layer %s: %w: load the image again", shortID(img.ID), key, err)
		}
		r.Lower = append(r.Lower, s.layers.FS(key))
		left.Add(rec.Stats.Left)
		oneID = oneID || rec.Single
		if rec.Stats.OpaqueRoot { // overlayfs does not look at the mark on a layer's own root
			break
		}
	}
	left.Devices = 0 // that was said when they were left out, and a container has a /dev of its own anyway
	r.Notices = left.Notices(oneID)
	return r, nil
}

// Holder is a container that uses an image.
type Holder struct {
	Project, Container string
}

// holders are the containers that use images, by the image's id; layers are all
// layers that any of them needs. The caller holds the store's exclusive lock, or
// wants a hint only.
func (s *Store) holders() (byID map[string][]Holder, layers map[string]bool, err error) {
	byID, layers = map[string][]Holder{}, map[string]bool{}
	data := filepath.Dir(s.dir)
	var files []string
	for _, name := range []string{holderName, holderName + ".*"} {
		found, err := filepath.Glob(filepath.Join(globEscape(data), "p", "*", "c", "*", name))
		if err != nil {
			return nil, nil, err
		}
		files = append(files, found...)
	}
	for _, f := range files {
		container := filepath.Dir(f)
		by := Holder{filepath.Base(filepath.Dir(filepath.Dir(container))), filepath.Base(container)}
		if s.without != nil && s.without(by) {
			continue
		}
		h, err := readHeld(f)
		if errors.Is(err, fs.ErrNotExist) {
			continue // removed meanwhile
		}
		if err != nil { // nothing may be deleted then
			return nil, nil, fmt.Errorf("%s: %w: which image it keeps is not known; mocker-compose -p %s down removes it", f, err, by.Project)
		}
		byID[h.ID] = append(byID[h.ID], by)
		for _, key := range h.Layers {
			layers[key] = true
		}
		if h.Variant != "" {
			layers[h.Variant] = true // a key like others
		}
	}
	return byID, layers, nil
}

// readHeld reads a mark, and leaves one that it cannot read where it is: as long
// as it is there, nothing is deleted.
func readHeld(path string) (h held, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return h, err
	}
	return h, json.Unmarshal(b, &h)
}

// globEscape makes a path mean itself in a pattern.
func globEscape(path string) string {
	var out []byte
	for i := range len(path) {
		if slices.Contains([]byte(`*?[\`), path[i]) {
			out = append(out, '\\')
		}
		out = append(out, path[i])
	}
	return string(out)
}

// Unuse takes the mark away while the container's directory stays.
func Unuse(holder string) error {
	err := os.Remove(filepath.Join(holder, holderName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
