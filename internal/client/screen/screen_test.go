package screen_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// How a container ended stands below its last line, whatever was written meanwhile.
func TestLast(t *testing.T) {
	w := clienttest.New(t)
	l := w.Writer("demo")
	l.Open("demo", "demo-web-1")
	s, err := screen.Open(clienttest.Bounded(t), w.Out, w.Err, w.Format(false, false, true))
	if err != nil {
		t.Fatal(err)
	}
	dir := w.Dirs.LogDir("demo", "demo-web-1")
	s.Add(screen.Source("demo", "demo-web-1", "web", dir), logs.Query{Follow: true, Tail: -1})
	l.Write("demo-web-1", "stdout", "one\ntwo\n")
	s.Last(dir, "web-1 exited with code 0")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	clienttest.WantOutput(t, "stdout", w.Out, "web-1  | one\nweb-1  | two\nweb-1 exited with code 0\n")
}

// A reader that has gone ends the printing, and Close says so once.
func TestReaderGone(t *testing.T) {
	w := clienttest.New(t)
	l := w.Writer("demo")
	l.Open("demo", "demo-web-1")
	r, p, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	r.Close()
	s, err := screen.Open(clienttest.Bounded(t), p, w.Err, logs.Format{Raw: true})
	if err != nil {
		t.Fatal(err)
	}
	dir := w.Dirs.LogDir("demo", "demo-web-1")
	s.Add(screen.Source("demo", "demo-web-1", "web", dir), logs.Query{Follow: true, Tail: -1})
	l.Write("demo-web-1", "stdout", "nobody reads this\n")
	select {
	case <-s.Ended():
	case <-time.After(time.Minute):
		t.Fatal("it still prints to nobody")
	}
	if err := s.Close(); !errors.Is(err, unix.EPIPE) {
		t.Errorf("the end is %v, want EPIPE", err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("told again: %v", err)
	}
}
