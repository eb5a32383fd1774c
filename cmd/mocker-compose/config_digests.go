package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/registry"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// maxResolvers is how many images are asked for at once.
const maxResolvers = 8

// pin puts the digests that images have in their registries behind their names;
// with only, nothing else is left of the model.
func (a *app) pin(ctx context.Context, l *loader.Loaded, only bool) error {
	c, err := registry.New(registry.Options{Getenv: a.env.Getenv, Notice: a.env.Warn})
	if err != nil {
		return err
	}
	var (
		mu     sync.Mutex
		wg     sync.WaitGroup
		errs   []error
		slots  = make(chan struct{}, maxResolvers)
		pinned = map[string]string{}
	)
	for _, ref := range l.Images() {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			full, err := resolve(ctx, c, ref)
			mu.Lock()
			defer mu.Unlock()
			pinned[ref] = full
			errs = append(errs, err)
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	for _, service := range l.Pin(pinned, only) {
		a.env.Warn(fmt.Sprintf("service %q: the images of its pre_start hooks are not in the override file, since lists of hooks add up; --resolve-image-digests pins them", service))
	}
	return nil
}

// resolve is an image's full name with its digest. What no registry has, an image
// in a file and an id, stays as it is.
func resolve(ctx context.Context, c *registry.Client, ref string) (string, error) {
	switch {
	case ref == "", imageref.IsSource(ref), strings.HasPrefix(ref, "rootfs:"), strings.HasPrefix(ref, "sha256:"):
		return ref, nil
	case strings.Contains(ref, "$"):
		return "", fmt.Errorf("image %s: its variables are not filled in (--no-interpolate): there is no digest for it", ref)
	}
	n, err := imageref.Parse(ref)
	if err != nil {
		return "", err
	}
	full := n.Domain + "/" + n.Path
	if n.Digest != "" { // the tag says no more then
		return full + "@" + n.Digest, nil
	}
	digest, err := c.Digest(ctx, ref, "")
	return full + ":" + n.Tagged().Tag + "@" + digest, err
}
