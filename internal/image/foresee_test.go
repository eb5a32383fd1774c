package image

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// randomStore has images that share layers, records of a build cache with layers of
// their own and of images, layers of nobody, and containers.
func randomStore(t *testing.T, r *rand.Rand) (s *Store, containers []string) {
	t.Helper()
	s = testStore(t, nil)
	var layers []string
	for i := range 6 {
		key := strings.Repeat(string(rune('0'+i)), 64)
		layers = append(layers, key)
		if err := errors.Join(os.MkdirAll(s.layers.FS(key), 0o755),
			state.Save(s.layers.Path(key, "record.json"), layerstore.Record{DiffID: "sha256:" + key, Stats: layer.Stats{Bytes: int64(1 + r.IntN(100))}})); err != nil {
			t.Fatal(err)
		}
	}
	some := func() (keys []string) {
		for _, key := range layers {
			if r.IntN(3) == 0 {
				keys = append(keys, key)
			}
		}
		return append(keys, layers[r.IntN(len(layers))])
	}
	err := s.changing(t.Context(), func(x *index) error {
		for _, letter := range []string{"a", "b", "c", "d"} {
			id := fullID(letter)
			x.Images[id] = Image{ID: id, Created: time.Unix(1, 0), Layers: slices.Compact(some())}
			for n := range r.IntN(3) {
				x.Names[fmt.Sprint(letter, ":", n)] = id
			}
		}
		return nil
	})
	for n := range 4 {
		rec := CacheRecord{Key: fmt.Sprint("step", n), Layers: some(), Size: int64(r.IntN(50)), Created: time.Unix(int64(n), 0)}
		err = errors.Join(err, state.Save(s.path("cache", cacheName(rec.Key)), rec))
	}
	if err != nil {
		t.Fatal(err)
	}
	for n := range r.IntN(3) {
		containers = append(containers, hold(t, s, "shop", fmt.Sprint("shop-web-", n), string(rune('a'+r.IntN(4)))))
	}
	return s, containers
}

// everything is each file of a store with what a change of it would show.
func everything(t *testing.T, s *Store) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(filepath.Dir(s.dir), func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err == nil {
			fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func sorted(events []Event) []string {
	var out []string
	for _, e := range events {
		out = append(out, fmt.Sprintf("%+v", e))
	}
	slices.Sort(out)
	return out
}

// What is foreseen of removals, one after the other, while some containers count as gone,
// is what they do then; and to look changes nothing.
func TestForesee(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	freed := int64(0)
	for range 150 {
		s, containers := randomStore(t, r)
		gone := map[string]bool{}
		for _, c := range containers {
			if r.IntN(2) == 0 {
				gone[filepath.Base(c)] = true
			}
		}
		refs, force := []string{"a:0", "b:1", "cccc", "nothing"}, r.IntN(2) == 0
		o := CacheOptions{All: r.IntN(2) == 0, Keep: int64(r.IntN(2) * 30)}
		all := r.IntN(2) == 0

		before := everything(t, s)
		f, err := s.Foresee(t.Context(), func(h Holder) bool { return gone[h.Container] })
		if err != nil {
			t.Fatal(err)
		}
		var want [3][]Event
		failed := 0
		want[0], err = f.Remove(t.Context(), refs, force, func(error) { failed++ })
		unused, uerr := f.Unused(t.Context(), all)
		var perr, cerr error
		want[1], perr = f.Prune(t.Context(), ids(unused))
		want[2], cerr = f.PruneCache(t.Context(), o, nil)
		if err := errors.Join(err, uerr, perr, cerr); err != nil {
			t.Fatal(err)
		}
		if after := everything(t, s); after != before {
			t.Fatalf("to look has changed something:\n%s\nnow\n%s", before, after)
		}

		for _, c := range containers {
			if gone[filepath.Base(c)] {
				err = errors.Join(err, os.RemoveAll(c))
			}
		}
		var got [3][]Event
		for _, ref := range refs {
			events, rerr := s.Remove(t.Context(), ref, force)
			if got[0] = append(got[0], events...); rerr != nil {
				failed--
			}
		}
		got[1], perr = s.Prune(t.Context(), ids(unused))
		got[2], cerr = s.PruneCache(t.Context(), o)
		if err := errors.Join(err, perr, cerr); err != nil || failed != 0 {
			t.Fatalf("%v, failures that were not foreseen: %d", err, -failed)
		}
		for i := range got {
			if g, w := sorted(got[i]), sorted(want[i]); !slices.Equal(g, w) {
				t.Fatalf("step %d\n%s\nforeseen\n%s", i, strings.Join(g, "\n"), strings.Join(w, "\n"))
			}
			for _, e := range got[i] {
				freed += e.Bytes
			}
		}
	}
	if freed == 0 {
		t.Error("nothing was freed: this proves nothing")
	}
}

func ids(list []Image) (out []string) {
	for i := range list {
		out = append(out, list[i].ID)
	}
	return out
}
