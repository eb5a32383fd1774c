package locate

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestFindWithoutFile: what is known is told with ErrNoFile, for commands that
// need a name only.
func TestFindWithoutFile(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, ".env"), []byte("COMPOSE_PROJECT_NAME=shop\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	r, err := Find(Query{Cwd: dir})
	if len(r.Files) > 0 {
		t.Skipf("a directory above %s has %v", dir, r.Files)
	}
	if !errors.Is(err, ErrNoFile) || r.Name != "shop" || r.Dir != dir || r.Cwd != dir {
		t.Errorf("%+v, %v", r, err)
	}
}

// BenchmarkFind is what a fast command pays to learn where its project is.
func BenchmarkFind(b *testing.B) {
	dir := b.TempDir()
	for _, name := range []string{"compose.yaml", ".env"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("A=1\n"), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	environ := os.Environ()
	for b.Loop() {
		if _, err := Find(Query{Cwd: dir, Environ: environ}); err != nil {
			b.Fatal(err)
		}
	}
}
