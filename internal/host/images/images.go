// Package images finds the images of services in the store of images, and reads
// into it those that a compose file names by a file. Of images that are missing it
// says all at once, with what to do.
package images

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

// RootFS begins what is a root file system alone, without a configuration.
const RootFS = "rootfs:"

// Finder finds images. Its fields are set by who makes it.
type Finder struct {
	Store  func() (*image.Store, error) // opens it when the first is needed
	Notice func(string)                 // says what the user should know of one
}

// All finds the images of services, each once, and reads those in files.
func (f *Finder) All(ctx context.Context, services []project.Service, say func(name, status string)) (imageconfig.Set, error) {
	found := imageconfig.Set{}
	byRef := make(map[string]imageconfig.Resolved)
	var missing missingImages
	for _, s := range services {
		if s.Image == "" || strings.HasPrefix(s.Image, RootFS) {
			continue
		}
		img, known := byRef[s.Image]
		if !known {
			var err error
			img, err = f.Find(ctx, s.Image, say)
			var absent *image.NotFoundError
			if errors.As(err, &absent) {
				missing = append(missing, missingImage{s.Name, absent})
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("service %q: %w", s.Name, err)
			}
			byRef[s.Image] = img
		}
		found[s.Name] = img
	}
	if len(missing) > 0 {
		return nil, missing
	}
	return found, nil
}

// Find finds or reads one image.
func (f *Finder) Find(ctx context.Context, ref string, say func(name, status string)) (imageconfig.Resolved, error) {
	store, err := f.Store()
	if err != nil {
		return imageconfig.Resolved{}, err
	}
	var img image.Image
	name := ref
	if imageref.IsSource(ref) {
		loaded, err := loadImage(ctx, store, ref, say)
		if err != nil {
			return imageconfig.Resolved{}, err
		}
		img, name = *loaded, nameOf(loaded, ref)
	} else if img, err = store.Find(ref); err != nil {
		return imageconfig.Resolved{}, err
	}
	if img.Architecture != "" && img.Architecture != runtime.GOARCH {
		f.Notice(fmt.Sprintf("image %s is for the platform %s/%s, and this machine is linux/%s: its programs cannot be executed, unless they are emulated", name, img.OS, img.Architecture, runtime.GOARCH))
	}
	return imageconfig.Resolved{Image: imageconfig.Image{ID: img.ID, Name: name}, Config: img.Config}, nil
}

// loadImage reads an image from a file. What has been read before, and has not
// changed, is not mentioned.
func loadImage(ctx context.Context, store *image.Store, ref string, say func(name, status string)) (*image.Image, error) {
	reading := false
	list, err := store.Load(ctx, ref, func(string) {
		if !reading {
			reading = true
			say(ref, "Loading")
		}
	})
	if err == nil && len(list) != 1 {
		err = fmt.Errorf("image %s: %d images are in it: name one behind a colon (%s:NAME:TAG)", ref, len(list), ref)
	}
	switch {
	case err != nil && reading:
		say(ref, "Error")
		return nil, err
	case err != nil:
		return nil, err
	case reading:
		say(ref, "Loaded")
	}
	return &list[0], nil
}

// nameOf is what ps shows for an image from a file: the name that was asked for,
// else the first that it has, else its short id.
func nameOf(img *image.Image, ref string) string {
	src, err := imageref.ParseSource(ref)
	if err == nil && slices.Contains(img.Names, src.Ref) {
		return src.Ref
	}
	if len(img.Names) > 0 {
		return img.Names[0]
	}
	return strings.TrimPrefix(img.ID, "sha256:")[:12]
}

// missingImages are those that are not in the store, with the services that want
// them.
type missingImages []missingImage

type missingImage struct {
	service string
	err     *image.NotFoundError
}

// Error is what one has to say, or the names of all and what to do about them.
func (m missingImages) Error() string {
	if len(m) == 1 {
		return fmt.Sprintf("service %q: %v", m[0].service, m[0].err)
	}
	var list, names []string
	for _, one := range m {
		text := fmt.Sprintf("%s (service %s", one.err.Ref, one.service)
		if len(one.err.Similar) > 0 {
			text += "; did you mean " + strings.Join(one.err.Similar, " or ") + "?"
		}
		list = append(list, text+")")
		if !slices.Contains(names, one.err.Ref) {
			names = append(names, one.err.Ref)
		}
	}
	return fmt.Sprintf("no such images: %s: they are not in the store\nPull them:        mocker-compose up --pull missing\nor from a docker: docker save %s | mocker-compose image load\nor from a file:   mocker-compose image load -i FILE\nor name the file: image: docker-archive:FILE",
		strings.Join(list, ", "), strings.Join(names, " "))
}
