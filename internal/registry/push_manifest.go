package registry

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/mocker-compose/mocker-compose/internal/registry/document"
)

// manifest is one to be sent.
type manifest struct {
	raw       []byte
	digest    string
	mediaType types.MediaType
}

// manifestBefore is the manifest with which the image came, or was pushed last;
// nil if there is none that fits.
func (p *push) manifestBefore() (*v1.Manifest, error) {
	raw, err := p.store.RawManifest(&p.img)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &localError{err}
	}
	doc, err := document.Read("", raw)
	if err != nil || doc.Manifest == nil || len(doc.Manifest.Layers) != len(p.img.Layers) || doc.Manifest.Config.Digest.String() != p.img.ID {
		return nil, nil // nothing that could be pushed for this image
	}
	return doc.Manifest, nil
}

// manifest is the one before, unchanged, if the registry has all that it names;
// else one of what the registry has.
func (p *push) manifest(was *v1.Manifest, config []byte, list []*outgoing) (*manifest, error) {
	same := was != nil
	for i, l := range list {
		same = same && was.Layers[i].Digest == l.is.Digest
	}
	if same {
		raw, err := p.store.RawManifest(&p.img)
		if err != nil {
			return nil, err
		}
		m := &manifest{raw: raw, digest: p.img.Manifest, mediaType: was.MediaType}
		if m.mediaType == "" { // which OCI allows
			m.mediaType = types.OCIManifestSchema1
		}
		return m, nil
	}
	id, err := v1.NewHash(p.img.ID)
	if err != nil {
		return nil, err
	}
	kinds := kindsOf(was, list)
	m := v1.Manifest{
		SchemaVersion: 2, MediaType: kinds.manifest,
		Config: v1.Descriptor{MediaType: kinds.config, Digest: id, Size: int64(len(config))},
		Layers: []v1.Descriptor{},
	}
	for _, l := range list {
		l.is.MediaType = kinds.layer(l.is.MediaType)
		m.Layers = append(m.Layers, v1.Descriptor{MediaType: l.is.MediaType, Digest: l.is.Digest, Size: l.is.Size})
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return &manifest{raw: raw, digest: digestOf(raw), mediaType: kinds.manifest}, nil
}

// kinds are the media types of an image: OCI's, or docker's if it came with those.
type kinds struct {
	manifest, config types.MediaType
	docker           bool
}

func kindsOf(was *v1.Manifest, list []*outgoing) kinds {
	docker := was != nil && was.MediaType == types.DockerManifestSchema2
	for _, l := range list {
		if strings.Contains(string(l.is.MediaType), "zstd") {
			docker = false // docker has no type for it
		}
	}
	if docker {
		return kinds{types.DockerManifestSchema2, types.DockerConfigJSON, true}
	}
	return kinds{types.OCIManifestSchema1, types.OCIConfigJSON, false}
}

// layer is the type for a layer that is compressed as that of t.
func (k kinds) layer(t types.MediaType) types.MediaType {
	switch s := string(t); {
	case strings.Contains(s, "zstd"):
		return types.OCILayerZStd
	case strings.Contains(s, "gzip") && k.docker:
		return types.DockerLayer
	case strings.Contains(s, "gzip"):
		return types.OCILayer
	case k.docker:
		return types.DockerUncompressedLayer
	}
	return types.OCIUncompressedLayer
}

// document sends a small blob, whose digest is known, if it is not there.
func (p *push) document(ctx context.Context, raw []byte, digest string) error {
	return p.remote(ctx, again{}, func(ctx context.Context, s *session) error {
		if ok, err := s.exists(ctx, digest); ok || err != nil {
			return err
		}
		res, err := s.send(ctx, http.MethodPost, s.uploads(), nil, nil)
		if err != nil {
			return err
		}
		at, err := location(res)
		if err != nil {
			return err
		}
		return s.finish(ctx, at, digest, whole(raw))
	})
}

// put gives the manifest its tag (distribution spec, "Pushing Manifests").
func (p *push) put(ctx context.Context, m *manifest) error {
	return p.remote(ctx, again{}, func(ctx context.Context, s *session) error {
		at := fmt.Sprintf("%s://%s/v2/%s/manifests/%s", s.repo.Scheme(), s.endpoint.Host, s.endpoint.Path, p.name.Tag)
		res, err := s.send(unhurried(ctx), http.MethodPut, at, whole(m.raw), map[string]string{"Content-Type": string(m.mediaType)})
		if err != nil {
			return err
		}
		defer res.Body.Close()
		if said := res.Header.Get("Docker-Content-Digest"); said != "" && said != m.digest {
			return &finalError{fmt.Errorf("%s has made %s of the manifest %s", s.endpoint.Name, document.Short(said), m.digest)}
		}
		return nil
	})
}
