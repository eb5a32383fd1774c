package imagetest

import (
	"bytes"
	"compress/gzip"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// Form is how an image lies in a registry.
type Form struct {
	Compression string // of layers: "gzip" ("" too), "zstd", "none"
	Docker      bool   // docker's media types (Image Manifest V2, Schema 2), not OCI's
}

// Part is a document or a layer of an image in a registry.
type Part struct {
	MediaType string
	Digest    string // "sha256:<hex>"
	Data      []byte
}

// Parts are what a registry has of an image.
type Parts struct {
	Manifest, Config Part
	Layers           []Part
}

// Parts makes what a registry has of the image.
func (i Image) Parts(t testing.TB, f Form) Parts {
	t.Helper()
	plain := i.layers(t)
	types := f.types()
	out := Parts{Config: newPart(types.config, i.config(t, plain).data)}
	m := struct {
		SchemaVersion int          `json:"schemaVersion"`
		MediaType     string       `json:"mediaType"`
		Config        descriptor   `json:"config"`
		Layers        []descriptor `json:"layers"`
	}{2, types.manifest, out.Config.descriptor(), []descriptor{}}
	for _, l := range plain {
		p := newPart(types.layer, f.compress(t, l.data))
		out.Layers = append(out.Layers, p)
		m.Layers = append(m.Layers, p.descriptor())
	}
	out.Manifest = newPart(types.manifest, marshal(t, m))
	return out
}

func newPart(mediaType string, data []byte) Part {
	return Part{mediaType, "sha256:" + newBlob(data).digest, data}
}

func (p Part) descriptor() descriptor {
	return descriptor{MediaType: p.MediaType, Digest: p.Digest, Size: len(p.Data)}
}

type mediaTypes struct{ manifest, config, layer string }

func (f Form) types() mediaTypes {
	if f.Docker {
		const docker = "application/vnd.docker."
		m := mediaTypes{docker + "distribution.manifest.v2+json", docker + "container.image.v1+json", docker + "image.rootfs.diff.tar"}
		if f.Compression != "none" {
			m.layer += ".gzip" // docker has no type for zstd
		}
		return m
	}
	m := mediaTypes{typeManifest, typeConfig, typeLayer}
	switch f.Compression {
	case "", "gzip":
		m.layer += "+gzip"
	case "zstd":
		m.layer += "+zstd"
	}
	return m
}

func (f Form) compress(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	switch f.Compression {
	case "none":
		return data
	case "zstd":
		w, err := zstd.NewWriter(&b)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write(data)
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	default:
		w, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed)
		_, _ = w.Write(data) // a bytes.Buffer takes all
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return b.Bytes()
}

// Index makes an index of images for several platforms, "linux/arm/v7" each, in
// the order in which they are given.
func Index(t testing.TB, f Form, platforms []Platform, manifests []Part) Part {
	t.Helper()
	mediaType := typeIndex
	if f.Docker {
		mediaType = "application/vnd.docker.distribution.manifest.list.v2+json"
	}
	type entry struct {
		descriptor
		Platform Platform `json:"platform"`
	}
	x := struct {
		SchemaVersion int     `json:"schemaVersion"`
		MediaType     string  `json:"mediaType"`
		Manifests     []entry `json:"manifests"`
	}{2, mediaType, nil}
	for n, m := range manifests {
		x.Manifests = append(x.Manifests, entry{m.descriptor(), platforms[n]})
	}
	return newPart(mediaType, marshal(t, x))
}

// Platform is that of an index's entry (OCI image spec, image-index.md).
type Platform struct {
	OS           string `json:"os"`
	Architecture string `json:"architecture"`
	Variant      string `json:"variant,omitempty"`
}
