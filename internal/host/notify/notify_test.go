package notify

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func socket(t *testing.T) (*os.File, *net.UnixConn) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "n")
	f, err := Bind(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	c, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return f, c
}

func say(t *testing.T, c *net.UnixConn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

// A message that its listener could not deal with is there for the next one; one that
// was dealt with is not.
func TestNothingIsLost(t *testing.T) {
	f, c := socket(t)
	say(t, c, "READY=1")
	say(t, c, "STATUS=b")
	failed := errors.New("no disk")
	if err := Listen(t.Context(), f, func(string) error { return failed }); err != failed {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var got []string
	err := Listen(ctx, f, func(m string) error {
		if got = append(got, m); len(got) == 2 {
			time.AfterFunc(time.Millisecond, cancel)
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) || !slices.Equal(got, []string{"READY=1", "STATUS=b"}) {
		t.Errorf("%v, %q", err, got)
	}
}

// What is too large is thrown away and what comes with a message is closed; the next
// message is heard.
func TestHostileMessages(t *testing.T) {
	f, c := socket(t)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	raw, err := c.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	cerr := raw.Control(func(fd uintptr) {
		err = unix.Sendmsg(int(fd), []byte("FDSTORE=1"), unix.UnixRights(int(w.Fd())), nil, 0)
	})
	if err := errors.Join(cerr, err); err != nil {
		t.Fatal(err)
	}
	w.Close()
	say(t, c, "READY=1\n"+strings.Repeat("X", 100_000))
	say(t, c, "")
	say(t, c, "READY=1\x00\xff")
	ctx, cancel := context.WithCancel(t.Context())
	var got []string
	_ = Listen(ctx, f, func(m string) error {
		if got = append(got, m); len(got) == 3 {
			cancel()
		}
		return nil
	})
	if want := []string{"FDSTORE=1", "", "READY=1\x00\xff"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if n, err := r.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Error("a file that came along is still open")
	}
}

func TestDrain(t *testing.T) {
	f, c := socket(t)
	say(t, c, "READY=1")
	if err := Drain(f); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := Listen(ctx, f, func(m string) error { t.Errorf("heard %q", m); return nil }); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// A sender without end waits; the listener does not work without end.
func TestFlood(t *testing.T) {
	f, c := socket(t)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := c.Write([]byte("STATUS=x")); err != nil && !errors.Is(err, syscall.ENOBUFS) {
				return
			}
		}
	}()
	n := 0
	_ = Listen(ctx, f, func(string) error { n++; return nil })
	if n == 0 || n > 2*messageRate {
		t.Errorf("%d messages were listened to", n)
	}
	f.Close()
	c.SetWriteDeadline(time.Unix(1, 0))
}
