package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/registry/hosts"
)

// What a layer goes through when it is pushed, in docker's words. For the image
// there are "The push refers to repository [HOST/PATH]" and
// "TAG: digest: sha256:HEX size: N".
const (
	Preparing          = "Preparing"
	Pushing            = "Pushing"
	Pushed             = "Pushed"
	LayerAlreadyExists = "Layer already exists"
	MountedFrom        = "Mounted from " // and the repository
)

// pushers is how many layers are pushed at once, as docker's.
const pushers = 5

// Push gives the registry that ref names the image that has this name in the
// store, and returns its digest there. The layers of p are named by their diff
// ids, as docker's; Current and Total are bytes of files. observe may be nil, and
// is called by one goroutine at a time.
func (c *Client) Push(ctx context.Context, ref string, store *image.Store, observe func(Progress)) (digest string, err error) {
	n, err := imageref.Parse(ref)
	if err != nil {
		return "", err
	}
	if n.Digest != "" {
		return "", errors.New("cannot push a digest reference: name a tag")
	}
	n = n.Tagged()
	img, err := store.Find(n.String())
	if absent := (*image.NotFoundError)(nil); errors.As(err, &absent) {
		return "", fmt.Errorf("an image does not exist locally with the tag: %s", n)
	} else if err != nil {
		return "", err
	}
	list, err := c.hosts.Endpoints(n)
	if err != nil {
		return "", err
	}
	p := &push{client: c, name: n, ref: ref, store: store, img: img, endpoint: list[len(list)-1], observe: observe}
	digest, err = p.run(ctx)
	if err != nil && ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	return digest, p.explain(err)
}

// push is one image on its way.
type push struct {
	client   *Client
	name     imageref.Name
	ref      string
	store    *image.Store
	session  *image.Session
	img      image.Image
	endpoint hosts.Endpoint

	mu      sync.Mutex
	observe func(Progress)
}

func (p *push) tell(m Progress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m.Ref = p.ref; p.observe != nil {
		p.observe(m)
	}
}

// remote does something with the registry, as often as it is worth it.
func (p *push) remote(ctx context.Context, a again, f func(context.Context, *session) error) error {
	a.attempts, a.backoff = p.client.options.Attempts, p.client.options.Backoff
	return a.try(ctx, func(ctx context.Context) error {
		s, err := p.client.open(ctx, p.endpoint, "push,pull")
		if err != nil {
			return err
		}
		return f(ctx, s)
	})
}

func (p *push) run(ctx context.Context) (digest string, err error) {
	if p.session, err = p.store.Begin(ctx); err != nil {
		return "", &localError{err}
	}
	defer p.session.Close()
	raw, err := p.store.Raw(p.img.ID)
	if err != nil {
		return "", &localError{fmt.Errorf("configuration: %w", err)}
	}
	p.tell(Progress{Status: fmt.Sprintf("The push refers to repository [%s/%s]", p.name.Domain, p.name.Path)})
	was, err := p.manifestBefore()
	if err != nil {
		return "", err
	}
	list, err := p.layers(ctx, was)
	if err != nil {
		return "", err
	}
	if err := p.document(ctx, raw, p.img.ID); err != nil {
		return "", fmt.Errorf("configuration: %w", err)
	}
	m, err := p.manifest(was, raw, list)
	if err != nil {
		return "", &localError{err}
	}
	if err := p.put(ctx, m); err != nil {
		return "", err
	}
	if err := p.note(ctx, raw, m, list); err != nil {
		return "", &localError{err}
	}
	p.tell(Progress{Status: fmt.Sprintf("%s: digest: %s size: %d", p.name.Tag, m.digest, len(m.raw))})
	return m.digest, nil
}

// note remembers in the store what the registry has now.
func (p *push) note(ctx context.Context, raw []byte, m *manifest, list []*outgoing) error {
	for _, l := range list {
		if l.claimed == l.is.Digest.String() {
			continue
		}
		b := image.Blob{DiffID: l.layer.DiffID, Digest: l.is.Digest.String(), Size: l.is.Size, MediaType: string(l.is.MediaType), From: p.here()}
		if err := p.store.AddBlob(l.layer.Key, b); err != nil {
			return err
		}
	}
	_, err := p.session.AddImage(ctx, image.NewImage{
		Config: raw, Manifest: m.raw, Digests: []string{p.name.Repository() + "@" + m.digest}, Layers: p.img.Layers,
	})
	return err
}

// here is the repository, as the store notes it.
func (p *push) here() string { return p.name.Domain + "/" + p.name.Path }

// outgoing is a layer of the image.
type outgoing struct {
	layer image.Layer
	n     int           // of the image, from 1
	is    v1.Descriptor // what the registry has of it
	// claimed is the digest of a blob of which only the image's own manifest says that it
	// is the layer. Nobody has compared it, so that it counts for this image alone.
	claimed string
	err     error
}

// short is how docker shows a layer.
func (l *outgoing) short() string { return strings.TrimPrefix(l.layer.DiffID, "sha256:")[:12] }

// layers makes the registry have all layers, and returns what it has, base
// first. The first layer that fails ends the others.
func (p *push) layers(ctx context.Context, was *v1.Manifest) ([]*outgoing, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	byKey := map[string]*outgoing{}
	var all, each []*outgoing
	for i, key := range p.img.Layers {
		if byKey[key] == nil {
			l, ok, err := p.session.Keep(ctx, key)
			if err == nil && !ok {
				err = fmt.Errorf("layer %d of %d is not in the store any more: pull, load or build the image again", i+1, len(p.img.Layers))
			}
			if err != nil {
				return nil, &localError{err}
			}
			byKey[key] = &outgoing{layer: l, n: i + 1}
			each = append(each, byKey[key])
			p.tell(Progress{Layer: byKey[key].short(), Status: Preparing})
		}
		all = append(all, byKey[key])
	}
	slots := make(chan struct{}, pushers)
	var wg sync.WaitGroup
	for _, l := range each {
		wg.Go(func() {
			slot, err := take(ctx, slots, func() { p.tell(Progress{Layer: l.short(), Status: Waiting}) })
			if err != nil {
				return
			}
			defer slot()
			if l.err = p.layer(ctx, l, was); l.err != nil {
				cancel(fmt.Errorf("layer %d of %d (%s): %w", l.n, len(p.img.Layers), l.short(), l.err))
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	return all, nil
}
