package ingest

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/cachemount"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// cached puts a layer with so many bytes into the cache, used so long ago.
func cached(t *testing.T, s *image.Store, x *image.Session, step string, size int, age time.Duration) image.Layer {
	t.Helper()
	tar := imagetest.Tar(t, []imagetest.File{{Name: step, Text: strings.Repeat("x", size)}})
	l, err := addLayer(t.Context(), x, image.Blob{DiffID: digest(tar)}, tar)
	if err != nil {
		t.Fatal(err)
	}
	if err := x.CachePut(t.Context(), step, image.CacheRecord{Layers: []string{l.Key}, DiffID: l.DiffID, Size: l.Size, Text: "RUN " + step}); err != nil {
		t.Fatal(err)
	}
	used := time.Now().Add(-age)
	if err := os.Chtimes(s.Downloads()+"/../cache/"+strings.TrimPrefix(digest([]byte(step)), "sha256:")+".json", used, used); err != nil {
		t.Fatal(err)
	}
	return l
}

func pruned(t *testing.T, s *image.Store, o image.CacheOptions) string {
	t.Helper()
	events, err := s.PruneCache(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	records, layers, free := 0, 0, int64(0)
	for _, e := range events {
		if e.Cache != "" {
			records++
		}
		if e.Deleted != "" {
			layers++
		}
		free += e.Bytes
	}
	return fmt.Sprintf("%d records, %d layers, %d bytes", records, layers, free)
}

// TestPruneCache: the oldest goes first, down to what is to be kept; what a
// session, an image or a step uses stays.
func TestPruneCache(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	s := childStore(t, t.TempDir(), nil)
	x := begin(t, s)
	for i, size := range []int{1000, 2000, 4000} {
		cached(t, s, x, fmt.Sprint("step", i), size, time.Duration(10-i)*time.Hour)
	}
	ofImage := cached(t, s, x, "image", 8000, 20*time.Hour)
	raw := []byte(fmt.Sprintf(`{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[%q]}}`, ofImage.DiffID))
	if _, err := x.AddImage(t.Context(), image.NewImage{Config: raw, Names: []string{"demo"}, Layers: []string{ofImage.Key}}); err != nil {
		t.Fatal(err)
	}
	if got := pruned(t, s, image.CacheOptions{All: true}); got != "0 records, 0 layers, 0 bytes" {
		t.Errorf("while a session has all: %s", got)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	m, err := s.Mounts().Take(t.Context(), "apt", cachemount.Locked)
	if err != nil || !m.New {
		t.Fatalf("%+v, %v", m, err)
	}
	if err := os.WriteFile(m.Path+"/list", make([]byte, 500), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    image.CacheOptions
		want string
	}{
		{image.CacheOptions{Until: time.Now().Add(-30 * time.Hour)}, "0 records, 0 layers, 0 bytes"},
		{image.CacheOptions{Keep: 6000}, "1 records, 1 layers, 1000 bytes"},
		{image.CacheOptions{Until: time.Now().Add(-8*time.Hour - time.Minute)}, "1 records, 1 layers, 2000 bytes"},
		{image.CacheOptions{}, "1 records, 1 layers, 4000 bytes"},
		{image.CacheOptions{All: true}, "1 records, 0 layers, 0 bytes"}, // the image's
	} {
		if got := pruned(t, s, c.o); got != c.want {
			t.Errorf("%+v: %s, want %s", c.o, got, c.want)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	if got := pruned(t, s, image.CacheOptions{}); !strings.HasPrefix(got, "1 records") {
		t.Errorf("the mount: %s", got)
	}
	if left, err := s.Mounts().List(); err != nil || len(left) > 0 {
		t.Errorf("mounts left: %v, %v", left, err)
	}
	if _, err := s.Find("demo"); err != nil {
		t.Error(err)
	}
}

// TestCacheCollected: the end of a build keeps the cache within its limit.
func TestCacheCollected(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	t.Setenv(image.CacheLimitEnv, "3KB")
	s := childStore(t, t.TempDir(), nil)
	x := begin(t, s)
	cached(t, s, x, "old", 2500, 5*time.Hour)
	cached(t, s, x, "new", 2000, 2*time.Hour)
	cached(t, s, x, "just now", 2000, 0)
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(s.Downloads() + "/../layers"); err != nil || len(left) != 1 {
		t.Errorf("layers left: %v, %v", left, err)
	}
	y := begin(t, s)
	for step, want := range map[string]bool{"old": false, "new": false, "just now": true} {
		if _, ok, err := y.CacheGet(t.Context(), step); ok != want || err != nil {
			t.Errorf("%s: %v, %v", step, ok, err)
		}
	}
}

// TestKeptImageIsNotPruned: an image that somebody has looked up stays until a
// container has it, or the session is over.
func TestKeptImageIsNotPruned(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	s := childStore(t, t.TempDir(), nil)
	x := begin(t, s)
	l := cached(t, s, x, "step", 1000, 0)
	raw := []byte(fmt.Sprintf(`{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[%q]}}`, l.DiffID))
	img, err := x.AddImage(t.Context(), image.NewImage{Config: raw, Names: []string{"demo"}, Layers: []string{l.Key}})
	if err := errors.Join(err, x.Close()); err != nil {
		t.Fatal(err)
	}
	y := begin(t, s)
	if _, err := y.KeepImage(t.Context(), "other"); !errors.As(err, new(*image.NotFoundError)) {
		t.Errorf("what is not there: %v", err)
	}
	if kept, err := y.KeepImage(t.Context(), "demo"); err != nil || kept.ID != img.ID {
		t.Fatalf("%+v, %v", kept, err)
	}
	if events, err := s.Prune(t.Context(), []string{img.ID}); err != nil || len(events) > 0 {
		t.Errorf("pruned: %+v, %v", events, err)
	}
	if _, err := s.Find("demo"); err != nil {
		t.Error(err)
	}
	if err := y.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), []string{img.ID}); err != nil {
		t.Error(err)
	}
	if _, err := s.Find("demo"); err == nil {
		t.Error("it stays when nobody keeps it")
	}
}

// TestSweptSmallFiles: what killed processes were writing in the store itself goes.
func TestSweptSmallFiles(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	s := childStore(t, t.TempDir(), nil)
	var left []string
	for _, name := range []string{".index.json.1", ".commit.1", "sessions/dead"} {
		path := s.Downloads() + "/../" + name
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		left = append(left, path)
	}
	if err := s.Sweep(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, path := range left {
		if _, err := os.Lstat(path); err == nil {
			t.Errorf("%s is left", path)
		}
	}
}
