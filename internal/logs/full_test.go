package logs

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// smallDisk mounts a tmpfs of the given size; for tests that are inside.
func smallDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("logs-test", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("cannot mount a tmpfs in a namespace of our own: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	return dir
}

func TestFullDisk(t *testing.T) {
	if !inside(t, ownMounts()) {
		return
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			root := smallDisk(t, "size=1m")
			log := newEventLog()
			m := openMover(t, root, MoverOptions{Report: log.add, NoSplice: way.noSplice})
			foreign := root + "/ballast"
			writeFile(t, foreign, strings.Repeat("b", 512<<10))
			s := addService(t, m, root, "a-1", 64<<10, 1000)

			// Twice the disk: our own old segments have to go, and nobody waits.
			text := benchLines(2 << 20)
			if _, err := s.stdout.Write(text); err != nil {
				t.Fatal(err)
			}
			drainAll(t, m, s.dir)
			_, dropped := log.count(Dropped)
			kept := stored(t, s.dir, "stdout")
			if !bytes.HasSuffix(text, kept) || int(dropped)+len(kept) != len(text) {
				t.Errorf("%d bytes dropped and %d kept, of %d", dropped, len(kept), len(text))
			}
			checkIndexes(t, s.dir, map[uint64]string{})
		})
	}
}

// A disk that others fill: the service waits, and loses nothing of what fits
// into its segments.
func TestFullDiskBlocksAndResumes(t *testing.T) {
	if !inside(t, ownMounts()) {
		return
	}
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			root := smallDisk(t, "size=1m")
			log := newEventLog()
			m := openMover(t, root, MoverOptions{Report: log.add, NoSplice: way.noSplice})
			s := addService(t, m, root, "a-1", 1<<30, 1000)
			writeFile(t, root+"/ballast", strings.Repeat("b", 800<<10))
			text := benchLines(600 << 10)
			written := make(chan error, 1)
			go func() {
				_, err := s.stdout.Write(text)
				written <- err
			}()
			log.wait(t, Blocked, 1)
			if n, _ := log.count(Resumed); n != 0 {
				t.Errorf("resumed %d times on a full disk", n)
			}
			// Others must not suffer.
			other := t.TempDir()
			w := addStream(t, m, Stream{Dir: other, Name: "stdout"})
			put(t, m, &service{dir: other}, w, "not blocked\n")

			if err := os.Remove(root + "/ballast"); err != nil {
				t.Fatal(err)
			}
			log.wait(t, Resumed, 1)
			select {
			case err := <-written:
				if err != nil {
					t.Fatal(err)
				}
			case <-time.After(deadline):
				t.Fatal("the service still waits")
			}
			drainAll(t, m, s.dir)
			if got := stored(t, s.dir, "stdout"); !bytes.Equal(got, text) {
				t.Errorf("stored %d bytes, wrote %d", len(got), len(text))
			}
			checkIndexes(t, s.dir, map[uint64]string{})
		})
	}
}

// A supervisor that starts on a full disk: the stream is added, waits, and goes
// on where its predecessor stopped.
func TestAdoptsOnFullDisk(t *testing.T) {
	if !inside(t, ownMounts()) {
		return
	}
	root := smallDisk(t, "size=1m")
	dir := logDir(root, "a-1")
	m := openMover(t, root, MoverOptions{})
	w := addStream(t, m, Stream{Dir: dir, Name: "stdout", Bounds: Bounds{MaxSize: 4096, MaxFiles: 10}})
	put(t, m, &service{dir: dir}, w, "first\n")
	m.Close()
	writeFile(t, dir+"/"+indexFile("stdout", 2), "") // its rotation was cut short
	f, err := os.Create(root + "/ballast")
	if err != nil {
		t.Fatal(err)
	}
	for _, err = f.Write(make([]byte, 4096)); err == nil; {
		_, err = f.Write(make([]byte, 4096))
	}
	f.Close()
	log := newEventLog()
	m = openMover(t, root, MoverOptions{Report: log.add})
	w = addStream(t, m, Stream{Dir: dir, Name: "stdout", Bounds: Bounds{MaxSize: 4096, MaxFiles: 10}})
	if _, err := w.WriteString("second\n"); err != nil {
		t.Fatal(err)
	}
	log.wait(t, Blocked, 1)
	if err := os.Remove(root + "/ballast"); err != nil {
		t.Fatal(err)
	}
	drainAll(t, m, dir)
	if got := string(stored(t, dir, "stdout")); got != "first\nsecond\n" {
		t.Errorf("stored %q", got)
	}
	checkIndexes(t, dir, map[uint64]string{})
}

// Each number of free files: every step of making a segment fails once.
func TestNoInodesLeft(t *testing.T) {
	if !inside(t, ownMounts()) {
		return
	}
	for inodes := range 7 {
		root := smallDisk(t, "size=1m,nr_inodes="+string(rune('0'+8))) // 8: the root, 3 directories, 4 files
		for i := range inodes {
			if err := os.WriteFile(root+"/ballast"+string(rune('0'+i)), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		log := newEventLog()
		m := openMover(t, root, MoverOptions{Report: log.add})
		dir := logDir(root, "a-1")
		r, w, err := NewPipe()
		if err != nil {
			t.Fatal(err)
		}
		text := benchLines(40 << 10)
		if err := m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r, Bounds: Bounds{MaxSize: 16 << 10, MaxFiles: 10}}); err == nil {
			if _, err := w.Write(text); err != nil {
				t.Fatal(err)
			}
			log.waitAny(t, Dropped, Blocked)
			for i := range inodes {
				if err := os.Remove(root + "/ballast" + string(rune('0'+i))); err != nil {
					t.Fatal(err)
				}
			}
			drainAll(t, m, dir)
			_, dropped := log.count(Dropped)
			if got := stored(t, dir, "stdout"); !bytes.HasSuffix(text, got) || len(got)+int(dropped) != len(text) {
				t.Errorf("%d free: stored %d, dropped %d of %d", 8-4-inodes, len(got), dropped, len(text))
			}
			checkIndexes(t, dir, map[uint64]string{})
		} else if inodes < 3 {
			t.Errorf("Add with %d files to spare: %v", 4-inodes, err)
		}
		m.Close()
		r.Close()
		w.Close()
	}
}
