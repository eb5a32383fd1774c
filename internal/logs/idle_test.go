package logs

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Who follows a container that has not written yet waits for it without doing
// anything, and prints its first byte, however little it wants of the old.
func TestFollowNothingCostsNothing(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "c", "a", "logs")
	var out bytes.Buffer
	f, err := NewFollower(&out, &out, Format{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { ended <- f.Run(ctx) }()
	<-f.AddNow(Source{Container: "a", Dir: dir}, Query{Follow: true, Tail: 0})
	before := cpu(t)
	time.Sleep(500 * time.Millisecond)
	if used := cpu(t) - before; used > 200*time.Millisecond {
		t.Errorf("waiting took %v of processor time in half a second", used)
	}
	m, err := OpenMover(root, MoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r}); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := w.WriteString("first"); err != nil {
		t.Fatal(err)
	}
	if err := m.Drain(ctx, dir); err != nil {
		t.Fatal(err)
	}
	<-f.Finish(dir)
	f.FinishAll()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if out.String() != "first" {
		t.Errorf("printed %q", out.String())
	}
}

func cpu(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// A reader that holds its segments is waited for; one that does not is overtaken.
func TestHold(t *testing.T) {
	for _, held := range []bool{true, false} {
		root := t.TempDir()
		dir := filepath.Join(root, "c", "a", "logs")
		m, err := OpenMover(root, MoverOptions{})
		if err != nil {
			t.Fatal(err)
		}
		r, w, err := NewPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r, Bounds: Bounds{MaxSize: 8 << 20, MaxFiles: 1}}); err != nil {
			t.Fatal(err)
		}
		r.Close()
		const size = 64 << 20
		written := make(chan error, 1)
		line := bytes.Repeat([]byte("0123456789abcdef"), 4096)
		if _, err := w.Write(line); err != nil {
			t.Fatal(err)
		}
		if err := m.Drain(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
		count := &slowCounter{}
		f, err := NewFollower(count, count, Format{Raw: true})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- f.Run(t.Context()) }()
		<-f.AddNow(Source{Container: "a", Dir: dir, Hold: held}, Query{Follow: true, Tail: -1})
		go func() {
			for n := len(line); n < size; n += len(line) {
				if _, err := w.Write(line); err != nil {
					written <- err
					return
				}
			}
			written <- m.Drain(t.Context(), dir)
		}()
		if err := <-written; err != nil {
			t.Fatal(err)
		}
		<-f.Finish(dir)
		f.FinishAll()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		w.Close()
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if complete := count.n == size; complete != held {
			t.Errorf("held %v: %d of %d bytes were printed", held, count.n, size)
		}
		if entries, _ := os.ReadDir(dir); len(entries) > 12 {
			t.Errorf("held %v: %d files were left", held, len(entries))
		}
	}
}

// slowCounter takes 10 ms for each MiB.
type slowCounter struct{ n, slept int }

func (c *slowCounter) Write(b []byte) (int, error) {
	c.n += len(b)
	for ; c.slept < c.n>>20; c.slept++ {
		time.Sleep(10 * time.Millisecond)
	}
	return len(b), nil
}
