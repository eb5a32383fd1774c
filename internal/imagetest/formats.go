package imagetest

import (
	"path/filepath"
	"strings"
	"testing"
)

// WriteDockerArchive writes one or more images as `docker save` does.
func (i Image) WriteDockerArchive(t testing.TB, path string, more ...Image) {
	t.Helper()
	type entry struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
	var manifest []entry
	var files []File
	for _, img := range append([]Image{i}, more...) {
		layers := img.layers(t)
		config := img.config(t, layers)
		e := entry{Config: config.digest + ".json", RepoTags: img.Names}
		files = appendFile(files, e.Config, config.data)
		for _, l := range layers {
			e.Layers = append(e.Layers, l.digest+"/layer.tar")
			files = appendFile(files, l.digest+"/layer.tar", l.data)
		}
		manifest = append(manifest, e)
	}
	files = appendFile(files, "manifest.json", marshal(t, manifest))
	write(t, path, Tar(t, files))
}

func appendFile(files []File, name string, data []byte) []File {
	for _, f := range files {
		if f.Name == name {
			return files // a layer that two images share
		}
	}
	return append(files, File{Name: name, Text: string(data)})
}

// OCI's media types.
const (
	typeIndex    = "application/vnd.oci.image.index.v1+json"
	typeManifest = "application/vnd.oci.image.manifest.v1+json"
	typeConfig   = "application/vnd.oci.image.config.v1+json"
	typeLayer    = "application/vnd.oci.image.layer.v1.tar"
)

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int               `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

func describe(mediaType string, b blob) descriptor {
	return descriptor{MediaType: mediaType, Digest: "sha256:" + b.digest, Size: len(b.data)}
}

// WriteOCI writes the image as an OCI image layout (directory).
func (i Image) WriteOCI(t testing.TB, dir string) {
	t.Helper()
	for _, f := range i.oci(t) {
		write(t, filepath.Join(dir, f.Name), []byte(f.Text))
	}
}

// WriteOCIArchive writes the image as a tar of an OCI image layout.
func (i Image) WriteOCIArchive(t testing.TB, path string) {
	t.Helper()
	write(t, path, Tar(t, i.oci(t)))
}

func (i Image) oci(t testing.TB) []File {
	t.Helper()
	layers := i.layers(t)
	config := i.config(t, layers)
	var m struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`
	}
	m.SchemaVersion, m.MediaType, m.Config = 2, typeManifest, describe(typeConfig, config)
	blobs := append([]blob{config}, layers...)
	for _, l := range layers {
		m.Layers = append(m.Layers, describe(typeLayer, l))
	}
	manifest := newBlob(marshal(t, m))
	blobs = append(blobs, manifest)
	var index struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Manifests     []descriptor `json:"manifests"`
	}
	index.SchemaVersion, index.MediaType = 2, typeIndex
	for _, name := range i.Names {
		d := describe(typeManifest, manifest)
		_, tag, _ := strings.Cut(name, ":")
		d.Annotations = map[string]string{"org.opencontainers.image.ref.name": tag, "io.containerd.image.name": "docker.io/library/" + name}
		index.Manifests = append(index.Manifests, d)
	}
	if len(i.Names) == 0 {
		index.Manifests = append(index.Manifests, describe(typeManifest, manifest))
	}
	files := []File{{Name: "oci-layout", Text: `{"imageLayoutVersion":"1.0.0"}`}, {Name: "index.json", Text: string(marshal(t, index))}}
	for _, b := range blobs {
		files = appendFile(files, "blobs/sha256/"+b.digest, b.data)
	}
	return files
}
