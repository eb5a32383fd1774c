package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"
)

// imageMaker writes an OCI layout with an image like those of distributions: many
// small files and a few large, text and programs, links, a few owners. It is the
// same every time.
type imageMaker struct {
	dir  string
	rand *rand.Rand
	text []byte   // what contents are cut from
	made []string // files of the base layer
}

type descriptor struct {
	MediaType   string            `json:"mediaType"`
	Digest      string            `json:"digest"`
	Size        int64             `json:"size"`
	Annotations map[string]string `json:"annotations,omitempty"`
}

// makeImage makes the layout in dir, with the tag latest; size is that of all
// files, unpacked, and shares what each layer has of it. It returns the layers'
// diff ids, the base first.
func makeImage(dir string, size int64, shares ...float64) (diffs []string, err error) {
	m := &imageMaker{dir: dir, rand: rand.New(rand.NewPCG(1, 2))}
	if err := os.MkdirAll(filepath.Join(dir, "blobs", "sha256"), 0o755); err != nil {
		return nil, err
	}
	m.makeText()
	var layers []descriptor
	for i, share := range shares {
		l, diff, err := m.layer(i, int64(float64(size)*share))
		if err != nil {
			return nil, err
		}
		layers, diffs = append(layers, l), append(diffs, diff)
	}
	config, err := m.document("application/vnd.oci.image.config.v1+json", map[string]any{
		"architecture": "amd64", "os": "linux", "config": map[string]any{"Cmd": []string{"/bin/sh"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs},
	})
	if err != nil {
		return nil, err
	}
	manifest, err := m.document("application/vnd.oci.image.manifest.v1+json", map[string]any{
		"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json", "config": config, "layers": layers,
	})
	if err != nil {
		return nil, err
	}
	manifest.Annotations = map[string]string{"org.opencontainers.image.ref.name": "latest"}
	index, err := json.Marshal(map[string]any{"schemaVersion": 2, "manifests": []descriptor{manifest}})
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644); err != nil {
		return nil, err
	}
	return diffs, os.WriteFile(filepath.Join(dir, "index.json"), index, 0o644)
}

func (m *imageMaker) document(mediaType string, v any) (descriptor, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	sum := sha256.Sum256(b)
	name := hex.EncodeToString(sum[:])
	return descriptor{MediaType: mediaType, Digest: "sha256:" + name, Size: int64(len(b))},
		os.WriteFile(filepath.Join(m.dir, "blobs", "sha256", name), b, 0o644)
}

// makeText makes 8 MB that compress to a third or so: words, and between them
// bytes as in programs.
func (m *imageMaker) makeText() {
	words := make([][]byte, 3000)
	for i := range words {
		w := make([]byte, 2+m.rand.IntN(9))
		for j := range w {
			w[j] = byte('a' + m.rand.IntN(26))
		}
		words[i] = append(w, ' ')
	}
	for len(m.text) < 8<<20 {
		if m.rand.IntN(25) == 0 {
			for range 16 {
				m.text = append(m.text, byte(m.rand.Uint32()))
			}
		}
		// Common words are more common.
		m.text = append(m.text, words[int(math.Pow(m.rand.Float64(), 3)*float64(len(words)))]...)
	}
}

// layer writes a gzipped layer and returns its descriptor and diff id.
func (m *imageMaker) layer(n int, size int64) (descriptor, string, error) {
	var blob bytes.Buffer
	z := gzip.NewWriter(&blob)
	plain := sha256.New()
	w := tar.NewWriter(io.MultiWriter(z, plain))
	if err := m.entries(w, n, size); err != nil {
		return descriptor{}, "", err
	}
	if err := w.Close(); err != nil {
		return descriptor{}, "", err
	}
	if err := z.Close(); err != nil {
		return descriptor{}, "", err
	}
	sum := sha256.Sum256(blob.Bytes())
	name := hex.EncodeToString(sum[:])
	d := descriptor{MediaType: "application/vnd.oci.image.layer.v1.tar+gzip", Digest: "sha256:" + name, Size: int64(blob.Len())}
	return d, "sha256:" + hex.EncodeToString(plain.Sum(nil)), os.WriteFile(filepath.Join(m.dir, "blobs", "sha256", name), blob.Bytes(), 0o644)
}

var imageTime = time.Unix(1_700_000_000, 0)

func (m *imageMaker) entries(w *tar.Writer, n int, size int64) error {
	put := func(h tar.Header, content []byte) error {
		h.ModTime, h.Size = imageTime, int64(len(content))
		if h.Typeflag != tar.TypeDir {
			h.ModTime = imageTime.Add(time.Duration(m.rand.IntN(1e6)) * time.Second)
		}
		if err := w.WriteHeader(&h); err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		_, err := w.Write(content)
		return err
	}
	folders := []string{"usr/", fmt.Sprintf("usr/l%d/", n)}
	if n == 1 {
		folders = append(folders, "usr/l0/")
	}
	for _, name := range folders { // as docker has them, in each layer
		if err := put(tar.Header{Name: name, Typeflag: tar.TypeDir, Mode: 0o755}, nil); err != nil {
			return err
		}
	}
	if n == 1 { // changes to what the base layer has
		last := ""
		for i := range 100 {
			name := m.made[i*7]
			if dir := filepath.Dir(name) + "/"; dir != last { // podman refuses a name that comes twice
				if err := put(tar.Header{Name: dir, Typeflag: tar.TypeDir, Mode: 0o755}, nil); err != nil {
					return err
				}
				last = dir
			}
			err := put(tar.Header{Name: filepath.Dir(name) + "/.wh." + filepath.Base(name), Typeflag: tar.TypeReg}, nil)
			if err != nil {
				return err
			}
		}
	}
	for done, d := int64(0), 0; done < size; d++ {
		dir := fmt.Sprintf("usr/l%d/d%03d", n, d)
		if err := put(tar.Header{Name: dir + "/", Typeflag: tar.TypeDir, Mode: 0o755}, nil); err != nil {
			return err
		}
		last := ""
		for f := range 20 {
			name := fmt.Sprintf("%s/file-%02d.txt", dir, f)
			h := tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644}
			switch {
			case f%10 == 9:
				h.Mode = 0o755
			case f == 18 && d%9 == 0:
				h.Uid, h.Gid = 33, 33
			}
			content := m.content()
			switch {
			case f%7 == 5:
				h.Typeflag, h.Linkname, content = tar.TypeSymlink, fmt.Sprintf("file-%02d.txt", f-1), nil
			case f == 17 && d%5 == 0:
				h.Typeflag, h.Linkname, content = tar.TypeLink, last, nil
			default:
				last = name
			}
			if err := put(h, content); err != nil {
				return err
			}
			if n == 0 && h.Typeflag == tar.TypeReg {
				m.made = append(m.made, name)
			}
			done += int64(len(content))
		}
	}
	return nil
}

// content is a file's: sizes are lognormal, with a median of 4 KB and a mean of
// 25 KB, at most 6 MB.
func (m *imageMaker) content() []byte {
	n := min(int(4000*math.Exp(1.9*m.rand.NormFloat64())), 6<<20)
	at := m.rand.IntN(len(m.text) - n)
	return m.text[at : at+n]
}
