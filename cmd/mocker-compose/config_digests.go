package main

import (
	"context"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/registry"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

// pin asks the registries for the digests of all images. What no registry has,
// an image in a file and an id, stays as it is.
func (a *app) pin(ctx context.Context, l *loader.Loaded) error {
	c, err := registry.New(registry.Options{Getenv: a.env.Getenv, Notice: a.env.Warn})
	if err != nil {
		return err
	}
	return l.Pin(func(ref string) (string, error) {
		if image.IsSource(ref) || strings.HasPrefix(ref, "rootfs:") || strings.HasPrefix(ref, "sha256:") {
			return ref, nil
		}
		n, err := image.ParseName(ref)
		if err != nil {
			return "", err
		}
		full := n.Domain + "/" + n.Path
		if n.Digest != "" { // the tag says no more then
			return full + "@" + n.Digest, nil
		}
		digest, err := c.Digest(ctx, ref, "")
		return full + ":" + n.Tagged().Tag + "@" + digest, err
	})
}
