package imagetest

import (
	"archive/tar"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// What is written can be read with the standard library, and is the same twice.
func TestFormats(t *testing.T) {
	img := Image{Names: []string{"x:1"}, Layers: [][]File{{{Name: "d/"}, {Name: "d/f", Text: "hello", UID: 7, Xattrs: map[string]string{"user.a": "b"}}, {Name: "l", Link: "d/f"}, {Name: "h", Hard: "d/f"}}}}
	dir := t.TempDir()
	for _, name := range []string{"a.tar", "b.tar"} {
		img.WriteDockerArchive(t, filepath.Join(dir, name), Image{Names: []string{"y:1"}, Layers: img.Layers})
	}
	a, b := read(t, filepath.Join(dir, "a.tar")), read(t, filepath.Join(dir, "b.tar"))
	if !bytes.Equal(a, b) {
		t.Error("the same image has other bytes")
	}
	if n := names(t, a); len(n) != 3 || n[2] != "manifest.json" {
		t.Errorf("entries of the archive: %q", n)
	}
	layer := Tar(t, img.Layers[0])
	if got := names(t, layer); len(got) != 4 || got[1] != "d/f" {
		t.Errorf("entries of the layer: %q", got)
	}
	img.WriteOCI(t, filepath.Join(dir, "layout"))
	if _, err := os.Stat(filepath.Join(dir, "layout", "blobs", "sha256", img.ID(t)[len("sha256:"):])); err != nil {
		t.Error(err)
	}
	img.WriteOCIArchive(t, filepath.Join(dir, "oci.tar"))
	if got := names(t, read(t, filepath.Join(dir, "oci.tar"))); len(got) != 5 {
		t.Errorf("entries of the OCI archive: %q", got)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func names(t *testing.T, archive []byte) (out []string) {
	t.Helper()
	r := tar.NewReader(bytes.NewReader(archive))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, h.Name)
	}
}
