package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
