package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/mocker-compose/mocker-compose/internal/image"
)

// maxAsked bounds how many forms of a layer a registry is asked for.
const maxAsked = 8

// layer makes the registry have a layer: it may have it, or have it elsewhere;
// else it is sent.
func (p *push) layer(ctx context.Context, l *outgoing, was *v1.Manifest) error {
	known, err := p.known(l, was)
	if err != nil {
		return &localError{err}
	}
	for _, b := range known {
		is, err := describe(b)
		if err != nil {
			continue // not one of a registry's
		}
		var has bool
		err = p.remote(ctx, p.retrying(l), func(ctx context.Context, s *session) (err error) {
			has, err = s.exists(ctx, b.Digest)
			return err
		})
		if err != nil {
			return err
		}
		if has {
			l.is = is
			p.tell(Progress{Layer: l.short(), Status: LayerAlreadyExists})
			return nil
		}
	}
	for _, b := range known {
		is, err := describe(b)
		from, ok := strings.CutPrefix(b.From, p.name.Domain+"/")
		if err != nil || !ok || from == p.name.Path {
			continue
		}
		if p.mounted(ctx, b.Digest, from) {
			l.is = is
			p.tell(Progress{Layer: l.short(), Status: MountedFrom + from})
			return nil
		}
	}
	return p.send(ctx, l)
}

// known are the forms in which registries have the layer: that of the image's
// own manifest first, then those of this registry.
func (p *push) known(l *outgoing, was *v1.Manifest) ([]image.Blob, error) {
	list, err := p.store.Blobs(l.layer.Key)
	if err != nil {
		return nil, err
	}
	list = slices.Clone(list)
	rank := func(b image.Blob) int {
		switch {
		case was != nil && b.Digest == was.Layers[l.n-1].Digest.String():
			return 0
		case b.From == p.here():
			return 1
		case strings.HasPrefix(b.From, p.name.Domain+"/"):
			return 2
		}
		return 3
	}
	if was != nil && !slices.ContainsFunc(list, func(b image.Blob) bool { return rank(b) == 0 }) {
		d := was.Layers[l.n-1]
		l.claimed = d.Digest.String()
		list = append(list, image.Blob{DiffID: l.layer.DiffID, Digest: d.Digest.String(), Size: d.Size, MediaType: string(d.MediaType)})
	}
	list = slices.DeleteFunc(list, func(b image.Blob) bool { return b.Size <= 0 || b.MediaType == "" })
	slices.SortStableFunc(list, func(a, b image.Blob) int { return rank(a) - rank(b) })
	return list[:min(len(list), maxAsked)], nil
}

func describe(b image.Blob) (v1.Descriptor, error) {
	h, err := v1.NewHash(b.Digest)
	return v1.Descriptor{MediaType: types.MediaType(b.MediaType), Digest: h, Size: b.Size}, err
}

// exists asks whether the repository has a blob (distribution spec, "Checking if
// content exists in the registry").
func (s *session) exists(ctx context.Context, digest string) (bool, error) {
	res, err := s.request(ctx, http.MethodHead, "blobs/"+digest, nil)
	var status *transport.Error
	if errors.As(err, &status) && status.StatusCode == http.StatusNotFound {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, res.Body.Close()
}

// mounted makes a blob of another repository one of ours. Whoever may not read
// there, or a registry that cannot, says no, and so does an error: the layer is
// sent then.
func (p *push) mounted(ctx context.Context, digest, from string) bool {
	mounted := false
	_ = p.remote(ctx, again{}, func(ctx context.Context, s *session) error {
		q := url.Values{"mount": {digest}, "from": {from}}
		res, err := s.send(ctx, http.MethodPost, s.uploads()+"?"+q.Encode(), nil, nil)
		if err != nil {
			return &finalError{err}
		}
		defer res.Body.Close()
		if mounted = res.StatusCode == http.StatusCreated; !mounted {
			s.abandon(ctx, res)
		}
		return nil
	})
	return mounted
}

// send compresses the layer and sends it, again if the connection breaks.
func (p *push) send(ctx context.Context, l *outgoing) error {
	return p.remote(ctx, p.retrying(l), func(ctx context.Context, s *session) error {
		tar, err := p.store.OpenTar(ctx, l.layer.Key)
		if err != nil {
			return &localError{err}
		}
		defer tar.Close()
		p.tell(Progress{Layer: l.short(), Status: Pushing, Total: l.layer.Size})
		up := squeeze(tar, func(n int64) {
			p.tell(Progress{Layer: l.short(), Status: Pushing, Current: n, Total: max(n, l.layer.Size)})
		})
		defer up.stop()
		digest, size, err := s.upload(ctx, up)
		if failed := up.source(); failed != nil {
			return &localError{failed} // the store's, not the registry's
		}
		if err != nil {
			return err
		}
		h, err := v1.NewHash(digest)
		if err != nil {
			return &localError{err}
		}
		l.is = v1.Descriptor{MediaType: types.OCILayer, Digest: h, Size: size}
		p.tell(Progress{Layer: l.short(), Status: Pushed})
		return nil
	})
}

func (p *push) retrying(l *outgoing) again {
	return again{say: func(seconds int) {
		unit := "seconds"
		if seconds == 1 {
			unit = "second"
		}
		p.tell(Progress{Layer: l.short(), Status: fmt.Sprintf("Retrying in %d %s", seconds, unit)})
	}}
}

// upload sends a blob of unknown length and digest in two steps (distribution
// spec, "Pushing a blob in chunks", with one chunk), as docker does.
func (s *session) upload(ctx context.Context, body *squeezed) (digest string, size int64, err error) {
	res, err := s.send(ctx, http.MethodPost, s.uploads(), nil, nil)
	if err != nil {
		return "", 0, err
	}
	at, err := location(res)
	if err != nil {
		return "", 0, err
	}
	res, err = s.send(ctx, http.MethodPatch, at, body, nil) // of unknown length
	if err != nil {
		return "", 0, err
	}
	digest, size, err = body.sum()
	if err != nil {
		return "", 0, err
	}
	if at, err = location(res); err != nil {
		return "", 0, err
	}
	return digest, size, s.finish(ctx, at, digest, nil)
}

// finish ends an upload: the registry compares the digest.
func (s *session) finish(ctx context.Context, at, digest string, rest io.Reader) error {
	u, err := url.Parse(at)
	if err != nil {
		return &finalError{err}
	}
	q := u.Query()
	q.Set("digest", digest)
	u.RawQuery = q.Encode()
	res, err := s.send(unhurried(ctx), http.MethodPut, u.String(), rest, nil)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

// abandon lets a registry forget an upload.
func (s *session) abandon(ctx context.Context, res *http.Response) {
	if at, err := location(res); err == nil {
		if res, err := s.send(ctx, http.MethodDelete, at, nil, nil); err == nil {
			res.Body.Close()
		}
	}
}
