package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/archive"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
)

// loader brings images into the store.
type loader struct {
	store *image.Store
	out   *answers
	oneID bool     // one user id only
	root  *os.File // the store's directory, for spools
}

// maxAtOnce bounds the layers that are unpacked at the same time: each has a
// decompressor's memory.
const maxAtOnce = 4

func (l *loader) load(ctx context.Context, in *input, req *image.Request) error {
	files, release, err := l.files(ctx, in)
	if err != nil {
		return err
	}
	defer release()
	a, err := archive.Open(files, req.Kind)
	if err != nil {
		return err
	}
	if req.One {
		one, err := a.Choose(req.Ref, sameName)
		if err != nil {
			return err
		}
		a.Images = []archive.Image{*one}
	}
	leases := &leases{}
	defer leases.close()
	var news []image.New
	for i := range a.Images {
		n, err := l.image(ctx, &a.Images[i], leases)
		if err != nil {
			return err
		}
		news = append(news, *n)
	}
	return l.commit(ctx, news)
}

// layoutFiles adapts what comes from the other side.
type layoutFiles struct{ *image.LayoutFiles }

func (l layoutFiles) Open(name string) (io.ReadCloser, int64, error) { return l.LayoutFiles.Open(name) }

func (l *loader) files(ctx context.Context, in *input) (archive.Files, func() error, error) {
	if in.layout != nil {
		return layoutFiles{in.layout}, func() error { return nil }, nil
	}
	f, release, err := l.readable(ctx, in.file)
	if err != nil {
		return nil, nil, err
	}
	st, err := f.Stat()
	if err == nil {
		var t *archive.TarFiles
		if t, err = archive.OpenTar(f, st.Size()); err == nil {
			return t, release, nil
		}
	}
	return nil, nil, errors.Join(err, release())
}

// sameName compares references as docker understands them.
func sameName(a, b string) bool {
	x, xerr := imageref.Parse(a)
	y, yerr := imageref.Parse(b)
	return a == b || xerr == nil && yerr == nil && x.Tagged() == y.Tagged()
}

func (l *loader) commit(ctx context.Context, news []image.New) error {
	renamed, err := l.store.Commit(ctx, news)
	if err != nil {
		return err
	}
	for i := range renamed {
		l.out.send(image.Message{Renamed: &renamed[i]})
	}
	for i := range news {
		l.out.send(image.Message{Image: &news[i].Image})
	}
	return nil
}

// leases are held until the images are visible.
type leases struct {
	mu   sync.Mutex
	list []*layerstore.Lease
}

func (l *leases) add(x *layerstore.Lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.list = append(l.list, x)
}

func (l *leases) close() {
	for _, x := range l.list {
		x.Close()
	}
}

// image unpacks what is missing of one image.
func (l *loader) image(ctx context.Context, a *archive.Image, leases *leases) (*image.New, error) {
	img, notices, err := image.Describe(a.Config)
	if err != nil {
		return nil, fmt.Errorf("image %s: %w", a.ID(), err)
	}
	for _, n := range notices {
		l.out.send(image.Message{Notice: n})
	}
	img.Names, img.Digests = l.names(a)
	if err := l.layers(ctx, a, img, leases); err != nil {
		return nil, err
	}
	return &image.New{Image: *img, Raw: a.Config, Manifest: a.Raw}, nil
}

// names leaves out what is not a name: it is not worth refusing an image.
func (l *loader) names(a *archive.Image) (names, digests []string) {
	for _, s := range a.Names {
		n, err := imageref.Parse(s)
		if err != nil || n.Digest != "" {
			l.out.send(image.Message{Notice: fmt.Sprintf("%q is not taken over as a name: it is none", s)})
			continue
		}
		if name := n.Tagged().String(); !slices.Contains(names, name) {
			names = append(names, name)
		}
		if digest := n.Repository() + "@" + a.Manifest.String(); a.Manifest.Hex != "" && !slices.Contains(digests, digest) {
			digests = append(digests, digest)
		}
	}
	slices.Sort(names)
	return names, digests
}

// layers leases all layers of an image, unpacking some at a time.
func (l *loader) layers(ctx context.Context, a *archive.Image, img *image.Image, leases *leases) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	slots := make(chan struct{}, min(maxAtOnce, runtime.GOMAXPROCS(0)))
	sizes := make([]int64, len(a.Layers))
	img.Layers = make([]string, len(a.Layers))
	var wg sync.WaitGroup
	for n := range a.Layers {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			lease, err := l.layer(ctx, a, n)
			if err != nil {
				cancel(fmt.Errorf("layer %d of %d (%s): %w", n+1, len(a.Layers), a.Layers[n].DiffID, err))
				return
			}
			leases.add(lease)
			img.Layers[n], sizes[n] = lease.Key, lease.Stats.Bytes
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	for _, size := range sizes {
		img.Size += size
	}
	return nil
}
