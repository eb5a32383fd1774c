package harvest

import (
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// bigTree is as an installation of packages leaves it: many files of some kilobytes,
// and a few large ones.
func bigTree(b *testing.B, files, size int) string {
	b.Helper()
	dir := b.TempDir()
	buf := make([]byte, size)
	r := rand.NewChaCha8([32]byte{})
	for i := range files {
		path := filepath.Join(dir, fmt.Sprintf("d%d", i%100), fmt.Sprint("f", i))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		_, _ = r.Read(buf)
		if err := os.WriteFile(path, buf, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// BenchmarkLayer against BenchmarkHash, which only reads and hashes the same bytes.
func BenchmarkLayer(b *testing.B) {
	dir := bigTree(b, 5000, 20<<10)
	b.SetBytes(5000 * 20 << 10)
	for b.Loop() {
		f, err := os.Open(dir)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Layer(b.Context(), f, Options{}); err != nil {
			b.Fatal(err)
		}
		f.Close()
	}
}

func BenchmarkHash(b *testing.B) {
	dir := bigTree(b, 5000, 20<<10)
	b.SetBytes(5000 * 20 << 10)
	for b.Loop() {
		h := sha256.New()
		paths, _ := filepath.Glob(dir + "/*/*")
		for _, p := range paths {
			f, err := os.Open(p)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(h, f); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	}
}
