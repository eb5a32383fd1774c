package registry

import (
	"context"
	"fmt"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/registry/document"
	"github.com/mocker-compose/mocker-compose/internal/registry/hosts"
)

// source is where an image is got from: mirrors, and at last the registry.
type source struct {
	client    *Client
	name      imageref.Name
	endpoints []hosts.Endpoint
	at        int // the first one that is asked
}

func (c *Client) source(ref string) (*source, error) {
	n, err := imageref.Parse(ref)
	if err != nil {
		return nil, err
	}
	n = n.Tagged()
	list, err := c.hosts.Endpoints(n)
	if err != nil {
		return nil, err
	}
	return &source{client: c, name: n, endpoints: list}, nil
}

// each calls f with one endpoint after the other, from the one that had the
// image on, until it works. A mirror gets one try; the last one as many as there
// are to be.
func (s *source) each(ctx context.Context, a again, f func(context.Context, *session) error) error {
	return s.from(ctx, s.at, a, f)
}

// last is the registry itself, behind its mirrors.
func (s *source) last() int { return len(s.endpoints) - 1 }

func (s *source) from(ctx context.Context, first int, a again, f func(context.Context, *session) error) error {
	var err error
	for i := first; i < len(s.endpoints); i++ {
		e := s.endpoints[i]
		a.attempts, a.backoff = 1, s.client.options.Backoff
		if i == s.last() {
			a.attempts = min(s.client.options.Attempts, a.most)
		}
		err = a.try(ctx, func(ctx context.Context) error {
			remote, err := s.client.open(ctx, e, "pull")
			if err != nil {
				return err
			}
			return f(ctx, remote)
		})
		if err == nil || ctx.Err() != nil || isLocal(err) {
			return err
		}
		if e.Mirror {
			s.client.notice(fmt.Sprintf("mirror %s: %v: asking the next one", e.Name, innermost(err)))
		}
	}
	return err
}

// small is how documents are asked for: nobody sees anything meanwhile.
var small = again{most: 3}

// found is an image that a registry has.
type found struct {
	*Described
	manifest []byte // as it is there
	layers   []v1.Descriptor
	diffs    []v1.Hash
	variant  string // that the index says: many configurations say none
}

// top gets what the name leads to. Which endpoint had it is asked for the rest.
func (s *source) top(ctx context.Context) (f *fetched, err error) {
	what, want := "manifests/"+s.name.Tag, s.name.Digest
	if want != "" {
		what = "manifests/" + want
	}
	err = s.each(ctx, small, func(ctx context.Context, remote *session) error {
		f, err = remote.document(ctx, what, want, -1)
		if err != nil {
			return err
		}
		for i := range s.endpoints {
			if s.endpoints[i] == remote.endpoint {
				s.at = i
			}
		}
		return nil
	})
	return f, err
}

// part gets a document that a descriptor names.
func (s *source) part(ctx context.Context, kind string, d v1.Descriptor) (f *fetched, err error) {
	err = s.each(ctx, small, func(ctx context.Context, remote *session) error {
		f, err = remote.document(ctx, kind+d.Digest.String(), d.Digest.String(), d.Size)
		return err
	})
	return f, err
}

// follow goes from the name to the manifest for the platform.
func (s *source) follow(ctx context.Context, want document.Want) (*found, *document.Document, error) {
	f, err := s.top(ctx)
	if err != nil {
		return nil, nil, err
	}
	out := &found{Described: &Described{Name: s.name, Digest: f.digest}}
	header := f.header
	for depth := 0; ; depth++ {
		doc, err := document.Read(header, f.raw)
		if err != nil {
			return nil, nil, &finalError{err}
		}
		if doc.Manifest != nil {
			out.Manifest, out.manifest = f.digest, f.raw
			return out, doc, nil
		}
		if depth == document.MaxNesting {
			return nil, nil, &finalError{fmt.Errorf("it has indexes in indexes, more than %d deep", depth)}
		}
		d, err := want.Choose(doc.Index)
		if err != nil {
			return nil, nil, err
		}
		if f, err = s.part(ctx, "manifests/", d); err != nil {
			return nil, nil, err
		}
		if d.Platform != nil {
			out.variant = d.Platform.Variant
		}
		header = string(d.MediaType)
	}
}

// find goes on to the configuration, which it takes from the store if it is there.
func (s *source) find(ctx context.Context, platform string, store *image.Store) (*found, error) {
	want, err := document.ParseWant(platform)
	if err != nil {
		return nil, err
	}
	out, doc, err := s.follow(ctx, want)
	if err != nil {
		return nil, err
	}
	d := doc.Manifest.Config
	out.ID, out.layers = d.Digest.String(), doc.Manifest.Layers
	if store != nil {
		if raw, err := store.Raw(out.ID); err == nil && digestOf(raw) == out.ID {
			out.Config = raw
		}
	}
	if out.Config == nil {
		f, err := s.part(ctx, "blobs/", d)
		if err != nil {
			return nil, err
		}
		out.Config = f.raw
	}
	file, err := document.ReadConfig(out.Config, doc.Manifest)
	if err != nil {
		return nil, &finalError{err}
	}
	out.diffs = file.RootFS.DiffIDs
	if file.Variant == "" {
		file.Variant = out.variant
	}
	out.Platform = document.Want{OS: file.OS, Architecture: file.Architecture, Variant: file.Variant}.String()
	for _, l := range out.layers {
		out.Size += l.Size
	}
	return out, s.fits(out, want, file)
}

// fits compares the platform that a configuration says with the one that was
// asked for. Without one, an image of another platform is taken, as docker does:
// an emulator may be there.
func (s *source) fits(f *found, want document.Want, file *v1.ConfigFile) error {
	switch {
	case file.OS == "" && file.Architecture == "", file.Variant == "" && want.OS == file.OS && want.Architecture == file.Architecture, want.Fits(file.OS, file.Architecture, file.Variant):
		return nil
	case file.OS != "linux" && file.OS != "":
		return &finalError{fmt.Errorf("it is an image for %s, and can run on %s only", f.Platform, document.Short(file.OS))}
	case want.Machine: // the store tells it
		return nil
	}
	return &finalError{fmt.Errorf("image was found but does not match the specified platform: wanted %s, actual: %s", want, f.Platform)}
}

// Describe gets an image's configuration, without its layers.
func (c *Client) Describe(ctx context.Context, ref, platform string) (*Described, error) {
	s, err := c.source(ref)
	if err != nil {
		return nil, err
	}
	f, err := s.find(ctx, platform, nil)
	if err != nil {
		return nil, c.failed(ctx, s, err)
	}
	f.File = config.File{}
	if err := decode(f.Config, &f.File); err != nil {
		return nil, fmt.Errorf("%s: configuration: %w", s.name, err)
	}
	return f.Described, nil
}
