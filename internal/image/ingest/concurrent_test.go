package ingest

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image"
)

// TestConcurrent: twenty at a time load, remove, prune and use images that share
// layers. What is in use stays whole until it is given back.
func TestConcurrent(t *testing.T) {
	h := newHere(t)
	archives := t.TempDir()
	wants := map[string]struct{ path string }{}
	for i, layers := range []int{2, 3} { // the first two layers are the same
		name := fmt.Sprintf("demo:%d", i)
		path := filepath.Join(archives, fmt.Sprint(i))
		many(name, layers, 0).WriteDockerArchive(t, path)
		wants[name] = struct{ path string }{path}
	}
	images := map[string]int{"demo:0": 2, "demo:1": 3}
	var wg sync.WaitGroup
	used := 0
	var mu sync.Mutex
	for worker := range 20 {
		wg.Go(func() {
			for range 6 {
				name := fmt.Sprintf("demo:%d", rand.N(2))
				var err error
				switch rand.N(5) {
				case 0, 1:
					err = h.another(t, wants[name].path)
				case 2:
					_, err = h.store.Remove(t.Context(), name, rand.N(2) == 0)
					var missing *image.NotFoundError
					if errors.As(err, &missing) || inUseError(err) {
						err = nil
					}
				case 3:
					var list []image.Image
					if list, err = h.store.Unused(t.Context(), true); err == nil {
						var ids []string
						for _, i := range list {
							ids = append(ids, i.ID)
						}
						_, err = h.store.Prune(t.Context(), ids)
					}
				case 4:
					var ok bool
					if ok, err = h.use(t, name, images[name], worker); ok {
						mu.Lock()
						used++
						mu.Unlock()
					}
				}
				if err != nil {
					t.Errorf("worker %d, %s: %v", worker, name, err)
				}
			}
		})
	}
	wg.Wait()
	for _, w := range wants {
		if err := h.another(t, w.path); err != nil {
			t.Error(err)
		}
	}
	h.noLeftovers(t)
	if list, err := h.store.List(); len(list) != 2 || err != nil {
		t.Errorf("%v %v", list, err)
	}
	t.Logf("an image was in use %d times", used)
}

func inUseError(err error) bool {
	return err != nil && len(err.Error()) > 8 && err.Error()[:8] == "conflict"
}

// another loads as another process would: with files of its own.
func (h *here) another(t *testing.T, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	l := *h.loader
	if l.store, err = image.Open(h.dir); err != nil {
		return err
	}
	return l.load(t.Context(), &input{file: f}, &image.Request{})
}

// use is a container that looks at its layers for a while.
func (h *here) use(t *testing.T, name string, layers, worker int) (bool, error) {
	img, err := h.store.Find(name)
	var missing *image.NotFoundError
	if errors.As(err, &missing) {
		return false, nil
	}
	holder := filepath.Join(filepath.Dir(h.dir), "p", "x", "c", fmt.Sprint("c", worker))
	if err := os.MkdirAll(holder, 0o700); err != nil {
		return false, err
	}
	root, err := h.store.Use(t.Context(), img.ID, holder)
	if errors.As(err, &missing) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for end := time.Now().Add(rand.N(30 * time.Millisecond)); ; {
		if len(root.Lower) != layers {
			return false, fmt.Errorf("%d layers", len(root.Lower))
		}
		for n, dir := range root.Lower {
			files, err := os.ReadDir(filepath.Join(dir, fmt.Sprintf("l%d", layers-1-n)))
			if err != nil || len(files) != filesPerLayer {
				return false, fmt.Errorf("in use, but: %d files, %w", len(files), err)
			}
		}
		if time.Now().After(end) {
			break
		}
	}
	return true, image.Unuse(holder)
}
