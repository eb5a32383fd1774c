package layer

import (
	"archive/tar"
	"io"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
)

// repeated is the same blocks n times, then the end of an archive.
type repeated struct {
	one  []byte
	n    int
	rest []byte
}

func (r *repeated) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		switch {
		case r.n > 0:
			r.n, r.rest = r.n-1, r.one
		case r.n == 0:
			r.n, r.rest = -1, make([]byte, 1024)
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// blocks are the entries without an end.
func blocks(t *testing.T, entries ...tar.Header) []byte {
	b := archive(t, entries)
	return b[:len(b)-1024]
}

// TestManyEntries: 10^6 entries are unpacked, or refused where they are more than
// the limit, and memory does not grow with them.
func TestManyEntries(t *testing.T) {
	dir := hazard.Xattr(folder("d"), "user.x", strings.Repeat("v", 1000))
	for _, c := range []struct {
		name    string
		one     []byte
		n       int
		limit   int
		refused bool
	}{
		{"10^6 entries that are nothing", blocks(t, hazard.Whiteout(".wh..wh.aufs")), 1_000_000, 1_000_000, false},
		{"one more than the limit", blocks(t, hazard.Whiteout(".wh..wh.aufs")), 1_000_001, 1_000_000, true},
		{"30,000 times one directory with an attribute", blocks(t, dir), 30_000, 1_000_000, false},
		{"30,000 times one file", blocks(t, file("f")), 30_000, 1_000_000, false},
		{"20,000 times a whiteout and a directory", blocks(t, hazard.Whiteout(".wh.d"), folder("d")), 20_000, 1_000_000, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			root, err := os.Open(inMemory(t))
			if err != nil {
				t.Fatal(err)
			}
			defer root.Close()
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			_, err = Unpack(t.Context(), &repeated{one: c.one, n: c.n}, root, Options{Single: os.Getuid() != 0, Limits: Limits{c.limit, 4 << 30}})
			if (err != nil) != c.refused {
				t.Errorf("refused: %t (%v), want %t", err != nil, err, c.refused)
			}
			runtime.ReadMemStats(&after)
			if grown := after.Sys - before.Sys; grown > 64<<20 {
				t.Errorf("memory grew by %d MiB", grown>>20)
			}
		})
	}
}

// inMemory is a directory, if possible not on a disk: where many files were
// deleted, ext4 takes long to make one.
func inMemory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "layer-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// TestNamesAreBounded: directories keep their paths until the end.
func TestNamesAreBounded(t *testing.T) {
	u := &unpacker{dirs: map[inode]*directory{}}
	long := strings.Repeat("d/", 2000)
	n := uint64(0)
	for ; n < 1_000_000; n++ {
		if err := u.pending(inode{1, n}, &directory{path: long}); err != nil {
			break
		}
	}
	if n*uint64(len(long)) > maxNames {
		t.Errorf("%d paths of %d bytes", n, len(long))
	}
	u = &unpacker{dirs: map[inode]*directory{}}
	for range 1_000_000 {
		if err := u.pending(inode{1, 1}, &directory{path: "the same"}); err != nil {
			t.Fatal(err)
		}
	}
	if u.names != len("the same") {
		t.Errorf("one path counts as %d bytes", u.names)
	}
}
