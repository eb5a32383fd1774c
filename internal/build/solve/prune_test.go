package solve_test

import (
	"fmt"
	"os"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/image"
)

// Whoever removes the cache beside a build costs it time and nothing else: what the
// build has found or made stays until it has ended.
func TestBuildBesidePrune(t *testing.T) {
	s := newSite(t, map[string]string{"src/f": "file"})
	if s == nil {
		return
	}
	stop := make(chan struct{})
	var pruning sync.WaitGroup
	rounds := 0
	pruning.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			req := s.store.Request(image.OpPruneCache, func(r *image.Request) { r.Cache = &image.CacheOptions{All: true} })
			if err := s.store.Run(t.Context(), req, os.Stdin, func(*image.Message) {}); err != nil {
				t.Errorf("prune: %v", err)
				return
			}
			rounds++
		}
	})
	var building sync.WaitGroup
	for n := range 3 {
		building.Go(func() {
			for i := range 3 {
				text := killedFile + fmt.Sprintf("RUN echo %d %d; cat /all\n", n, i)
				d, err := s.build(t.Context(), text)
				if err != nil {
					t.Errorf("build %d: %v\n%s", n, err, d.output)
					return
				}
				if want := fmt.Sprintf("%d %d\na\naa\nb\nfile", n, i); d.output[max(0, len(d.output)-len(want)):] != want {
					t.Errorf("it says %q, want %q", d.output, want)
				}
			}
		})
	}
	building.Wait()
	close(stop)
	pruning.Wait()
	if rounds == 0 {
		t.Error("nothing was pruned meanwhile")
	}
}
