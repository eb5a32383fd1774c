package ingest

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/config"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// TestDamagedLayers: an archive of which one byte of a layer is wrong, wherever,
// leaves nothing that can be seen.
func TestDamagedLayers(t *testing.T) {
	img, dir := sample("demo:1"), t.TempDir()
	for name, write := range map[string]func(string){
		"docker": func(p string) { img.WriteDockerArchive(t, p) },
		"oci":    func(p string) { img.WriteOCIArchive(t, p) },
	} {
		path := filepath.Join(dir, name)
		write(path)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(whole, []byte("333")) // of a file in the second layer
		if at < 0 {
			t.Fatal("no such file")
		}
		for what, b := range map[string][]byte{
			"another byte": append(append(bytes.Clone(whole[:at]), '4'), whole[at+1:]...),
			"cut":          whole[:at],
		} {
			h := newHere(t)
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			err := h.loadFile(t, path, image.Request{})
			if err == nil || !strings.Contains(err.Error(), "digest") && !strings.Contains(err.Error(), "EOF") && !strings.Contains(err.Error(), "header") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
			if list, err := h.store.List(); len(list) != 0 || err != nil {
				t.Errorf("%s, %s: visible: %v, %v", name, what, list, err)
			}
			h.noLeftovers(t)
			if err := os.WriteFile(path, whole, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := h.loadFile(t, path, image.Request{}); err != nil {
				t.Errorf("%s, after %s: %v", name, what, err)
			}
		}
	}
}

// TestCompressedArchives: from a file or a pipe, whatever the compression.
func TestCompressedArchives(t *testing.T) {
	img, dir := sample("demo:1"), t.TempDir()
	img.WriteDockerArchive(t, dir+"/plain")
	plain, err := os.ReadFile(dir + "/plain")
	if err != nil {
		t.Fatal(err)
	}
	var gz, zs bytes.Buffer
	w := gzip.NewWriter(&gz)
	if _, err := w.Write(plain); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(&zs)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(plain); err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"plain": plain, "gzip": gz.Bytes(), "zstd": zs.Bytes()} {
		h := newHere(t)
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := h.loadFile(t, path, image.Request{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer w.Close()
			_, _ = w.Write(b)
		}()
		h = newHere(t)
		if err := h.load(t.Context(), &input{file: r}, &image.Request{}); err != nil {
			t.Errorf("%s through a pipe: %v", name, err)
		}
		r.Close()
		if got, err := h.store.Find("demo:1"); err != nil || got.ID != img.ID(t) {
			t.Errorf("%s through a pipe: %v, %v", name, got.ID, err)
		}
	}
}

func TestImport(t *testing.T) {
	h := newHere(t)
	path := filepath.Join(t.TempDir(), "a.tar")
	raw := imagetest.Tar(t, []imagetest.File{{Name: "etc/"}, {Name: "etc/x", Text: "12345"}, {Name: "etc/.wh.gone"}})
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	as := &image.Import{Name: "mine:1", Message: "hello", Config: config.Config{Cmd: []string{"a"}, User: "7", Volumes: map[string]struct{}{"/v": {}}}}
	for range 2 { // the second finds the layer
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.importTar(t.Context(), f, as); err != nil {
			t.Fatal(err)
		}
		f.Close()
		h.noLeftovers(t)
	}
	img, err := h.store.Find("mine:1")
	if err != nil || img.Config.User != "7" || len(img.Config.Cmd) != 1 || img.Config.Volumes[0] != "/v" || img.Size != 5 || len(img.Layers) != 1 {
		t.Fatalf("%+v %v", img, err)
	}
	entries, err := os.ReadDir(filepath.Join(h.dir, "layers", img.Layers[0], "fs", "etc"))
	if err != nil || len(entries) != 1 || entries[0].Name() != "x" {
		t.Errorf("%v %v", entries, err)
	}
	locks, err := os.ReadDir(filepath.Join(h.dir, "locks"))
	if err != nil || len(locks) != 1 {
		t.Errorf("locks: %v %v", locks, err)
	}
	f, err := os.Open("/proc/version")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := h.importTar(t.Context(), f, as); err == nil {
		t.Error("no tar: imported")
	}
}
