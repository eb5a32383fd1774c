package image

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// New is an image whose layers are leased.
type New struct {
	Image Image  // with its names
	Raw   []byte // its configuration as it was
	// Manifest is its manifest as it was; nil if there was none.
	Manifest []byte
}

// Commit brings images and their layers to disk and makes them visible, all or
// none. Names move from other images, which are told.
func (s *Store) Commit(ctx context.Context, images []New) (renamed []Renamed, err error) {
	if err := s.layers.Sync(); err != nil {
		return nil, err
	}
	err = s.changing(ctx, func(x *index) error {
		for i := range images {
			if err := s.add(x, &images[i], &renamed); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		s.keepReserve()
	}
	return renamed, err
}

func (s *Store) add(x *index, n *New, renamed *[]Renamed) error {
	img := n.Image
	if err := s.keepDocument("configs", img.ID, n.Raw); err != nil {
		return err
	}
	if n.Manifest != nil {
		img.Manifest = digestOf(n.Manifest)
		if err := s.keepDocument("manifests", img.Manifest, n.Manifest); err != nil {
			return err
		}
	}
	for _, name := range img.Names {
		if of := x.Names[name]; of != "" && of != img.ID {
			*renamed = append(*renamed, Renamed{name, of})
		}
		x.Names[name] = img.ID
	}
	img.Names, img.Loaded = nil, time.Now().UTC()
	if old, ok := x.Images[img.ID]; ok {
		img.Loaded = old.Loaded
		if img.Manifest == "" {
			img.Manifest = old.Manifest
		}
		for _, d := range old.Digests {
			if !slices.Contains(img.Digests, d) {
				img.Digests = append(img.Digests, d)
			}
		}
	}
	x.Images[img.ID] = img
	return nil
}

func digestOf(raw []byte) string {
	sum := sha256.Sum256(raw)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// keepDocument writes a document named for its digest, and brings it to disk.
func (s *Store) keepDocument(dir, digest string, raw []byte) error {
	name := strings.TrimPrefix(digest, "sha256:")
	if err := state.WriteFile(s.path(dir, name), raw, 0o600); err != nil {
		return err
	}
	return syncDir(s.path(dir), name)
}

// RawManifest is an image's manifest as it came (OCI image spec, manifest.md).
// The error is fs.ErrNotExist for an image that came without.
func (s *Store) RawManifest(img *Image) ([]byte, error) {
	if img.Manifest == "" {
		return nil, fs.ErrNotExist
	}
	return os.ReadFile(s.path("manifests", strings.TrimPrefix(img.Manifest, "sha256:")))
}

// Raw is an image's configuration as it was loaded: OCI image spec, config.md.
func (s *Store) Raw(id string) ([]byte, error) {
	return os.ReadFile(s.path("configs", strings.TrimPrefix(id, "sha256:")))
}
