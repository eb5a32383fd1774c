package building

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/dockerfile"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
)

// image finds what a FROM or COPY --from names.
func (j *job) image(ctx context.Context, ref, platform string) (*build.Image, error) {
	began := time.Now()
	b := j.builder
	fresh := j.service.Build.Pull || b.Options.Pull
	if strings.HasPrefix(ref, idPrefix) {
		fresh = false // one of our own, by its id
	}
	img, err := b.Base(ctx, ref, platform, fresh)
	if err != nil {
		return nil, &unnamed{ref, err}
	}
	if !strings.HasPrefix(ref, idPrefix) {
		j.said("load metadata for "+full(ref), began)
	}
	return b.described(ref, &img)
}

// unnamed is an error of an image without its name in front, which who reads
// Dockerfiles adds.
type unnamed struct {
	ref string
	err error
}

func (e *unnamed) Error() string {
	text := strings.TrimPrefix(e.err.Error(), "pull "+e.ref+": ")
	for _, name := range []string{e.ref, e.ref + ":latest"} {
		text = strings.TrimPrefix(text, name+": ")
	}
	return text
}

func (e *unnamed) Unwrap() error { return e.err }

// idPrefix begins the id of an image.
const idPrefix = "sha256:"

// full is a name with all that docker fills up: docker.io/library/nginx:latest.
func full(ref string) string {
	n, err := imageref.Parse(ref)
	if err != nil {
		return ref
	}
	return n.Full()
}

// described is an image as builds know it.
func (b *Builder) described(ref string, img *image.Image) (*build.Image, error) {
	raw, err := b.Store.Raw(img.ID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	out := &build.Image{Ref: ref, ID: img.ID, Layers: img.Layers}
	if err := json.Unmarshal(raw, &out.File); err != nil {
		return nil, fmt.Errorf("%s: its configuration: %w", ref, err)
	}
	return out, nil
}

// Prefixes of additional contexts that are images (buildx: --build-context).
const (
	imageContext   = "docker-image://"
	layoutContext  = "oci-layout://"
	serviceContext = "service:"
)

// additional opens a context beside the main one.
func (j *job) additional(ctx context.Context, name, address string) error {
	if ref, ok := strings.CutPrefix(address, imageContext); ok {
		j.input.Contexts[name] = dockerfile.Context{Image: ref}
		return nil
	}
	if service, ok := strings.CutPrefix(address, serviceContext); ok {
		b := j.builder
		b.mu.Lock()
		defer b.mu.Unlock()
		j.input.Contexts[name] = dockerfile.Context{Image: b.built[service].ID}
		return nil
	}
	if dir, ok := strings.CutPrefix(address, layoutContext); ok {
		id, err := j.layout(ctx, dir)
		j.input.Contexts[name] = dockerfile.Context{Image: id}
		return err
	}
	began := time.Now()
	c, err := j.context(ctx, name, address)
	if err != nil {
		return fmt.Errorf("additional context %s: %w", name, err)
	}
	patterns, file, err := dockerfile.Ignore(c.FS(), nil, "")
	if err != nil {
		return fmt.Errorf("additional context %s: %w", name, err)
	}
	if file != "" {
		c.Ignore(patterns, file)
	}
	j.input.Contexts[name] = dockerfile.Context{}
	if !filepath.IsAbs(address) {
		j.said("load context "+name+": "+address, began)
	}
	return nil
}

// layout loads an image of an OCI layout into the store: oci-layout://DIR[:TAG][@DIGEST].
func (j *job) layout(ctx context.Context, dir string) (id string, err error) {
	b := j.builder
	path, ref := dir, ""
	if i := strings.IndexByte(dir, '@'); i >= 0 {
		path, ref = dir[:i], dir[i:]
	} else if i := strings.LastIndexByte(dir, ':'); i >= 0 {
		path, ref = dir[:i], dir[i:]
	}
	if !filepath.IsAbs(path) {
		path = filepath.Join(b.Project.WorkingDir, path)
	}
	list, err := b.Store.Load(ctx, "oci:"+path+strings.Replace(ref, "@", ":@", 1), nil)
	if err != nil {
		return "", err
	}
	if len(list) != 1 {
		return "", fmt.Errorf("%s: %d images are in it: name one behind a colon", dir, len(list))
	}
	return list[0].ID, nil
}

// findCaches looks for the images whose layers may serve. One that cannot be had is no
// error: it may not have been pushed yet.
func (j *job) findCaches(ctx context.Context) {
	b := j.builder
	for _, from := range j.service.Build.CacheFrom {
		ref, ok := cacheRef(from)
		if !ok {
			b.Env.Warn(fmt.Sprintf("services.%s.build.cache_from: %s is left out: layers are taken from images only", j.service.Name, from))
			continue
		}
		img, err := b.Base(ctx, ref, j.input.Platform, false)
		if err == nil {
			var found *build.Image
			if found, err = b.described(ref, &img); err == nil {
				j.cacheFrom = append(j.cacheFrom, *found)
				continue
			}
		}
		if ctx.Err() == nil {
			b.Env.Warn(fmt.Sprintf("services.%s.build.cache_from: %s is left out: %s", j.service.Name, ref, firstLine(err)))
		}
	}
}

// cacheRef is the image that an entry of cache_from names: NAME, or
// type=registry,ref=NAME.
func cacheRef(s string) (ref string, ok bool) {
	if !strings.Contains(s, "=") {
		return s, s != ""
	}
	kind := ""
	for _, part := range strings.Split(s, ",") {
		k, v, _ := strings.Cut(part, "=")
		switch k {
		case "type":
			kind = v
		case "ref":
			ref = v
		}
	}
	return ref, kind == "registry" && ref != ""
}
