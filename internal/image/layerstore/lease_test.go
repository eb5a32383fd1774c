package layerstore

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// newStore is a store of which no image has a layer.
func newStore(t *testing.T) *Store {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"layers", "locks"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return In(dir, func(context.Context, string) (bool, error) { return false, nil })
}

// TestTwoLayersCrosswise: somebody who saw that a layer was missing, and is late to
// fill it, does not wait for the lease of who was faster.
func TestTwoLayersCrosswise(t *testing.T) {
	s := newStore(t)
	hex := strings.Repeat("a", 64)
	fill := func(*os.File, *os.File) (layer.Stats, error) { return layer.Stats{}, nil }
	lease, err := s.Layer(t.Context(), hex, true, fill)
	if err != nil {
		t.Fatal(err)
	}
	defer lease.Close()
	done := make(chan error)
	go func() { done <- s.fillLayer(t.Context(), Key(hex, true), hex, true, fill) }()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it waits for the lease")
	}
}

// TestFailedFill: of a layer that could not be filled nothing is seen and nothing left;
// one that is leased is not doomed, and one that nobody has is.
func TestFailedFill(t *testing.T) {
	s := newStore(t)
	hex := strings.Repeat("b", 64)
	broken := errors.New("broken")
	_, err := s.Layer(t.Context(), hex, false, func(fs, _ *os.File) (layer.Stats, error) {
		return layer.Stats{}, errors.Join(broken, os.WriteFile(fs.Name()+"/half", nil, 0o600))
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if _, _, err := s.Record(hex); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it has a record: %v", err)
	}
	for _, dir := range []string{s.dir, s.locks} {
		left, err := os.ReadDir(dir)
		if err != nil || dir == s.dir && len(left) > 0 {
			t.Errorf("left: %v, %v", left, err)
		}
	}
	lease, err := s.Layer(t.Context(), hex, false, func(*os.File, *os.File) (layer.Stats, error) { return layer.Stats{Bytes: 3}, nil })
	if err != nil {
		t.Fatal(err)
	}
	if d, err := s.Doom(hex, false); d != nil || err != nil {
		t.Errorf("doomed while it is leased: %+v, %v", d, err)
	}
	lease.Close()
	d, err := s.Doom(hex, false)
	if err != nil || d == nil || d.What != "sha256:"+hex || d.Bytes != 3 {
		t.Fatalf("%+v, %v", d, err)
	}
	if err := d.Delete(); err != nil {
		t.Error(err)
	}
}

// TestComplete: a layer of an earlier boot counts when it is marked as being on disk, or
// when an image has it; what only looks complete does not.
func TestComplete(t *testing.T) {
	s := newStore(t)
	key := strings.Repeat("c", 64)
	has := false
	s.indexed = func(context.Context, string) (bool, error) { return has, nil }
	if err := os.Mkdir(s.Path(key), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := state.Save(s.Path(key, recordName), Record{DiffID: "sha256:" + key}); err != nil {
		t.Fatal(err)
	}
	record, err := os.ReadFile(s.Path(key, recordName))
	if err != nil {
		t.Fatal(err)
	}
	record = regexp.MustCompile(`"boot_id": *"[^"]*"`).ReplaceAll(record, []byte(`"boot_id":"another"`))
	if err := os.WriteFile(s.Path(key, recordName), record, 0o600); err != nil {
		t.Fatal(err)
	}
	want := func(what string, want bool) {
		t.Helper()
		if _, ok, err := s.Complete(t.Context(), key); ok != want || err != nil {
			t.Errorf("%s: %v, %v", what, ok, err)
		}
	}
	want("of an earlier boot", false)
	has = true
	want("of an image", true)
	has = false
	if err := s.MarkSynced([]string{key, strings.Repeat("d", 64)}); err != nil {
		t.Error(err)
	}
	want("on disk", true)
}
