package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Document is an index or a manifest.
type Document struct {
	MediaType types.MediaType
	Index     []v1.Descriptor // of an index, without attestations
	Manifest  *v1.Manifest    // of an image; nil for an index
}

// Accept are the types that are asked for (distribution spec, "Pulling manifests").
var Accept = []types.MediaType{
	types.OCIImageIndex, types.DockerManifestList, types.OCIManifestSchema1, types.DockerManifestSchema2,
	// So that an old image is refused by us, in words, and not by the registry.
	types.DockerManifestSchema1, types.DockerManifestSchema1Signed,
}

// shape is what tells the kinds of documents apart.
type shape struct {
	SchemaVersion int             `json:"schemaVersion"`
	MediaType     types.MediaType `json:"mediaType"`
	Manifests     json.RawMessage `json:"manifests"`
	Config        json.RawMessage `json:"config"`
	Layers        json.RawMessage `json:"layers"`
	FSLayers      json.RawMessage `json:"fsLayers"`
}

// Read reads a document; header is the media type with which it came: of the
// answer, or of the descriptor that named it.
func Read(header string, raw []byte) (*Document, error) {
	if err := bound(raw); err != nil {
		return nil, err
	}
	var s shape
	if err := json.Unmarshal(raw, &s); err != nil {
		return nil, fmt.Errorf("it is no manifest: %w", err)
	}
	if s.Manifests != nil && (s.Config != nil || s.Layers != nil || s.FSLayers != nil) {
		return nil, errors.New("it is a manifest and an index at the same time: refused, since two programs could see two images in it")
	}
	t, err := mediaType(header, &s)
	if err != nil {
		return nil, err
	}
	d := &Document{MediaType: t}
	switch {
	case t.IsSchema1() || s.SchemaVersion == 1:
		return nil, errors.New("its manifest is of docker's first schema (2015), which names no configuration: push the image again with a docker of this decade, or with skopeo copy --format v2s2")
	case t.IsIndex() && s.Manifests != nil:
		err = d.readIndex(raw)
	case t.IsImage() && s.Config != nil:
		err = d.readManifest(raw)
	case t.IsIndex():
		err = errors.New("it is said to be an index, but lists no manifests")
	case t.IsImage():
		err = errors.New("it is said to be a manifest, but names no configuration")
	default:
		err = fmt.Errorf("%s is no container image", Short(string(t)))
	}
	if err != nil {
		return nil, err
	}
	return d, nil
}

// bound refuses what would take much more memory than it has bytes.
func bound(raw []byte) error {
	switch {
	case len(raw) > Max:
		return fmt.Errorf("it has more than the %d bytes that are read", Max)
	case bytes.Count(raw, []byte{','}) > maxElements:
		return fmt.Errorf("it has more than %d elements", maxElements)
	}
	return nil
}

// mediaType compares what header and document say. A registry that serves files
// without knowing them says nothing useful: then the document counts.
func mediaType(header string, s *shape) (types.MediaType, error) {
	if t, _, err := mime.ParseMediaType(header); err == nil {
		header = t
	}
	said := types.MediaType(header)
	known := said.IsIndex() || said.IsImage() || said.IsSchema1()
	switch {
	case said.IsSchema1() || s.SchemaVersion == 1 && s.MediaType == "":
		return types.DockerManifestSchema1, nil
	case known && s.MediaType != "" && s.MediaType != said:
		return "", fmt.Errorf("it came as %s, but says itself that it is %s: refused, since two programs could see two images in it", Short(header), Short(string(s.MediaType)))
	case known:
		return said, nil
	case s.MediaType != "":
		return s.MediaType, nil
	case s.Manifests != nil:
		return types.OCIImageIndex, nil
	case s.Config != nil:
		return types.OCIManifestSchema1, nil
	case header == "":
		return "", errors.New("it has no media type")
	}
	return said, nil
}

func (d *Document) readIndex(raw []byte) error {
	index, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("index: %w", err)
	}
	for _, m := range index.Manifests {
		if isAttestation(m) {
			continue
		}
		if err := Check(m, Max); err != nil {
			return fmt.Errorf("index: %w", err)
		}
		d.Index = append(d.Index, m)
	}
	if len(d.Index) == 0 {
		return errors.New("the index lists no image, only attestations or other artifacts")
	}
	return nil
}

// isAttestation tells what buildkit puts beside images, and other artifacts.
func isAttestation(d v1.Descriptor) bool {
	return d.Annotations["vnd.docker.reference.type"] != "" ||
		d.Platform != nil && d.Platform.OS == "unknown" ||
		d.ArtifactType != "" && !types.MediaType(d.ArtifactType).IsConfig() // some tools say so of images
}

func (d *Document) readManifest(raw []byte) error {
	m, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return fmt.Errorf("manifest: %w", err)
	}
	if err := Check(m.Config, Max); err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	if t := m.Config.MediaType; !t.IsConfig() {
		return notAnImage(string(t))
	}
	if len(m.Layers) > maxLayers {
		return fmt.Errorf("it has %d layers, more than the %d that docker allows", len(m.Layers), maxLayers)
	}
	for n, l := range m.Layers {
		err := Check(l, maxBlob)
		if err == nil {
			err = checkLayer(l.MediaType)
		}
		if err != nil {
			return fmt.Errorf("layer %d of %d: %w", n+1, len(m.Layers), err)
		}
	}
	d.Manifest = m
	return nil
}

func notAnImage(t string) error {
	what := ""
	for part, name := range map[string]string{"helm": " (a Helm chart)", "docker.plugin": " (a docker plugin)", "wasm": " (WebAssembly)"} {
		if strings.Contains(t, part) {
			what = name
		}
	}
	return fmt.Errorf("it is no container image: its configuration is of type %s%s", Short(t), what)
}

func checkLayer(t types.MediaType) error {
	switch {
	case strings.Contains(string(t), ".foreign.") || strings.Contains(string(t), ".nondistributable."):
		return fmt.Errorf("it is of type %s: its bytes may not be passed on by a registry, but are at an address of its maker (Windows images have such layers): it is not fetched", Short(string(t)))
	case t.IsLayer(), t == "application/vnd.docker.image.rootfs.diff.tar.zstd", t == "application/vnd.docker.image.rootfs.diff.tar":
		return nil
	}
	return fmt.Errorf("a layer of type %s is not known", Short(string(t)))
}

// Check looks at a descriptor (image spec, descriptor.md); limit is for its size,
// in bytes.
func Check(d v1.Descriptor, limit int64) error {
	if !isSHA256(d.Digest) {
		return fmt.Errorf("digest %q: only sha256 digests are understood", Short(d.Digest.String()))
	}
	if d.Size < 0 || d.Size > limit {
		return fmt.Errorf("%s has a size of %d bytes: allowed are 0 to %d", d.Digest, d.Size, limit)
	}
	return nil
}

func isSHA256(h v1.Hash) bool {
	return h.Algorithm == "sha256" && len(h.Hex) == 64 && strings.Trim(h.Hex, "0123456789abcdef") == ""
}
