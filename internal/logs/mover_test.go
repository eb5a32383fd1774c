package logs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// ways are both ways of moving.
var ways = []struct {
	name     string
	noSplice bool
}{{"splice", false}, {"copy", true}}

func TestMovesBytesAsTheyAre(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			root := t.TempDir()
			m := openMover(t, root, MoverOptions{NoSplice: way.noSplice})
			s := addService(t, m, root, "web-1", 0, 0)
			garbage := make([]byte, 8<<20)
			rng := rand.New(rand.NewPCG(1, 2))
			for i := range garbage {
				garbage[i] = byte(rng.Uint32())
			}
			for rest := garbage; len(rest) > 0; {
				n := min(len(rest), 1+rng.IntN(200_000))
				if _, err := s.stdout.Write(rest[:n]); err != nil {
					t.Fatal(err)
				}
				rest = rest[n:]
			}
			drainAll(t, m, s.dir)
			if got := stored(t, s.dir, "stdout"); sha256.Sum256(got) != sha256.Sum256(garbage) {
				t.Fatalf("stored %d bytes that differ from the %d written", len(got), len(garbage))
			}
			var out bytes.Buffer
			err := Print(t.Context(), &out, &out, []Source{sourceOf(s)}, Query{Tail: -1}, Format{Raw: true, Prefix: true, Terminal: true})
			if err != nil || !bytes.Equal(out.Bytes(), garbage) {
				t.Fatalf("--raw printed %d bytes that differ from the %d written (%v)", out.Len(), len(garbage), err)
			}
			checkIndexes(t, s.dir, map[uint64]string{})
		})
	}
}

func TestRotationKeepsTheNewest(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			root := t.TempDir()
			log := newEventLog()
			m := openMover(t, root, MoverOptions{Report: log.add, NoSplice: way.noSplice})
			s := addService(t, m, root, "web-1", 8<<10, 3)
			var all strings.Builder
			for i := range 20_000 {
				fmt.Fprintf(&all, "line %d\n", i)
			}
			if _, err := s.stdout.WriteString(all.String()); err != nil {
				t.Fatal(err)
			}
			drainAll(t, m, s.dir)
			got := stored(t, s.dir, "stdout")
			if !strings.HasSuffix(all.String(), string(got)) || len(got) < 16<<10 || len(got) > 24<<10 {
				t.Fatalf("%d bytes are kept, wanted the last 16 to 24 KiB", len(got))
			}
			n, removed := log.count(Rotated)
			if int(removed)+len(got) != all.Len() || n == 0 {
				t.Errorf("%d bytes in %d segments reported as removed and %d kept, of %d", removed, n, len(got), all.Len())
			}
			checkIndexes(t, s.dir, map[uint64]string{})
		})
	}
}

func TestAnotherMoverGoesOn(t *testing.T) {
	root := t.TempDir()
	dir := logDir(root, "db-1")
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	var want string
	for i := range 30 {
		m, err := OpenMover(root, MoverOptions{NoSplice: i%3 == 2})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := OpenMover(root, MoverOptions{}); err == nil {
			t.Fatal("two movers of one project")
		}
		if err := m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r, Bounds: Bounds{MaxSize: 4096, MaxFiles: 1000}}); err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat(fmt.Sprintf("round %d\n", i), 50)
		want += text
		if _, err := w.WriteString(text); err != nil {
			t.Fatal(err)
		}
		drainAll(t, m, dir)
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if err := m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r}); !errors.Is(err, ErrClosed) {
			t.Fatalf("Add to a closed mover: %v", err)
		}
	}
	if got := string(stored(t, dir, "stdout")); got != want {
		t.Fatalf("stored %d bytes, wrote %d", len(got), len(want))
	}
	checkIndexes(t, dir, map[uint64]string{})
}

// kills are states of the files between two steps of the mover.
var kills = []struct {
	name  string
	leave func(t *testing.T, dir string)
}{
	{"index made, log not", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 2), "")
	}},
	{"index made and allocated, log not", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 2), string(make([]byte, windowSize)))
	}},
	{"log made", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 2), string(record{seq: indexMagic, wall: 6}.encode()))
		writeFile(t, dir+"/"+logFile("stdout", 2), "")
	}},
	{"oldest log removed, index not", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 2), string(record{seq: indexMagic, wall: 6}.encode()))
		writeFile(t, dir+"/"+logFile("stdout", 2), "")
		if err := os.Remove(dir + "/" + logFile("stdout", 1)); err != nil {
			t.Fatal(err)
		}
	}},
	{"index grown, record not stored", func(t *testing.T, dir string) {
		if err := os.Truncate(dir+"/"+indexFile("stdout", 1), 2*int64(windowSize)); err != nil {
			t.Fatal(err)
		}
	}},
	{"record half stored", func(t *testing.T, dir string) {
		overwrite(t, dir+"/"+indexFile("stdout", 1), 2*recordSize, record{wall: 1, offset: 6}.encode())
	}},
	{"record stored, nothing moved", func(t *testing.T, dir string) {
		overwrite(t, dir+"/"+indexFile("stdout", 1), 2*recordSize, record{seq: 2, wall: 1, offset: 6}.encode())
	}},
	{"record over an empty one half stored", func(t *testing.T, dir string) {
		overwrite(t, dir+"/"+indexFile("stdout", 1), 2*recordSize, record{seq: 2, wall: 7, offset: 6}.encode())
	}},
	{"index cut to its records", func(t *testing.T, dir string) {
		if err := os.Truncate(dir+"/"+indexFile("stdout", 1), 2*recordSize); err != nil {
			t.Fatal(err)
		}
	}},
}

func TestAdoptsWhatAKillLeft(t *testing.T) {
	for _, c := range kills {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			m := openMover(t, root, MoverOptions{})
			dir := logDir(root, "a-1")
			w := addStream(t, m, Stream{Dir: dir, Name: "stdout"})
			put(t, m, &service{dir: dir}, w, "first\n")
			m.Close()
			c.leave(t, dir)
			before := string(stored(t, dir, "stdout"))
			m = openMover(t, root, MoverOptions{})
			w = addStream(t, m, Stream{Dir: dir, Name: "stdout"})
			put(t, m, &service{dir: dir}, w, "second\n")
			if got := string(stored(t, dir, "stdout")); got != before+"second\n" {
				t.Errorf("stored %q", got)
			}
			checkIndexes(t, dir, map[uint64]string{})
		})
	}
}

func overwrite(t *testing.T, path string, at int64, b []byte) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteAt(b, at); err != nil {
		t.Fatal(err)
	}
}

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A mapping without a file behind it raises SIGBUS; the mover must go on.
func TestIndexMappingThatFails(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 0, 0)
	put(t, m, s, s.stdout, "one\n")
	put(t, m, s, s.stderr, "other\n") // so that the next one needs a record
	if err := os.Truncate(s.dir+"/"+indexFile("stdout", 1), 0); err != nil {
		t.Fatal(err)
	}
	put(t, m, s, s.stdout, "two\n")
	if got := string(stored(t, s.dir, "stdout")); got != "one\ntwo\n" {
		t.Fatalf("stored %q", got)
	}
}

func TestDirectoryRemovedUnderIt(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 4096, 10)
	put(t, m, s, s.stdout, "gone\n")
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	text := benchLines(8192)
	put(t, m, s, s.stdout, string(text)) // rotates
	if got := stored(t, s.dir, "stdout"); len(got) == 0 || !bytes.HasSuffix(text, got) {
		t.Errorf("stored %d bytes", len(got))
	}
}

func TestIndexGrows(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 1<<30, 0)
	want := ""
	n := 3 * windowSize / recordSize
	for i := range n {
		line := fmt.Sprintf("%d\n", i)
		put(t, m, s, s.stdout, line)
		put(t, m, s, s.stderr, line) // forces a record for each
		want += line
	}
	if got := string(stored(t, s.dir, "stdout")); got != want {
		t.Fatalf("stored %d bytes, wrote %d", len(got), len(want))
	}
	g, err := openSegment(s.dir, "stdout", 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer g.close()
	if have := g.index.count(); have != n {
		t.Errorf("%d records for %d moves", have, n)
	}
	checkIndexes(t, s.dir, map[uint64]string{})
}

func TestDrainEndsWithItsContext(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	dir := logDir(root, "a-1")
	w := addStream(t, m, Stream{Dir: dir, Name: "stdout"})
	if err := m.Drain(ctx, dir); err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := m.Drain(t.Context(), "/no/such/directory"); err != nil {
		t.Fatal(err)
	}
	m.Remove(dir)
	m.Remove(dir)
	if _, err := w.WriteString("nobody moves this\n"); err != nil {
		t.Fatal(err)
	}
	drainAll(t, m, dir)
	if got := stored(t, dir, "stdout"); len(got) != 0 {
		t.Fatalf("a removed stream stored %q", got)
	}
}

func TestEndOfWriters(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	dir := logDir(root, "a-1")
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r}); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := w.WriteString("last words"); err != nil {
		t.Fatal(err)
	}
	w.Close()
	drainAll(t, m, dir)
	if got := string(stored(t, dir, "stdout")); got != "last words" {
		t.Fatalf("stored %q", got)
	}
}

func TestNewPipe(t *testing.T) {
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for _, f := range []*os.File{r, w} {
		fd := f.Fd()
		if flags, err := unix.FcntlInt(fd, unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
			t.Errorf("%s: not close-on-exec (%v)", f.Name(), err)
		}
	}
	if flags, err := unix.FcntlInt(w.Fd(), unix.F_GETFL, 0); err != nil || flags&unix.O_NONBLOCK != 0 {
		t.Errorf("services would see a non-blocking pipe (%v)", err)
	}
}
