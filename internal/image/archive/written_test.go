package archive

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	ocilayout "github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

func openFile(t *testing.T, path string) *Archive {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tar, err := OpenTar(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(tar, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// dirFiles is a layout as it lies on disk.
type dirFiles string

func (d dirFiles) Open(name string) (io.ReadCloser, int64, error) {
	file, err := os.Open(filepath.Join(string(d), name))
	if err != nil {
		return nil, 0, err
	}
	st, err := file.Stat()
	return file, st.Size(), err
}

// TestWhatTheLibraryWrites: go-containerregistry writes docker archives with
// gzipped layers, and layouts; what it calls an image we do too.
func TestWhatTheLibraryWrites(t *testing.T) {
	want, err := random.Image(500, 3)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	tag, err := name.NewTag("demo/app:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := tarball.WriteToFile(dir+"/docker.tar", tag, want); err != nil {
		t.Fatal(err)
	}
	same(t, openFile(t, dir+"/docker.tar"), want)

	p, err := ocilayout.Write(dir+"/oci", empty.Index)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.AppendImage(want); err != nil {
		t.Fatal(err)
	}
	a, err := Open(dirFiles(dir+"/oci"), "")
	if err != nil {
		t.Fatal(err)
	}
	same(t, a, want)
	digest, err := want.Digest()
	if err != nil || a.Images[0].Manifest != digest {
		t.Errorf("manifest %v, want %v, %v", a.Images[0].Manifest, digest, err)
	}
}

func same(t *testing.T, a *Archive, want v1.Image) {
	t.Helper()
	id, err := want.ConfigName()
	if err != nil {
		t.Fatal(err)
	}
	layers, err := want.Layers()
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Images) != 1 || a.Images[0].ID() != id || len(a.Images[0].Layers) != len(layers) {
		t.Fatalf("%+v", a.Images)
	}
	for i, l := range layers {
		if diff, err := l.DiffID(); err != nil || a.Images[0].Layers[i].DiffID != diff {
			t.Errorf("layer %d: %v, want %v, %v", i, a.Images[0].Layers[i].DiffID, diff, err)
		}
	}
}
