package copying

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/selection"
)

// BenchmarkCopy copies 10,000 small files of a context.
func BenchmarkCopy(b *testing.B) {
	dir := b.TempDir()
	for i := range 10_000 {
		path := filepath.Join(dir, fmt.Sprintf("d%d/e%d", i%20, i%200), fmt.Sprint("file", i, ".go"))
		if i < 200 {
			if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
				b.Fatal(err)
			}
		}
		if err := os.WriteFile(path, []byte(path), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	src, err := os.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer src.Close()
	c := &build.Copy{Paths: []string{"/"}, Dest: "/x"}
	entries, _, err := (&selection.Tree{Root: src}).Select(b.Context(), selection.Of(c))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		b.StopTimer()
		root, err := os.Open(b.TempDir())
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if _, err := Copy(b.Context(), &build.CopyJob{Copy: c, Dir: src, Entries: entries}, Options{Root: root}); err != nil {
			b.Fatal(err)
		}
		root.Close()
	}
}
