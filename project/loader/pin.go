package loader

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Pin puts what resolve makes of it in place of each image of the services, as
// `config --resolve-image-digests` shows them. resolve is called for several
// images at a time, once for each.
func (l *Loaded) Pin(resolve func(image string) (string, error)) error {
	images := l.images()
	pinned, err := resolveAll(slices.Compact(slices.Sorted(maps.Values(images))), resolve)
	if err != nil {
		return err
	}
	if l.dict == nil {
		for name, s := range l.Model.Services {
			if s.Image != "" {
				s.Image = pinned[s.Image]
				l.Model.Services[name] = s
			}
		}
		return nil
	}
	for name, s := range l.services() {
		if image := images[name]; image != "" {
			s["image"] = pinned[image]
		}
	}
	return nil
}

// images are those of the services.
func (l *Loaded) images() map[string]string {
	out := map[string]string{}
	if l.dict == nil {
		for name, s := range l.Model.Services {
			if s.Image != "" {
				out[name] = s.Image
			}
		}
		return out
	}
	for name, s := range l.services() {
		if image, _ := s["image"].(string); image != "" {
			out[name] = image
		}
	}
	return out
}

// services are those of a model whose variables were not filled in.
func (l *Loaded) services() map[string]map[string]any {
	out := map[string]map[string]any{}
	all, _ := l.dict["services"].(map[string]any)
	for name, s := range all {
		if s, ok := s.(map[string]any); ok {
			out[name] = s
		}
	}
	return out
}

// maxResolvers is how many registries are asked at once.
const maxResolvers = 8

func resolveAll(images []string, resolve func(string) (string, error)) (map[string]string, error) {
	out := make(map[string]string, len(images))
	var (
		mu    sync.Mutex
		wg    sync.WaitGroup
		errs  = make([]error, len(images))
		slots = make(chan struct{}, maxResolvers)
	)
	for n, image := range images {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if strings.Contains(image, "${") || strings.HasPrefix(image, "$") {
				errs[n] = fmt.Errorf("image %s: its variables are not filled in (--no-interpolate): there is no digest for it", image)
				return
			}
			pinned, err := resolve(image)
			mu.Lock()
			defer mu.Unlock()
			out[image], errs[n] = pinned, err
		})
	}
	wg.Wait()
	return out, errors.Join(errs...)
}

// ImagesOnly leaves nothing of the model but the images of the services: an
// override file that pins them.
func (l *Loaded) ImagesOnly() {
	only := map[string]any{}
	for name, image := range l.images() {
		only[name] = map[string]any{"image": image}
	}
	l.dict = map[string]any{"services": only}
}
