package image

import (
	"os"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// Known is the image that a source has become when it was read last, if it has not
// changed since; nothing is read. A source is what [Store.Load] takes.
func (s *Store) Known(source string) (img Image, ok bool) {
	src, err := imageref.ParseSource(source)
	if err != nil {
		return img, false
	}
	if src.Live() {
		return s.Recall(src, "")
	}
	f, err := openSource(src)
	if err != nil {
		return img, false
	}
	defer f.Close()
	now, err := identify(f, src)
	if err != nil {
		return img, false
	}
	images := s.remembered(src, now)
	if len(images) != 1 {
		return img, false
	}
	return images[0], true
}

// Exists reports that there is a store in a directory.
func Exists(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "lock"))
	return err == nil
}
