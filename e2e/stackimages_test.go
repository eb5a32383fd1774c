package e2e

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// baseTime bounds how long a base layer may take: it is made once a machine, of
// packages that are downloaded.
const baseTime = 15 * time.Minute

// baseLayer makes a root file system of Debian packages, without root and
// without docker, and keeps it in the account's cache under what it was made of.
// The test is skipped where there is no mmdebstrap or no mirror.
func baseLayer(t *testing.T, packages ...string) string {
	t.Helper()
	return baseLayerWith(t, nil, packages...)
}

// baseLayerWith has further options for mmdebstrap.
func baseLayerWith(t *testing.T, options []string, packages ...string) string {
	t.Helper()
	testns.RequireProgram(t, "mmdebstrap", "mmdebstrap")
	args := []string{
		"--mode=unshare", "--variant=apt", "--format=tar", "--aptopt=APT::Install-Recommends \"false\"",
		"--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-exclude=/usr/share/man/*",
		"--dpkgopt=path-exclude=/usr/share/locale/*", "--dpkgopt=path-exclude=/usr/share/info/*",
		"--include=" + strings.Join(packages, ","),
		`--customize-hook=rm -rf "$1"/var/cache/apt/* "$1"/var/lib/apt/lists/* "$1"/var/log/*.log "$1"/var/lib/postgresql/* "$1"/var/lib/mysql`,
		"bookworm",
	}
	args = append(slices.Clone(options), args...)
	sum := sha256.Sum256([]byte(strings.Join(args, "\x00")))
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Skip(err)
	}
	dir := filepath.Join(cache, "mocker-compose-test")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "base-"+hex.EncodeToString(sum[:8])+".tar")
	if _, err := os.Stat(path); err == nil {
		return path
	}
	ctx, cancel := context.WithTimeout(t.Context(), baseTime)
	defer cancel()
	half := path + ".half"
	defer os.Remove(half)
	cmd := exec.CommandContext(ctx, "mmdebstrap", append(args, half)...)
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Skipf("mmdebstrap: %v: a mirror of Debian's packages is needed:\n%s", err, out[max(0, len(out)-2000):])
	}
	if err := os.Rename(half, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// writeImages writes images, all on one base layer, into an archive.
func writeImages(t *testing.T, path, base string, images ...imagetest.Image) {
	t.Helper()
	out, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	sendImages(t, out, base, images...)
}

// loadImages loads what write writes: an archive too big to lie on the disk besides.
func (s *scenario) loadImages(write func(w io.Writer)) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), loadTime)
	defer cancel()
	cmd := s.command(ctx, "image", "load", "-q")
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() {
		if s.t.Failed() {
			s.t.Logf("image load: %s", said.String())
		}
	}()
	write(in)
	if err := errors.Join(in.Close(), cmd.Wait()); err != nil {
		s.t.Fatal(err)
	}
}

// loadTime bounds how long that may take.
const loadTime = 5 * time.Minute

// sendImages writes images, all on one base layer, as one `docker save` does.
// The base is too big to be held in memory, as package imagetest would.
func sendImages(t *testing.T, out io.Writer, base string, images ...imagetest.Image) {
	t.Helper()
	w := tar.NewWriter(out)
	put := func(name string, size int64, r io.Reader) {
		t.Helper()
		if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, r); err != nil {
			t.Fatal(err)
		}
	}
	file, err := os.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err == nil {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		t.Fatal(err)
	}
	first := hex.EncodeToString(sum.Sum(nil))
	put(first+"/layer.tar", size, file)
	type entry struct {
		Config           string
		RepoTags, Layers []string
	}
	var manifest []entry
	for _, img := range images {
		e := entry{RepoTags: img.Names, Layers: []string{first + "/layer.tar"}}
		ids := []string{"sha256:" + first}
		for _, l := range img.Layers {
			data := string(imagetest.Tar(t, l))
			sum := sha256.Sum256([]byte(data))
			id := hex.EncodeToString(sum[:])
			put(id+"/layer.tar", int64(len(data)), strings.NewReader(data))
			e.Layers, ids = append(e.Layers, id+"/layer.tar"), append(ids, "sha256:"+id)
		}
		config, err := json.Marshal(map[string]any{
			"created": "2026-01-02T03:04:05Z", "architecture": runtime.GOARCH, "os": "linux", "config": img.Config,
			"rootfs": map[string]any{"type": "layers", "diff_ids": ids},
		})
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(config)
		e.Config = hex.EncodeToString(sum[:]) + ".json"
		put(e.Config, int64(len(config)), strings.NewReader(string(config)))
		manifest = append(manifest, e)
	}
	list, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	put("manifest.json", int64(len(list)), strings.NewReader(string(list)))
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// script is an executable file of the test's own data, as a file of a layer.
func script(t *testing.T, name, source string) imagetest.File {
	t.Helper()
	return scriptOf(t, strings.Split(t.Name(), "/")[0], name, source)
}

// scriptOf is one of another test's data.
func scriptOf(t *testing.T, test, name, source string) imagetest.File {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(built.dir, "testdata", test, source))
	if err != nil {
		t.Fatal(err)
	}
	return imagetest.File{Name: name, Text: string(b), Mode: 0o755}
}
