package main

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
)

// archive writes an image as `docker save` does: the small root file system of
// the bench, and above it layers of many files, full of bytes that are no holes.
type archive struct {
	w    *tar.Writer
	rand *rand.Rand
	diff []string // digests of the layers, base first
}

// Of the layers above the base.
const (
	layerFiles = 100
	fileSize   = 1 << 20
)

// writeArchive makes the image name of the root and so many layers more.
func (b *bench) writeArchive(path, name string, layers int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	a := &archive{w: tar.NewWriter(f), rand: rand.New(rand.NewPCG(3, 4))}
	base, err := rootTar(b.root())
	if err != nil {
		return err
	}
	if err := a.layer(base); err != nil {
		return err
	}
	for n := range layers {
		filler, err := a.filler(n)
		if err != nil {
			return err
		}
		if err := a.layer(filler); err != nil {
			return err
		}
	}
	return a.finish(name)
}

func (a *archive) layer(content []byte) error {
	sum := sha256.Sum256(content)
	digest := hex.EncodeToString(sum[:])
	a.diff = append(a.diff, digest)
	return a.file(digest+"/layer.tar", content)
}

func (a *archive) file(name string, content []byte) error {
	if err := a.w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(content))}); err != nil {
		return err
	}
	_, err := a.w.Write(content)
	return err
}

func (a *archive) filler(n int) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	content := make([]byte, fileSize)
	for i := range layerFiles {
		for j := 0; j < len(content); j += 8 {
			for k, v := 0, a.rand.Uint64(); k < 8; k, v = k+1, v>>8 {
				content[j+k] = byte(v)
			}
		}
		if err := w.WriteHeader(&tar.Header{Name: fmt.Sprintf("srv/%d/%d", n, i), Mode: 0o644, Size: fileSize}); err != nil {
			return nil, err
		}
		if _, err := w.Write(content); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), w.Close()
}

func (a *archive) finish(name string) error {
	diffs := make([]string, 0, len(a.diff))
	layers := make([]string, 0, len(a.diff))
	var history []map[string]any // buildah counts it
	for _, d := range a.diff {
		diffs, layers = append(diffs, "sha256:"+d), append(layers, d+"/layer.tar")
		history = append(history, map[string]any{"created_by": "bench"})
	}
	config, err := json.Marshal(map[string]any{
		"architecture": runtime.GOARCH, "os": "linux", "config": map[string]any{"Env": []string{"PATH=/bin"}},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffs}, "history": history,
	})
	if err != nil {
		return err
	}
	sum := sha256.Sum256(config)
	configName := hex.EncodeToString(sum[:]) + ".json"
	if err := a.file(configName, config); err != nil {
		return err
	}
	manifest, err := json.Marshal([]map[string]any{{"Config": configName, "RepoTags": []string{name}, "Layers": layers}})
	if err != nil {
		return err
	}
	if err := a.file("manifest.json", manifest); err != nil {
		return err
	}
	return a.w.Close()
}

// rootTar is a plain tar of a tree of directories, files and links.
func rootTar(dir string) ([]byte, error) {
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		link := ""
		if info.Mode()&os.ModeSymlink != 0 {
			if link, err = os.Readlink(path); err != nil {
				return err
			}
		}
		h, err := tar.FileInfoHeader(info, link)
		if err != nil {
			return err
		}
		h.Name, _ = filepath.Rel(dir, path)
		h.Uid, h.Gid, h.Uname, h.Gname = 0, 0, "", ""
		if err := w.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		_, err = w.Write(b)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out.Bytes(), w.Close()
}
