package selection

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

func withCache(t testing.TB, root *os.File, file string) (string, *Cache) {
	t.Helper()
	c, err := OpenCache(file)
	if err != nil {
		t.Fatal(err)
	}
	_, d, err := (&Tree{Root: root, Cache: c}).Select(t.Context(), Sources{Paths: []string{"/"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	return d, c
}

func without(t testing.TB, root *os.File) string {
	t.Helper()
	_, d, err := (&Tree{Root: root}).Select(t.Context(), Sources{Paths: []string{"/"}})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestCacheIsNeverWrong: whatever is done to files, as fast as it can be, the digest
// with the cache is that of all contents.
func TestCacheIsNeverWrong(t *testing.T) {
	root := plant(t, sample)
	file := filepath.Join(t.TempDir(), "cache")
	names := []string{"a.txt", "dir/x.go", "dir/sub/z.go"}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 300 {
		path := filepath.Join(root.Name(), names[r.IntN(len(names))])
		text := fmt.Appendf(nil, "%08d", r.IntN(1000)) // one size
		var err error
		switch r.IntN(4) {
		case 0:
			err = os.WriteFile(path, text, 0o644)
		case 1: // a new file in its place, with the old time
			var st os.FileInfo
			if st, err = os.Stat(path); err == nil {
				if err = os.WriteFile(path+"~", text, 0o644); err == nil {
					err = os.Chtimes(path+"~", st.ModTime(), st.ModTime())
				}
			}
			if err == nil {
				err = os.Rename(path+"~", path)
			}
		case 2: // written in place, and the time set back
			var st os.FileInfo
			if st, err = os.Stat(path); err == nil {
				if err = os.WriteFile(path, text, 0o644); err == nil {
					err = os.Chtimes(path, st.ModTime(), st.ModTime())
				}
			}
		case 3:
			time.Sleep(time.Duration(r.IntN(40)) * time.Millisecond)
		}
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := withCache(t, root, file); got != without(t, root) {
			t.Fatalf("step %d: the digest is that of something else", i)
		}
	}
}

// TestCacheServes: what is old enough is not read again, not even when it cannot be.
func TestCacheServes(t *testing.T) {
	root := plant(t, sample)
	file := filepath.Join(t.TempDir(), "cache")
	time.Sleep(2 * coarse)
	first, _ := withCache(t, root, file)
	_, c := withCache(t, root, file)
	if len(c.records) < 10 || c.dirty {
		t.Errorf("%d records, changed: %v", len(c.records), c.dirty)
	}
	// A digest that is wrong shows that it was taken from there.
	for _, r := range c.records {
		r.sum[0]++
	}
	c.dirty = true
	if err := c.Save(); err != nil {
		t.Fatal(err)
	}
	if d, _ := withCache(t, root, file); d == first {
		t.Error("the files were read")
	}
}

// TestTwoBuilds: what two builds learn of one context is kept.
func TestTwoBuilds(t *testing.T) {
	root := plant(t, sample)
	file := filepath.Join(t.TempDir(), "cache")
	time.Sleep(2 * coarse)
	var both []*Cache
	for _, path := range []string{"dir", "dir2"} {
		c, err := OpenCache(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, _, err := (&Tree{Root: root, Cache: c}).Select(t.Context(), Sources{Paths: []string{path}}); err != nil {
			t.Fatal(err)
		}
		both = append(both, c)
	}
	for _, c := range both {
		if err := c.Save(); err != nil {
			t.Fatal(err)
		}
	}
	c, err := OpenCache(file)
	if err != nil || c.records["dir/x.go"] == nil || c.records["dir2/x.go"] == nil {
		t.Errorf("%d records, %v", len(c.records), err)
	}
}

func TestYoungFilesAreNotKept(t *testing.T) {
	at := time.Unix(1000, 500)
	for _, c := range []struct {
		mtime, ctime time.Time
		want         bool
	}{
		{at.Add(-time.Second), at.Add(-time.Second), true},
		{at.Add(-time.Hour), at.Add(-time.Millisecond), false},
		{at, at.Add(-time.Hour), false},
		{at.Add(time.Hour), at.Add(-time.Hour), false}, // a time in the future
		{time.Unix(998, 0), time.Unix(998, 0), false},  // whole seconds only
		{time.Unix(990, 0), time.Unix(990, 0), true},
	} {
		if got := old(&build.Seen{Mtime: c.mtime.UnixNano(), Ctime: c.ctime.UnixNano()}, at); got != c.want {
			t.Errorf("%v %v: %v", c.mtime, c.ctime, got)
		}
	}
}

// TestDamagedCache: whatever is in the file, there is an answer, and it is right.
func TestDamagedCache(t *testing.T) {
	root := plant(t, sample)
	file := filepath.Join(t.TempDir(), "cache")
	time.Sleep(2 * coarse)
	want, _ := withCache(t, root, file)
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(whole); i += 7 {
		bad := bytes.Clone(whole)
		bad[i] ^= 0x40
		for _, b := range [][]byte{bad, whole[:i]} {
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := OpenCache(file)
			if err != nil {
				t.Fatal(err)
			}
			if len(c.records) > 0 {
				t.Fatalf("byte %d: %d records of a damaged file", i, len(c.records))
			}
		}
	}
	if got, _ := withCache(t, root, file); got != want {
		t.Error("another digest")
	}
}

func FuzzCacheFile(f *testing.F) {
	f.Add([]byte(magic))
	c := &Cache{records: map[string]*record{"a": {}, "b/c": {dev: 1}}}
	f.Add(c.format())
	f.Fuzz(func(t *testing.T, b []byte) {
		c := &Cache{records: map[string]*record{}}
		if c.parse(b) {
			again := &Cache{records: map[string]*record{}}
			if !again.parse(c.format()) || len(again.records) != len(c.records) {
				t.Error("what was read cannot be written")
			}
		}
	})
}

// BenchmarkUnchanged is the look at a context of 10,000 files that nobody changed.
func BenchmarkUnchanged(b *testing.B) {
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
	time.Sleep(2 * coarse)
	root, err := os.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	defer root.Close()
	file := filepath.Join(b.TempDir(), "cache")
	want, _ := withCache(b, root, file)
	for b.Loop() {
		if got, c := withCache(b, root, file); got != want || c.dirty {
			b.Fatal("it changed")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/op")
}
