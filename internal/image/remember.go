package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// identity tells a file and its content from another and from another time.
type identity struct {
	Dev, Ino     uint64
	Size         int64
	MTime, CTime int64 // ns
}

// remembered is what a source had when it was last read.
type memory struct {
	Source string   `json:"source"`
	File   identity `json:"file"`
	// Version is what stands for File where there is none.
	Version string   `json:"version,omitempty"`
	IDs     []string `json:"ids"`
}

// settled is how old a file must be for its times to tell that nobody has
// written since: they move by a tick of the kernel's clock.
const settled = 50 * time.Millisecond

func identify(f *os.File, src imageref.Source) (identity, error) {
	st, err := sourceFile(f, src)
	if err != nil {
		return identity{}, err
	}
	return identity{uint64(st.Dev), st.Ino, st.Size, st.Mtim.Nano(), st.Ctim.Nano()}, nil
}

func (i identity) settled() bool { return time.Since(time.Unix(0, i.CTime)) > settled }

func (s *Store) memoryPath(src imageref.Source) string {
	h := sha256.Sum256([]byte(src.String()))
	return s.path("sources", hex.EncodeToString(h[:]))
}

// remembered are the images of a source that is as it was, if all are there still.
func (s *Store) remembered(src imageref.Source, now identity) (images []Image) {
	m := s.memory(src)
	if m == nil || m.File != now {
		return nil
	}
	return s.all(m.IDs)
}

// memory is what is remembered of a source; nil if nothing is.
func (s *Store) memory(src imageref.Source) *memory {
	var m memory
	if _, err := state.Load(s.memoryPath(src), &m); err != nil || len(m.IDs) == 0 {
		return nil
	}
	return &m
}

// Recall is the image that a [Source.Live] source had when it had the version;
// "" is the last one that was seen. ok: it is there still.
func (s *Store) Recall(src imageref.Source, version string) (img Image, ok bool) {
	m := s.memory(src)
	if m == nil || version != "" && m.Version != version {
		return img, false
	}
	list := s.all(m.IDs)
	if len(list) != 1 {
		return img, false
	}
	return list[0], true
}

// Note remembers what a Live source has.
func (s *Store) Note(src imageref.Source, version string, img Image) error {
	return state.Save(s.memoryPath(src), memory{Source: src.String(), Version: version, IDs: []string{img.ID}})
}

// all are the images with these ids; nil if one is gone.
func (s *Store) all(ids []string) (images []Image) {
	err := s.reading(context.Background(), func(x *index) error {
		for _, id := range ids {
			img, ok := x.image(id)
			if !ok {
				return errGone
			}
			images = append(images, img)
		}
		return nil
	})
	if err != nil {
		return nil // it is read, which says what is wrong
	}
	return images
}

var errGone = errors.New("gone")

// remember is in vain at worst: the source is read again.
func (s *Store) remember(src imageref.Source, f identity, images []Image) {
	if !f.settled() {
		return
	}
	m := memory{Source: src.String(), File: f}
	for _, img := range images {
		m.IDs = append(m.IDs, img.ID)
	}
	_ = state.Save(s.memoryPath(src), m)
}
