package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// TestUpBesidePrunes: up and run succeed while others take all images away that no
// container has: what up has got stays until its container has it.
func TestUpBesidePrunes(t *testing.T) {
	s := begin(t, "services:\n  keeps:\n    image: base:1\n    command: sleep 1000\n")
	s.withBase()
	s.must("up", "-d") // its image stays
	var files []string
	for n := range 2 {
		name := fmt.Sprint("b", n)
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		service := fmt.Sprintf("    image: built:%d\n    stop_grace_period: 0s\n    command: sh -c 'cat /own; exec sleep 1000'\n    build:\n      dockerfile_inline: |\n        FROM base:1\n        RUN echo own > /own\n        LABEL n=%d\n", n, n)
		s.write(name+"/compose.yaml", "services:\n  a:\n"+service)
		files = append(files, name+"/compose.yaml")
	}
	var ups, prunes sync.WaitGroup
	var over atomic.Bool
	must := func(args ...string) string {
		r := s.compose(args...)
		if r.code != 0 {
			t.Errorf("%s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
		}
		return r.stdout
	}
	for _, args := range [][]string{{"image", "prune", "-af"}, {"system", "prune", "-af"}} {
		prunes.Go(func() {
			for !over.Load() {
				must(args...)
			}
		})
	}
	for n, f := range files {
		ups.Go(func() {
			must := func(args ...string) string {
				return must(append([]string{"-p", fmt.Sprint(s.project, "-", n), "-f", f}, args...)...)
			}
			for range 4 {
				must("up", "-d", "--quiet-build")
				must("down", "-t", "0")
				if out := must("run", "--rm", "-q", "a", "cat", "/own"); out != "own\n" {
					t.Errorf("run prints %q", out)
				}
			}
			must("down", "-t", "0")
		})
	}
	ups.Wait()
	over.Store(true)
	prunes.Wait()
}
