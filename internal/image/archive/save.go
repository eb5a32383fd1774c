package archive

import (
	"archive/tar"
	"encoding/json"
	"fmt"
	"io"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Saved is an image to be written.
type Saved struct {
	Config   []byte
	Platform v1.Platform
	Names    []SavedName
	Layers   []SavedLayer
}

// SavedName is a name in the forms that readers look for.
type SavedName struct {
	Familiar string // "nginx:1.27"
	Full     string // "docker.io/library/nginx:1.27"
	Tag      string // "1.27"
}

// SavedLayer is a layer to be written, as plain tar.
type SavedLayer struct {
	DiffID v1.Hash
	Size   int64 // of the tar, bytes
	Write  func(w io.Writer) error
}

// Save writes what `docker save` of docker 25 and later writes: an OCI layout
// (image spec, image-layout.md) with docker's own manifest.json beside its
// index, so that docker, podman, skopeo and containerd all read it. Layers
// and documents that images share are written once. All times are zero: the
// same images make the same bytes.
func Save(w io.Writer, images []Saved) error {
	s := &saver{tar: tar.NewWriter(w), written: map[v1.Hash]bool{}}
	if err := s.directory("blobs/"); err != nil {
		return err
	}
	if err := s.directory("blobs/sha256/"); err != nil {
		return err
	}
	index := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex}
	var list []savedImage
	for i := range images {
		d, entry, err := s.image(&images[i])
		if err != nil {
			return err
		}
		list = append(list, entry)
		index.Manifests = append(index.Manifests, eachName(d, images[i].Names)...)
	}
	for _, f := range []struct {
		name string
		v    any
	}{{layoutIndex, index}, {dockerManifest, list}, {"oci-layout", map[string]string{"imageLayoutVersion": "1.0.0"}}} {
		if err := s.document(f.name, f.v); err != nil {
			return err
		}
	}
	return s.tar.Close()
}

// savedImage is an entry of manifest.json, see dockerImage.
type savedImage struct {
	Config       string
	RepoTags     []string
	Layers       []string
	LayerSources map[string]v1.Descriptor `json:",omitempty"`
}

// eachName repeats the descriptor of an image for each of its names.
func eachName(d v1.Descriptor, names []SavedName) (out []v1.Descriptor) {
	for _, n := range names {
		d := d
		d.Annotations = map[string]string{containerdName: n.Full, refName: n.Tag}
		out = append(out, d)
	}
	if len(out) == 0 {
		out = append(out, d)
	}
	return out
}

type saver struct {
	tar     *tar.Writer
	written map[v1.Hash]bool
}

func (s *saver) image(img *Saved) (d v1.Descriptor, entry savedImage, err error) {
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Layers: []v1.Descriptor{}}
	entry = savedImage{LayerSources: map[string]v1.Descriptor{}, Layers: []string{}}
	for _, n := range img.Names {
		entry.RepoTags = append(entry.RepoTags, n.Familiar)
	}
	for i := range img.Layers {
		l := &img.Layers[i]
		if err := s.layer(l); err != nil {
			return d, entry, fmt.Errorf("layer %d of %d: %w", i+1, len(img.Layers), err)
		}
		d := v1.Descriptor{MediaType: types.OCIUncompressedLayer, Size: l.Size, Digest: l.DiffID}
		m.Layers = append(m.Layers, d)
		entry.Layers = append(entry.Layers, blobPath(l.DiffID))
		entry.LayerSources[l.DiffID.String()] = d
	}
	m.Config = v1.Descriptor{MediaType: types.OCIConfigJSON, Size: int64(len(img.Config)), Digest: sum(img.Config)}
	entry.Config = blobPath(m.Config.Digest)
	if err := s.blob(img.Config); err != nil {
		return d, entry, err
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return d, entry, err
	}
	d = v1.Descriptor{MediaType: m.MediaType, Size: int64(len(raw)), Digest: sum(raw)}
	if img.Platform.OS != "" {
		d.Platform = &img.Platform
	}
	return d, entry, s.blob(raw)
}

func (s *saver) layer(l *SavedLayer) error {
	if s.written[l.DiffID] {
		return nil
	}
	s.written[l.DiffID] = true
	if err := s.header(blobPath(l.DiffID), l.Size); err != nil {
		return err
	}
	return l.Write(s.tar)
}

func (s *saver) blob(raw []byte) error {
	h := sum(raw)
	if s.written[h] {
		return nil
	}
	s.written[h] = true
	return s.file(blobPath(h), raw)
}

func (s *saver) document(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return s.file(name, raw)
}

func (s *saver) file(name string, raw []byte) error {
	if err := s.header(name, int64(len(raw))); err != nil {
		return err
	}
	_, err := s.tar.Write(raw)
	return err
}

func (s *saver) directory(name string) error {
	return s.tar.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755, ModTime: time.Unix(0, 0)})
}

func (s *saver) header(name string, size int64) error {
	return s.tar.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: size, ModTime: time.Unix(0, 0)})
}
