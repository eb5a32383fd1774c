package logs

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// A non-blocking stream on a full disk: its writer never waits, what is missing is
// counted to the byte, and it goes on when there is space again.
func TestNonBlockingLosesAndTells(t *testing.T) {
	if !inside(t, ownMounts()) {
		return
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			root := smallDisk(t, "size=1m")
			log := newEventLog()
			m := openMover(t, root, MoverOptions{Report: log.add, NoSplice: way.noSplice})
			writeFile(t, root+"/ballast", strings.Repeat("b", 800<<10))
			dir := logDir(root, "a-1")
			w := addStream(t, m, Stream{Dir: dir, Name: "stdout", Bounds: Bounds{MaxSize: 1 << 30, NonBlocking: true}})
			text := benchLines(2 << 20)
			if _, err := w.Write(text); err != nil { // hangs if it has to wait
				t.Fatal(err)
			}
			log.wait(t, Losing, 1)
			drainAll(t, m, dir)
			if err := os.Remove(root + "/ballast"); err != nil {
				t.Fatal(err)
			}
			put(t, m, &service{dir: dir}, w, "after\n")
			log.wait(t, Lost, 1)
			_, lost := log.count(Lost)
			got := stored(t, dir, "stdout")
			head := bytes.TrimSuffix(got, []byte("after\n"))
			if !bytes.HasPrefix(text, head) || len(head)+int(lost) != len(text) || len(head) == len(got) {
				t.Errorf("%d bytes stored and %d lost, of %d", len(got), lost, len(text))
			}
			if n, _ := log.count(Blocked); n != 0 {
				t.Errorf("blocked %d times", n)
			}
			checkIndexes(t, dir, map[uint64]string{})
		})
	}
}

// A reader that holds the log keeps nothing from being rotated away when the writer is
// not to wait.
func TestNonBlockingWaitsForNoReader(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	dir := logDir(root, "a-1")
	held, err := HoldAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	w := addStream(t, m, Stream{Dir: dir, Name: "stdout", Bounds: Bounds{MaxSize: 64 << 10, MaxFiles: 1, NonBlocking: true}})
	if _, err := w.Write(benchLines(holdSpace + 2<<20)); err != nil { // hangs if it has to wait
		t.Fatal(err)
	}
	drainAll(t, m, dir)
	if n := len(stored(t, dir, "stdout")); n > 64<<10 {
		t.Errorf("%d bytes are kept", n)
	}
}

// Bounds change under a stream that flows: what is too much goes at once, and nothing
// that may stay.
func TestBound(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	dir := logDir(root, "a-1")
	w := addStream(t, m, Stream{Dir: dir, Name: "stdout", Bounds: Bounds{MaxSize: 8 << 10, MaxFiles: 100}})
	text := benchLines(64 << 10)
	put(t, m, &service{dir: dir}, w, string(text))
	if got := stored(t, dir, "stdout"); !bytes.Equal(got, text) {
		t.Fatalf("%d bytes, want %d", len(got), len(text))
	}
	if err := m.Bound(dir, Bounds{MaxSize: 8 << 10, MaxFiles: 2}); err != nil {
		t.Fatal(err)
	}
	got := stored(t, dir, "stdout")
	if len(got) == 0 || len(got) > 16<<10 || !bytes.HasSuffix(text, got) {
		t.Errorf("%d bytes are kept", len(got))
	}
	if err := m.Bound(dir, Bounds{MaxSize: 1 << 20, MaxFiles: 2}); err != nil {
		t.Fatal(err)
	}
	put(t, m, &service{dir: dir}, w, string(text))
	if got := stored(t, dir, "stdout"); !bytes.HasSuffix(got, text) {
		t.Errorf("a larger bound: %d bytes are kept", len(got))
	}
	if err := m.Bound(root+"/nobody", Bounds{}); err != nil {
		t.Error(err)
	}
}
