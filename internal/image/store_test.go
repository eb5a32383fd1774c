package image

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// testStore has images made by hand: id letter -> names.
func testStore(t *testing.T, images map[string][]string) *Store {
	t.Helper()
	s, err := Open(filepath.Join(t.TempDir(), "images"))
	if err != nil {
		t.Fatal(err)
	}
	err = s.changing(t.Context(), func(x *index) error {
		for letter, names := range images {
			key := strings.Repeat(letter, 64)
			if err := os.MkdirAll(s.layers.FS(key), 0o755); err != nil {
				return err
			}
			if err := state.Save(s.layers.Path(key, "record.json"), layerstore.Record{DiffID: "sha256:" + key, Stats: layer.Stats{Bytes: 5}}); err != nil {
				return err
			}
			id := "sha256:" + key
			x.Images[id] = Image{ID: id, Created: time.Unix(int64(letter[0]), 0), Layers: []string{key}}
			for _, n := range names {
				x.Names[n] = id
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestFind(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"nginx:latest", "nginx:1.27"}, "b": {"localhost:5000/app:v1"}})
	for ref, letter := range map[string]string{
		"nginx": "a", "docker.io/library/nginx:1.27": "a", "localhost:5000/app:v1": "b",
		"aaaa": "a", "sha256:b": "b", strings.Repeat("b", 64): "b",
		"nginx@sha256:" + strings.Repeat("a", 64): "a",
	} {
		img, err := s.Find(ref)
		if err != nil || img.ID != "sha256:"+strings.Repeat(letter, 64) {
			t.Errorf("Find(%q) = %v, %v", ref, img.ID, err)
		}
	}
	img, _ := s.Find("nginx")
	if len(img.Names) != 2 || img.Names[0] != "nginx:1.27" {
		t.Errorf("names %v", img.Names)
	}
	var missing *NotFoundError
	_, err := s.Find("ngnix")
	if !errors.As(err, &missing) || len(missing.Similar) != 2 || !strings.Contains(err.Error(), "docker save ngnix | mocker-compose image load") {
		t.Errorf("%v", err)
	}
	if _, err := s.Find("NGINX"); err == nil || errors.As(err, &missing) {
		t.Errorf("%v", err)
	}
}

func TestUse(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"x:latest"}})
	holder := filepath.Join(filepath.Dir(s.dir), "p", "demo", "c", "demo-web-1")
	if err := os.MkdirAll(holder, 0o700); err != nil {
		t.Fatal(err)
	}
	id := "sha256:" + strings.Repeat("a", 64)
	r, err := s.Use(t.Context(), id, holder)
	if err != nil || len(r.Lower) != 1 || r.Lower[0] != s.layers.FS(strings.Repeat("a", 64)) {
		t.Fatalf("%+v %v", r, err)
	}
	byID, layers, err := s.holders()
	if err != nil || len(byID[id]) != 1 || byID[id][0] != (Holder{"demo", "demo-web-1"}) || !layers[strings.Repeat("a", 64)] {
		t.Errorf("%v %v %v", byID, layers, err)
	}
	if err := Unuse(holder); err != nil {
		t.Fatal(err)
	}
	if byID, _, _ = s.holders(); len(byID) != 0 {
		t.Errorf("%v", byID)
	}
}

func TestCacheLimit(t *testing.T) {
	s, err := Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]int64{"20GB": 20e9, "1.5mb": 1.5e6, "300": 300, "none": 0, "4T": 4e12} {
		t.Setenv(CacheLimitEnv, text)
		if got, err := s.CacheLimit(); got != want || err != nil {
			t.Errorf("%s: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"much", "-1", "0", "GB", "3 XB"} {
		t.Setenv(CacheLimitEnv, text)
		if _, err := s.CacheLimit(); err == nil || !strings.Contains(err.Error(), "20GB") {
			t.Errorf("%s: %v", text, err)
		}
	}
	t.Setenv(CacheLimitEnv, "")
	if got, err := s.CacheLimit(); got < 1 || got > cacheMost || err != nil {
		t.Errorf("by the disk: %d, %v", got, err)
	}
}

// TestLeftOut: an image that is used says again what its containers lack, but not that it had
// device nodes: containers have a /dev of their own.
func TestLeftOut(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"nginx:latest"}})
	key := strings.Repeat("a", 64)
	rec := layerstore.Record{DiffID: "sha256:" + key, Stats: layer.Stats{Left: layer.Left{Devices: 8, Xattrs: 2}}}
	if err := state.Save(s.layers.Path(key, "record.json"), rec); err != nil {
		t.Fatal(err)
	}
	img, err := s.Find("nginx")
	if err != nil {
		t.Fatal(err)
	}
	if root, err := s.rootOf(&img); err != nil || len(root.Notices) != 1 || !strings.HasPrefix(root.Notices[0], "2 extended attributes") {
		t.Errorf("%v, %v", root, err)
	}
}

// TestNoPlace: where the data directory cannot be made, the error says which one it is and how
// to choose another, as for the rest of what is kept there.
func TestNoPlace(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(filepath.Join(file, "data", "images"))
	var told *cause.Error
	if !errors.As(err, &told) || !strings.Contains(err.Error(), filepath.Join(file, "data")+" cannot be written to") || !strings.Contains(told.Cause.Note, cause.DataHome) {
		t.Errorf("%v", err)
	}
}
