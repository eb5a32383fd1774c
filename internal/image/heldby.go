package image

import (
	"context"
	"path/filepath"
)

// HeldBy is the image that the container uses whose data directory is holder
// (see Use). The error is fs.ErrNotExist for a container without an image, and a
// *NotFoundError for an image that the index has lost.
func (s *Store) HeldBy(holder string) (img Image, err error) {
	h, err := readHeld(filepath.Join(holder, holderName))
	if err != nil {
		return img, err
	}
	err = s.reading(context.Background(), func(x *index) error {
		found, ok := x.image(h.ID)
		if !ok {
			return &NotFoundError{Ref: h.ID}
		}
		img = found
		return nil
	})
	return img, err
}
