package image

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/variants"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// variants are the names in the directory of variants.
func (s *Store) variantNames(t *testing.T) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(s.path("variants"))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// Of many who want a variant one makes it; what a killed one has left is in nobody's way.
func TestVariantIsMadeOnce(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"one:1"}})
	file := filepath.Join(s.layers.FS(strings.Repeat("a", 64)), "file")
	if err := os.WriteFile(file, []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	v := variants.Spec{}
	if os.Geteuid() == 0 {
		v.Exchange = exchange.IDs{UID: 999, GID: 998}
	}
	key := variants.Key(v, []string{strings.Repeat("a", 64)})
	if err := os.MkdirAll(s.path("variants", doomed.TmpPrefix+key, "fs", "half"), 0o700); err != nil {
		t.Fatal(err)
	}
	var made atomic.Int64
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			holder := filepath.Join(filepath.Dir(s.dir), "p", "x", "c", string(rune('a'+n)))
			err := errors.Join(os.MkdirAll(holder, 0o700), s.MakeVariant(t.Context(), fullID("a"), v, func() { made.Add(1) }))
			r, uerr := s.UseVariant(t.Context(), fullID("a"), holder, v)
			if err = errors.Join(err, uerr); err != nil {
				t.Error(err)
				return
			}
			var st syscall.Stat_t
			if err := syscall.Stat(filepath.Join(r.Lower[0], "file"), &st); err != nil || len(r.Lower) != 1 || len(r.Data) != 0 {
				t.Errorf("%v: %v", r, err)
			}
			if os.Geteuid() == 0 && (st.Uid != 999 || st.Gid != 998) {
				t.Errorf("the file belongs to %d:%d", st.Uid, st.Gid)
			}
		})
	}
	all.Wait()
	if names := s.variantNames(t); made.Load() != 1 || len(names) != 1 || names[0] != key {
		t.Errorf("made %d times, there are %v", made.Load(), names)
	}
	var st syscall.Stat_t
	if err := syscall.Stat(file, &st); err != nil || int(st.Uid) != os.Geteuid() {
		t.Errorf("the layer's file belongs to %d, %v", st.Uid, err)
	}
}

// A variant stays as long as its image, or as a container has it; a prune takes it when
// no container has. One that is being made is left alone, what is left of one is not.
func TestVariantsAreCollected(t *testing.T) {
	s := testStore(t, map[string][]string{"a": {"one:1"}, "b": {"two:1"}})
	v := variants.Spec{Base: s.layers.FS(strings.Repeat("b", 64))}
	holder := filepath.Join(filepath.Dir(s.dir), "p", "x", "c", "web")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(holder, 0o700))
	_, err := s.UseVariant(t.Context(), fullID("a"), holder, v)
	must(err)
	must(s.MakeVariant(t.Context(), fullID("b"), v, func() {}))
	if x, ok := ExchangeOf(holder); !ok || !x.None() {
		t.Errorf("the container has %v %v", x, ok)
	}
	img, err := s.Find("one:1")
	must(err)
	if r, _, err := s.RootOf(holder, &img); err != nil || !strings.Contains(r.Lower[0], "variants") {
		t.Errorf("its root is %v %v", r, err)
	}
	must(s.Sweep(t.Context()))
	if n := len(s.variantNames(t)); n != 2 {
		t.Errorf("after a sweep there are %d", n)
	}
	if u, err := s.Usage(t.Context()); err != nil || u.Bytes <= 10 || u.Free >= u.Bytes {
		t.Errorf("usage %+v %v", u, err)
	}
	_, err = s.Prune(t.Context(), nil)
	must(err)
	if names := s.variantNames(t); len(names) != 1 || names[0] != variants.Key(v, img.Layers) {
		t.Errorf("after a prune there are %v", names)
	}
	must(s.MakeVariant(t.Context(), fullID("b"), v, func() {}))
	_, err = s.Remove(t.Context(), "two:1", false)
	must(err)
	if n := len(s.variantNames(t)); n != 1 {
		t.Errorf("after the removal of an image there are %d", n)
	}
	busy, left := strings.Repeat("c", 64), strings.Repeat("d", 64)
	for _, key := range []string{busy, left} {
		must(os.MkdirAll(s.path("variants", doomed.TmpPrefix+key, "fs"), 0o700))
	}
	lock, err := state.WaitLock(t.Context(), s.path("locks", busy), unix.LOCK_EX)
	must(err)
	defer lock.Close()
	must(s.Sweep(t.Context()))
	if names := s.variantNames(t); len(names) != 2 || names[1] != doomed.TmpPrefix+busy {
		t.Errorf("after a sweep there are %v", names)
	}
	must(Unuse(holder))
	_, err = s.Remove(t.Context(), "one:1", false)
	must(err)
	if names := s.variantNames(t); len(names) != 1 {
		t.Errorf("after all there are %v", names)
	}
}
