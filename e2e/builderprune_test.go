package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// TestBuilderPrune: what a build keeps is counted and taken away; an image that
// was built stays whole, and the next build begins anew.
func TestBuilderPrune(t *testing.T) {
	s := begin(t, "services:\n  a:\n    build: .\n    command: cat /kept\n")
	s.withBase()
	file := "FROM base:1\nRUN --mount=type=cache,target=/cache dd if=/dev/zero of=/cache/z bs=1000 count=100 2>/dev/null && echo kept > /kept\n" +
		"FROM base:1\nRUN dd if=/dev/zero of=/left bs=1000 count=300 2>/dev/null\nRUN rm /left\nCOPY --from=0 /kept /kept\n"
	if err := os.WriteFile(filepath.Join(s.dir, "Dockerfile"), []byte(file), 0o644); err != nil {
		t.Fatal(err)
	}
	s.must("build", "-q")
	before := s.df()
	if !strings.Contains(before, "Build Cache") || strings.Contains(before, "Build Cache 0") {
		t.Errorf("df: %s", before)
	}
	if out := s.must("system", "df", "-v"); !strings.Contains(out, "exec.cachemount") || !strings.Contains(out, "regular") {
		t.Errorf("df -v:\n%s", out)
	}
	if made, _ := s.steps(); len(made) > 0 {
		t.Errorf("made again: %q", made)
	}
	s.must("image", "prune", "-f") // leaves the cache alone
	if made, _ := s.steps(); len(made) > 0 {
		t.Errorf("after image prune: %q", made)
	}
	out := s.must("builder", "prune", "-f")
	if !strings.Contains(out, "Deleted build cache objects:") || strings.Contains(out, "Total reclaimed space: 0B") {
		t.Errorf("builder prune:\n%s", out)
	}
	if out := s.must("run", "--rm", "a"); out != "kept\n" {
		t.Errorf("the image prints %q", out)
	}
	s.must("builder", "prune", "-af")
	if got := s.df(); !strings.HasSuffix(got, "Build Cache 0 0 0B 0B") {
		t.Errorf("after all: %s", got)
	}
	if made, _ := s.steps(); len(made) != 4 {
		t.Errorf("after builder prune -a these were made: %q", made)
	}
}

// TestBuildsBesidePrunes: builds, loads and saves succeed while others prune all
// that they can, and what was built is whole.
func TestBuildsBesidePrunes(t *testing.T) {
	s := begin(t, "services:\n  keeps:\n    image: base:1\n    command: sleep 1000\n")
	s.withBase()
	s.must("up", "-d") // its image stays
	s.image("extra.tar", "extra:1", imagetest.Config{})
	var wg sync.WaitGroup
	run := func(rounds int, args ...string) {
		wg.Go(func() {
			for range rounds {
				if r := s.compose(args...); r.code != 0 {
					t.Errorf("%s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.stdout, r.stderr)
				}
			}
		})
	}
	for n := range 3 {
		name := fmt.Sprint("b", n)
		if err := os.Mkdir(filepath.Join(s.dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		compose := fmt.Sprintf("services:\n  %s:\n    image: built:%d\n    build:\n      dockerfile_inline: |\n        FROM base:1\n        RUN echo shared > /shared\n        RUN echo %d > /own\n        WORKDIR /a/b\n", name, n, n)
		if err := os.WriteFile(filepath.Join(s.dir, name, "compose.yaml"), []byte(compose), 0o644); err != nil {
			t.Fatal(err)
		}
		run(2, "-f", name+"/compose.yaml", "build", "-q")
	}
	run(3, "image", "load", "-q", "-i", "extra.tar")
	run(3, "image", "save", "-o", "saved.tar", "base:1")
	run(4, "builder", "prune", "-af")
	run(4, "system", "prune", "-f")
	wg.Wait()
	for n := range 3 {
		if out := s.must("-f", fmt.Sprintf("b%d/compose.yaml", n), "run", "--rm", fmt.Sprint("b", n), "cat", "/shared", "/own"); out != fmt.Sprintf("shared\n%d\n", n) {
			t.Errorf("built:%d has %q", n, out)
		}
	}
}
