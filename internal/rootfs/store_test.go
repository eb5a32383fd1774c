package rootfs

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

func openStore(t *testing.T, dir string) *Store {
	t.Helper()
	s, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// small is an archive of a tiny root file system.
func small(t testing.TB) []byte {
	return archive(t, []tar.Header{folder("./"), folder("./bin"), file("./bin/sh"), link("./sh", "bin/sh"), hard("./bin/ash", "./bin/sh")})
}

func write(t *testing.T, path string, b []byte) string {
	t.Helper()
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// prepare is Prepare, closed with the test.
func prepare(t *testing.T, s *Store, path string) *Root {
	t.Helper()
	r, err := s.Prepare(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func isSmall(t *testing.T, r *Root) {
	t.Helper()
	for name, want := range map[string]string{"bin/sh": "evil", "sh": "evil", "bin/ash": "evil"} {
		if b, err := os.ReadFile(filepath.Join(r.Lower, name)); err != nil || string(b) != want {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
}

// noLeftovers fails when the store holds something half done.
func noLeftovers(t *testing.T, s *Store) {
	t.Helper()
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "tmp-") {
			t.Errorf("%s is left", e.Name())
		}
	}
}

func TestFormats(t *testing.T) {
	plain := small(t)
	compress := func(open func(io.Writer) (io.WriteCloser, error)) []byte {
		var b bytes.Buffer
		w, err := open(&b)
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Write(plain)
		if err := errors.Join(err, w.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	s := openStore(t, t.TempDir())
	for name, b := range map[string][]byte{
		"a.tar":           plain,
		"a.tar.gz":        compress(func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil }),
		"a.tar.xz":        compress(func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) }),
		"named wrong.tgz": compress(func(w io.Writer) (io.WriteCloser, error) { return zstd.NewWriter(w) }),
		"no suffix":       append(plain, "and something after the end"...),
	} {
		t.Run(name, func(t *testing.T) {
			isSmall(t, prepare(t, s, write(t, filepath.Join(t.TempDir(), name), b)))
		})
	}
	noLeftovers(t, s)
}

func TestDirectoryIsUsedInPlace(t *testing.T) {
	s := openStore(t, t.TempDir())
	dir := t.TempDir()
	if err := os.Symlink(dir, filepath.Join(s.dir, "link")); err != nil {
		t.Fatal(err)
	}
	r := prepare(t, s, filepath.Join(s.dir, "link"))
	if want, _ := filepath.EvalSymlinks(dir); r.Lower != want || r.Digest != "" {
		t.Errorf("%+v, want the directory %s", r, want)
	}
}

func TestRefusedPaths(t *testing.T) {
	s := openStore(t, t.TempDir())
	dir := t.TempDir()
	if err := unix.Mkfifo(dir+"/fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir+"/zip", []byte("PK\x03\x04 and so on"))
	write(t, dir+"/text", bytes.Repeat([]byte("x"), 2000))
	write(t, dir+"/cut.gz", []byte("\x1f\x8b\x08"))
	write(t, dir+"/empty", nil)
	for name, want := range map[string]string{
		"absent": "name a directory or a .tar", "fifo": "neither a directory nor a file", "zip": "zip archive",
		"text": "after 0 entries", "cut.gz": "EOF", "empty": "no entries",
	} {
		_, err := s.Prepare(t.Context(), filepath.Join(dir, name))
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v, want an error that says %q", name, err, want)
		}
	}
	noLeftovers(t, s)
}

func TestConcurrentCallersUnpackOnce(t *testing.T) {
	dir := t.TempDir()
	path := write(t, t.TempDir()+"/a.tar", small(t))
	stores := []*Store{openStore(t, dir), openStore(t, dir)}
	inodes := make([]uint64, 16)
	var wg sync.WaitGroup
	for i := range inodes {
		wg.Go(func() {
			r, err := stores[i%2].Prepare(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			defer r.Close()
			var st unix.Stat_t
			if err := unix.Stat(r.Lower, &st); err != nil {
				t.Error(err)
			}
			inodes[i] = st.Ino
		})
	}
	wg.Wait()
	for _, ino := range inodes {
		if ino != inodes[0] {
			t.Errorf("unpacked more than once: inodes %v", inodes)
		}
	}
	noLeftovers(t, stores[0])
}

func TestSecondStartDoesNotHash(t *testing.T) {
	s := openStore(t, t.TempDir())
	path := write(t, t.TempDir()+"/a.tar", small(t))
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	time.Sleep(2 * settled) // so that the file's time tells a later change
	first, err := s.digest(t.Context(), f)
	if err != nil {
		t.Fatal(err)
	}
	// The descriptor stands at the end now: hashing would give another digest.
	second, err := s.digest(t.Context(), f)
	if err != nil || second != first {
		t.Errorf("%s, %v, want %s out of the index", second, err, first)
	}
	write(t, path, append(small(t), "changed"...))
	g, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	if third, err := s.digest(t.Context(), g); err != nil || third == first {
		t.Errorf("a changed file still has digest %s (%v)", third, err)
	}
}

// TestFreshFileIsHashedAgain: a file that changed within the resolution of its
// time could change again unseen, so it is not put into the index.
func TestFreshFileIsHashedAgain(t *testing.T) {
	s := openStore(t, t.TempDir())
	for range 20 {
		start := time.Now()
		prepare(t, s, write(t, t.TempDir()+"/a.tar", small(t)))
		if time.Since(start) > settled {
			continue // a slow moment: the file was not fresh any more
		}
		entries, err := os.ReadDir(s.path("index"))
		if err != nil || len(entries) != 0 {
			t.Errorf("index holds %v, %v", entries, err)
		}
		return
	}
	t.Skip("this machine is too slow to hash a file within 100 ms of its writing")
}

func TestLeftoversOfAKilledUnpack(t *testing.T) {
	s := openStore(t, t.TempDir())
	path := write(t, t.TempDir()+"/a.tar", small(t))
	r := prepare(t, s, path)
	key := r.Digest
	r.Close()
	if gone, err := s.Prune(nil); err != nil || len(gone) != 1 || gone[0] != key {
		t.Fatalf("pruned %v, %v", gone, err)
	}
	// As after a kill in the middle: half a tree, closed, under the temporary name;
	// and a tree whose record never came.
	for _, d := range []string{"tmp-" + key, key} {
		if err := os.MkdirAll(s.path(d, "fs", "half"), 0o755); err != nil {
			t.Fatal(err)
		}
		write(t, s.path(d, "fs", "half", "junk"), []byte("junk"))
		if err := os.Chmod(s.path(d, "fs", "half"), 0); err != nil {
			t.Fatal(err)
		}
	}
	r = prepare(t, s, path)
	isSmall(t, r)
	if _, err := os.Lstat(filepath.Join(r.Lower, "half")); err == nil {
		t.Error("the leftover became part of the tree")
	}
	noLeftovers(t, s)
}

func TestPrune(t *testing.T) {
	s := openStore(t, t.TempDir())
	dir := t.TempDir()
	var roots []*Root
	for i, name := range []string{"used", "named", "free"} {
		roots = append(roots, prepare(t, s, write(t, filepath.Join(dir, name), append(small(t), byte(i)))))
	}
	roots[1].Close()
	roots[2].Close()
	if err := os.MkdirAll(s.path("tmp-"+strings.Repeat("0", 64), "fs"), 0o755); err != nil {
		t.Fatal(err)
	}
	other := openStore(t, s.dir)
	gone, err := other.Prune([]string{roots[1].Digest})
	if err != nil || len(gone) != 1 || gone[0] != roots[2].Digest {
		t.Errorf("pruned %v, %v, want %s", gone, err, roots[2].Digest)
	}
	isSmall(t, roots[0])
	isSmall(t, roots[1])
	if _, err := os.Stat(roots[2].Lower); err == nil {
		t.Error("a free tree was reported as pruned and is there")
	}
	noLeftovers(t, s)
}

func TestCancelled(t *testing.T) {
	s := openStore(t, t.TempDir())
	path := write(t, t.TempDir()+"/a.tar", small(t))
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("ctrl-c")
	cancel(why)
	if _, err := s.Prepare(ctx, path); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	noLeftovers(t, s)
	// While another process unpacks.
	r := prepare(t, s, path)
	key := r.Digest
	r.Close()
	lock, err := state.WaitLock(t.Context(), s.path("locks", key), unix.LOCK_EX)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prepare(ctx, path); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
	lock.Close()
	isSmall(t, prepare(t, s, path))
}

func TestChangingFile(t *testing.T) {
	s := openStore(t, t.TempDir())
	f, err := os.Open(write(t, t.TempDir()+"/a.tar", small(t)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	digest := strings.Repeat("0", 64) // what it had when it was hashed
	if _, err := s.share(t.Context(), f, digest); err == nil || !strings.Contains(err.Error(), "changed while") {
		t.Errorf("%v", err)
	}
	noLeftovers(t, s)
	if s.published(s.key(digest)) {
		t.Error("published under a wrong digest")
	}
}
