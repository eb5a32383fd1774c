package imageprep

import (
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/imagecmd"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// shelf is the store as it was at one moment.
type shelf struct {
	store  *image.Store // nil: there is none, and none is to be made
	byName map[string]image.Image
	asks   asks
}

// look reads the store's index.
func look(e *client.Env) (*shelf, error) {
	if e.Global.DryRun {
		return glance(e)
	}
	return open(e)
}

// glance is look for who changes nothing: a store that is not there is empty.
func glance(e *client.Env) (*shelf, error) {
	if !image.Exists(e.Dirs.Images()) {
		return &shelf{asks: asks{e.Dirs.Data}}, nil
	}
	return open(e)
}

func open(e *client.Env) (*shelf, error) {
	store, err := imagecmd.Open(e)
	if err != nil {
		return nil, err
	}
	s := &shelf{store: store, asks: asks{e.Dirs.Data}}
	return s, s.again()
}

// again reads the index once more.
func (s *shelf) again() error {
	list, err := s.store.List()
	if err != nil {
		return err
	}
	s.byName = make(map[string]image.Image, len(list))
	for _, img := range list {
		for _, name := range slices.Concat(img.Names, img.Digests) {
			s.byName[name] = img
		}
	}
	return nil
}

// has implements stock.
func (s *shelf) has(ref, platform string) (image.Image, bool) {
	img, ok := image.Image{}, false
	if n, err := imageref.Parse(ref); err == nil {
		if n.Digest == "" {
			n = n.Tagged()
		}
		img, ok = s.byName[n.String()]
	}
	if !ok && s.store == nil {
		return img, false
	}
	if !ok {
		// By an id, a part of one, or a digest with a tag.
		var err error
		if img, err = s.store.Find(ref); err != nil {
			return img, false
		}
	}
	return img, fits(&img, platform)
}

// fits: an image is for a platform, OS[/ARCHITECTURE[/VARIANT]] or an architecture alone.
func fits(img *image.Image, platform string) bool {
	if platform == "" || img.Architecture == "" {
		return true
	}
	parts := strings.Split(platform, "/")
	if len(parts) == 1 && platform != "linux" {
		parts = []string{"linux", platform}
	}
	have := []string{img.OS, img.Architecture, img.Variant}
	for i, p := range parts {
		if i < len(have) && have[i] != "" && have[i] != architecture(p) {
			return false
		}
	}
	return true
}

// architecture is Go's name for what others call it.
func architecture(s string) string {
	switch s {
	case "x86_64", "x86-64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return s
}

// asked implements stock.
func (s *shelf) asked(ref string) time.Time {
	at := s.asks.last(ref)
	if img, ok := s.has(ref, ""); ok && img.Loaded.After(at) {
		at = img.Loaded
	}
	return at
}
