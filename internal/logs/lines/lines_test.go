package lines

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// pipe is a stream that is moved into files.
func pipe(t *testing.T) (logs.Source, *os.File) {
	t.Helper()
	dir := t.TempDir()
	m, err := logs.OpenMover(dir, logs.MoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	r, w, err := logs.NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	if err := m.Add(logs.Stream{Dir: dir + "/log/c", Name: "stdout", Pipe: r}); err != nil {
		t.Fatal(err)
	}
	r.Close()
	return logs.Source{Container: "c", Dir: dir + "/log/c"}, w
}

func write(t *testing.T, w *os.File, text string) {
	t.Helper()
	if _, err := w.WriteString(text); err != nil {
		t.Error(err)
	}
}

func TestFollow(t *testing.T) {
	s, w := pipe(t)
	go func() {
		write(t, w, "one\r\ntw")
		time.Sleep(20 * time.Millisecond)
		write(t, w, "o\n"+strings.Repeat("x", 200_000))
		write(t, w, "y\nready\nmore\n")
	}()
	var got []string
	err := Follow(t.Context(), s, time.Time{}, func(line []byte) bool {
		got = append(got, string(line))
		return string(line) == "ready"
	})
	if err != nil || len(got) != 4 || got[0] != "one" || got[1] != "two" || len(got[2]) != lineLimit {
		t.Errorf("%v: %d lines: %.20q", err, len(got), got)
	}
}

// What came before the time was another run's.
func TestSince(t *testing.T) {
	s, w := pipe(t)
	write(t, w, "ready\n")
	if err := Follow(t.Context(), s, time.Time{}, func([]byte) bool { return true }); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Millisecond) // bytes within a millisecond share a stamp
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := Follow(ctx, s, time.Now(), func(line []byte) bool { t.Errorf("%q", line); return true })
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// Without inotify it is found all the same.
func TestWithoutInotify(t *testing.T) {
	t.Setenv("MOCKER_FORCE_ERRNO", "inotify=EMFILE")
	s, w := pipe(t)
	time.AfterFunc(30*time.Millisecond, func() { write(t, w, "a\nready\n") })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := Follow(ctx, s, time.Time{}, func(line []byte) bool { return string(line) == "ready" }); err != nil {
		t.Error(err)
	}
}
