package registry

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/registry/download"
)

// partAge is how long a part waits for the pull that goes on with it.
const partAge = 7 * 24 * time.Hour

// Pull makes an image that a registry has one of the store. platform is
// OS/ARCH[/VARIANT], or "" for this machine's. observe may be nil, and is called
// by one goroutine at a time.
func (c *Client) Pull(ctx context.Context, ref, platform string, store *image.Store, observe func(Progress)) (image.Image, error) {
	s, err := c.source(ref)
	if err != nil {
		return image.Image{}, err
	}
	p := &pull{source: s, ref: ref, store: store, observe: observe}
	img, err := p.run(ctx, platform)
	if err != nil && ctx.Err() != nil {
		return image.Image{}, context.Cause(ctx)
	}
	if err != nil {
		return image.Image{}, c.failed(ctx, s, err)
	}
	return img, nil
}

// pull is one image on its way.
type pull struct {
	*source
	ref     string
	store   *image.Store
	session *image.Session
	found   *found

	mu      sync.Mutex
	observe func(Progress)
}

func (p *pull) tell(m Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Ref = p.ref; p.observe != nil {
		p.observe(m)
	}
}

func (p *pull) run(ctx context.Context, platform string) (img image.Image, err error) {
	if p.session, err = p.store.Begin(ctx); err != nil {
		return img, &localError{err}
	}
	defer p.session.Close()
	what := p.name.Tag
	if p.name.Digest != "" {
		what = p.name.Digest
	}
	p.tell(Progress{Status: what + ": Pulling from " + p.name.Path})
	if p.found, err = p.find(ctx, platform, p.store); err != nil {
		return img, err
	}
	old, oldErr := p.store.Find(p.name.String())
	keys, err := p.layers(ctx)
	if err != nil {
		return img, err
	}
	digest := p.name.Repository() + "@" + p.found.Digest
	p.tell(Progress{Status: "Digest: " + p.found.Digest})
	if oldErr == nil && old.ID == p.found.ID && slices.Contains(old.Digests, digest) && slices.Equal(old.Layers, keys) {
		p.tell(Progress{Status: "Status: Image is up to date for " + p.name.String()})
		return old, nil
	}
	n := image.NewImage{Config: p.found.Config, Manifest: p.found.manifest, Digests: []string{digest}, Layers: keys, Notices: func(s string) {
		p.client.notice(p.name.String() + ": " + s)
	}}
	if p.name.Digest == "" {
		n.Names = []string{p.name.String()}
	}
	if img, err = p.session.AddImage(ctx, n); err != nil {
		return img, &localError{err}
	}
	_, _ = download.Collect(p.store.Downloads(), partAge) // the next one tries it again
	p.tell(Progress{Status: "Status: Downloaded newer image for " + p.name.String()})
	return img, nil
}

// layer is one of the image's, which may have it several times.
type layer struct {
	blob v1.Descriptor
	diff string
	n    int // of the image, from 1
	// first is the endpoint that is asked first.
	first int
	here  atomic.Bool // all of its blob has come
	key   string
	err   error
}

// short is how docker shows a layer.
func (l *layer) short() string { return l.blob.Digest.Hex[:12] }

// layers brings what is missing, and returns the keys, base first. The first
// layer that fails ends the others.
func (p *pull) layers(ctx context.Context) ([]string, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	byDiff := map[string]*layer{}
	var list []*layer
	for i, d := range p.found.layers {
		diff := p.found.diffs[i].String()
		if old := byDiff[diff]; old != nil {
			continue
		}
		l := &layer{blob: d, diff: diff, n: i + 1, first: p.at}
		byDiff[diff] = l
		list = append(list, l)
	}
	for _, l := range list {
		if err := p.have(ctx, l); err != nil {
			return nil, err
		}
		if l.key == "" {
			p.tell(Progress{Layer: l.short(), Status: PullingLayer, Total: l.blob.Size})
		} else {
			p.tell(Progress{Layer: l.short(), Status: AlreadyExists, Total: l.blob.Size})
			_ = download.Drop(p.store.Downloads(), l.blob.Digest.Hex) // the next one tries it again
		}
	}
	var wg sync.WaitGroup
	for _, l := range list {
		if l.key != "" {
			continue
		}
		wg.Go(func() {
			if l.err = p.layer(ctx, l); l.err != nil {
				l.err = fmt.Errorf("layer %d of %d (%s): %w", l.n, len(p.found.layers), l.blob.Digest, l.err)
				cancel(l.err)
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	var keys []string
	for _, diff := range p.found.diffs {
		keys = append(keys, byDiff[diff.String()].key)
	}
	return keys, nil
}

// have looks for the layer in the store.
func (p *pull) have(ctx context.Context, l *layer) error {
	got, ok, err := p.session.HasLayer(ctx, l.diff)
	if err != nil {
		return &localError{err}
	}
	if ok {
		l.key = got.Key
	}
	return nil
}

// layer brings one layer: as soon as it may be downloaded, and nobody else does.
func (p *pull) layer(ctx context.Context, l *layer) error {
	slot, err := take(ctx, p.client.downloads, func() { p.tell(Progress{Layer: l.short(), Status: Waiting, Total: l.blob.Size}) })
	if err != nil {
		return err
	}
	defer slot()
	part, err := download.Take(ctx, p.store.Downloads(), l.blob.Digest.Hex, func() {
		p.tell(Progress{Layer: l.short(), Status: Waiting, Total: l.blob.Size})
	})
	if err != nil {
		return &localError{err}
	}
	defer part.Close()
	if err := p.have(ctx, l); err != nil {
		return err
	}
	if l.key != "" { // somebody else has brought it meanwhile
		p.tell(Progress{Layer: l.short(), Status: PullComplete, Total: l.blob.Size})
		return part.Remove()
	}
	old := part.Size()
	err = p.bring(ctx, l, part, slot)
	if broken := (*brokenError)(nil); errors.As(err, &broken) && (old > 0 || l.first < p.last()) {
		// What an earlier pull has left may be to blame, or a mirror.
		p.client.notice(fmt.Sprintf("%s: layer %d: %v: getting it again from %s", p.name, l.n, err, p.endpoints[p.last()].Name))
		l.first = p.last()
		err = p.bring(ctx, l, part, slot)
	}
	if err != nil {
		return err
	}
	p.tell(Progress{Layer: l.short(), Status: PullComplete, Total: l.blob.Size})
	return part.Remove()
}

// take takes a slot; the returned function, which may be called twice, gives it
// back.
func take(ctx context.Context, slots chan struct{}, busy func()) (release func(), err error) {
	select {
	case slots <- struct{}{}:
	default:
		busy()
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
	return sync.OnceFunc(func() { <-slots }), nil
}

// wrongError is a blob whose bytes are not those of its digest.
type wrongError struct{ host, want, got string }

func (e *wrongError) Error() string {
	return fmt.Sprintf("what %s sent has the digest %s, wanted was %s: nothing of it was kept", e.host, e.got, e.want)
}

// brokenError is a layer that cannot be unpacked, whoever is to blame.
type brokenError struct{ error }

func (e *brokenError) Unwrap() error { return e.error }

// isDeath tells that the process that unpacks was killed, and said nothing.
func isDeath(err error) bool { return contains(err, "the process that changes the image store ended") }

// isFull tells a disk that is full by the words of the process that unpacks.
func isFull(err error) bool {
	return strings.Contains(err.Error(), "no space left on device") || strings.Contains(err.Error(), "quota exceeded")
}
