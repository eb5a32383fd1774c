package archive

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	layoutIndex = "index.json"

	refName        = "org.opencontainers.image.ref.name" // image spec, annotations.md: a tag, but many write a whole name
	containerdName = "io.containerd.image.name"          // containerd, docker and buildkit: the whole name
)

// layout walks an OCI layout (image spec, image-layout.md).
type layout struct{ *documents }

func readLayout(fsys *documents) ([]Image, error) {
	l := layout{fsys}
	raw, err := l.document(layoutIndex)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("it has no index.json of an OCI layout: for what `docker save` writes use docker-archive:")
	}
	if err != nil {
		return nil, err
	}
	index, err := parseIndex(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", layoutIndex, err)
	}
	var images []Image
	for n, group := range groups(index.Manifests) {
		img, err := l.choose(group, 0)
		if err != nil {
			return nil, fmt.Errorf("image %d (%s): %w", n, short(group[0].Annotations[refName]), err)
		}
		if len(images) == maxImages {
			return nil, fmt.Errorf("it has more than %d images", maxImages)
		}
		img.name(group[0].Annotations)
		if same := slices.IndexFunc(images, func(i Image) bool { return i.Manifest == img.Manifest }); same >= 0 {
			images[same].Names = append(images[same].Names, img.Names...)
			images[same].Refs = append(images[same].Refs, img.Refs...)
			continue
		}
		img.position = len(images)
		images = append(images, *img)
	}
	return images, nil
}

// groups puts what has the same name and differs by its platform together: one
// image each.
func groups(list []v1.Descriptor) [][]v1.Descriptor {
	var out [][]v1.Descriptor
	byName := map[string]int{}
	for _, d := range list {
		name := d.Annotations[containerdName] + " " + d.Annotations[refName]
		n, known := byName[name]
		if known && d.Platform != nil && out[n][0].Platform != nil {
			out[n] = append(out[n], d)
			continue
		}
		byName[name] = len(out)
		out = append(out, []v1.Descriptor{d})
	}
	return out
}

// name takes the names of a descriptor over. A part of a reference without ":"
// or "/" is a tag: it does not say of what.
func (i *Image) name(annotations map[string]string) {
	if n := annotations[containerdName]; n != "" {
		i.Names = append(i.Names, n)
	}
	ref := annotations[refName]
	switch {
	case ref == "":
	case strings.ContainsAny(ref, ":/"):
		if len(i.Names) == 0 {
			i.Names = append(i.Names, ref)
		}
	default:
		i.Refs = append(i.Refs, ref)
	}
}

func parseIndex(raw []byte) (*v1.IndexManifest, error) {
	if err := oneMeaning(raw); err != nil {
		return nil, err
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	if index.MediaType != "" && !index.MediaType.IsIndex() {
		return nil, fmt.Errorf("it says that it is %s, not an index", short(string(index.MediaType)))
	}
	return index, nil
}

// oneMeaning refuses a document that could be read as a manifest and as an index:
// two programs would see different images under one digest (CVE-2021-41190).
func oneMeaning(raw []byte) error {
	var both struct {
		Manifests, Config, Layers, FSLayers json.RawMessage
	}
	if err := json.Unmarshal(raw, &both); err != nil {
		return err
	}
	if both.Manifests != nil && (both.Config != nil || both.Layers != nil || both.FSLayers != nil) {
		return errors.New("it is a manifest and an index at the same time")
	}
	return nil
}

// blob reads the document of a descriptor and checks size and digest.
func (l layout) blob(d v1.Descriptor) ([]byte, error) {
	if err := checkHash(d.Digest); err != nil {
		return nil, err
	}
	raw, err := l.document(blobPath(d.Digest))
	if err != nil {
		return nil, err
	}
	if int64(len(raw)) != d.Size || sum(raw) != d.Digest {
		return nil, fmt.Errorf("%s is damaged: it has %d bytes and the digest %s, wanted were %d", d.Digest, len(raw), sum(raw), d.Size)
	}
	return raw, nil
}

func blobPath(h v1.Hash) string { return "blobs/" + h.Algorithm + "/" + h.Hex }

// manifest reads the manifest of an image.
func (l layout) manifest(d v1.Descriptor, raw []byte) (*Image, error) {
	if err := oneMeaning(raw); err != nil {
		return nil, err
	}
	m, err := v1.ParseManifest(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	if m.MediaType != "" && m.MediaType != d.MediaType {
		return nil, fmt.Errorf("manifest %s says that it is %s, but it was named as %s", d.Digest, short(string(m.MediaType)), short(string(d.MediaType)))
	}
	if !m.Config.MediaType.IsConfig() {
		return nil, fmt.Errorf("manifest %s is no image: its configuration is of type %s", d.Digest, short(string(m.Config.MediaType)))
	}
	img := &Image{Manifest: d.Digest, Raw: raw}
	if img.Config, err = l.blob(m.Config); err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	if err := img.parse(len(m.Layers)); err != nil {
		return nil, err
	}
	for n, ld := range m.Layers {
		layer, err := l.layer(ld)
		if err != nil {
			return nil, fmt.Errorf("layer %d of %d: %w", n+1, len(m.Layers), err)
		}
		layer.DiffID = img.File.RootFS.DiffIDs[n]
		img.Layers = append(img.Layers, layer)
	}
	return img, nil
}

func (l layout) layer(d v1.Descriptor) (Layer, error) {
	if err := checkHash(d.Digest); err != nil {
		return Layer{}, err
	}
	if !isLayer(d.MediaType) {
		return Layer{}, fmt.Errorf("its type %s is not known", short(string(d.MediaType)))
	}
	name := blobPath(d.Digest)
	f, size, err := l.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return Layer{}, fmt.Errorf("%w: the layout is not complete", err)
	}
	if err != nil {
		return Layer{}, err
	}
	if err := f.Close(); err != nil {
		return Layer{}, err
	}
	if size != d.Size {
		return Layer{}, fmt.Errorf("%s is damaged: it has %d bytes, wanted were %d", d.Digest, size, d.Size)
	}
	open := func() (io.ReadCloser, error) { f, _, err := l.Open(name); return f, err }
	return Layer{Digest: d.Digest, Size: size, MediaType: d.MediaType, Open: open}, nil
}

// isLayer adds docker's zstd, which buildkit writes, to what the library knows.
func isLayer(t types.MediaType) bool {
	return t.IsLayer() || t == "application/vnd.docker.image.rootfs.diff.tar.zstd"
}
