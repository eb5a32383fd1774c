package logs

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// names are the files in a directory, nil if there is none.
func names(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func TestFilesComeWithTheFirstByte(t *testing.T) {
	for _, way := range ways {
		t.Run(way.name, func(t *testing.T) {
			root := t.TempDir()
			m := openMover(t, root, MoverOptions{NoSplice: way.noSplice})
			s := addService(t, m, root, "a-1", 0, 0)
			drainAll(t, m, s.dir)
			if _, err := os.Stat(filepath.Dir(s.dir)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a silent container has files (%v)", err)
			}
			put(t, m, s, s.stderr, "one\n")
			want := []string{indexFile("stderr", 1), logFile("stderr", 1)}
			if got := names(t, s.dir); !slices.Equal(got, want) {
				t.Errorf("files %v, wanted %v", got, want)
			}
			put(t, m, s, s.stdout, "two\n")
			put(t, m, s, s.stderr, "three\n")
			out, errOut := printed(t, []Source{sourceOf(s)}, Query{Tail: -1}, Format{})
			if out != "two\n" || errOut != "one\nthree\n" {
				t.Errorf("printed %q and %q", out, errOut)
			}
			checkIndexes(t, s.dir, map[uint64]string{})
		})
	}
}

// A container that never wrote is printed, followed and finished like others.
func TestSilentContainer(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 0, 0)
	if out, errOut := printed(t, []Source{sourceOf(s)}, Query{Tail: -1}, Format{}); out+errOut != "" {
		t.Errorf("printed %q and %q", out, errOut)
	}
	out := newScreen()
	f, ended := startFollower(t, Format{}, out)
	f.Add(sourceOf(s), Query{Follow: true, Tail: -1})
	drainAll(t, m, s.dir)
	<-f.Finish(s.dir)
	f.Add(sourceOf(s), Query{Follow: true, Tail: -1})
	put(t, m, s, s.stderr, "at last\n")
	<-f.Finish(s.dir)
	if got := out.String(); got != "at last\n" {
		t.Errorf("followed %q", got)
	}
	f.FinishAll()
	if err := ending(t, ended); err != nil {
		t.Error(err)
	}
}

// Files of another hand, made after the stream was added, are not written over.
func TestFilesOfAnotherHand(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 0, 0)
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	writeFile(t, s.dir+"/"+logFile("stdout", 1), "theirs\n")
	put(t, m, s, s.stdout, "ours\n")
	if got := string(stored(t, s.dir, "stdout")); got != "theirs\nours\n" {
		t.Errorf("stored %q", got)
	}
}

// Streams of many containers, added, drained and removed at the same time.
func TestAddFromManySides(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	done := make(chan error)
	const n = 20
	for i := range n {
		s := addService(t, m, root, fmt.Sprintf("s%d-1", i), 0, 0)
		go func() {
			_, err := s.stdout.WriteString("line\n")
			err = errors.Join(err, m.Drain(t.Context(), s.dir))
			m.Remove(s.dir)
			done <- err
		}()
	}
	for range n {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for i := range n {
		if got := string(stored(t, logDir(root, fmt.Sprintf("s%d-1", i)), "stdout")); got != "line\n" {
			t.Errorf("container %d: stored %q", i, got)
		}
	}
}
