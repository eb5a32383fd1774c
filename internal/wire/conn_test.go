package wire

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

type message struct {
	N    int    `json:"n"`
	Text string `json:"text"`
}

func pair(t *testing.T) (*Conn, *Conn) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	a, b := connOf(t, fds[0]), connOf(t, fds[1])
	t.Cleanup(func() { a.Close(); b.Close() })
	return a, b
}

// connOf makes a connection of a socket, which it takes over.
func connOf(t *testing.T, fd int) *Conn {
	t.Helper()
	f := os.NewFile(uintptr(fd), "pair")
	defer f.Close()
	nc, err := net.FileConn(f)
	if err != nil {
		t.Fatal(err)
	}
	return NewConn(nc.(*net.UnixConn))
}

func TestFilesStayWithTheirMessage(t *testing.T) {
	a, b := pair(t)
	const n = 20
	go func() {
		for i := range n {
			r, w, _ := os.Pipe()
			_, _ = w.WriteString(strings.Repeat("x", i+1))
			w.Close()
			if i%2 == 0 {
				_ = a.Send(message{N: i, Text: strings.Repeat("y", i*10000)}, r)
			} else {
				_ = a.Send(message{N: i})
			}
			r.Close()
		}
		a.Close()
	}()
	for i := range n {
		var m message
		files, err := b.Receive(&m)
		if err != nil || m.N != i {
			t.Fatalf("message %d: %+v %v", i, m.N, err)
		}
		if want := 1 - i%2; len(files) != want {
			t.Fatalf("message %d has %d files, want %d", i, len(files), want)
		}
		for _, f := range files {
			got, _ := io.ReadAll(f)
			if len(got) != i+1 {
				t.Errorf("message %d: file of another message: %d bytes", i, len(got))
			}
			if flags, _ := unix.FcntlInt(uintptr(FD(f)), unix.F_GETFD, 0); flags&unix.FD_CLOEXEC == 0 {
				t.Error("received file is not close-on-exec")
			}
			f.Close()
		}
	}
	if _, err := b.Receive(&message{}); !errors.Is(err, io.EOF) {
		t.Errorf("after close: %v", err)
	}
}

func TestDamagedStreams(t *testing.T) {
	for name, c := range map[string]struct {
		bytes string
		want  error
	}{
		"length beyond the limit": {"\xff\xff\xff\xff", ErrTooLarge},
		"cut in the header":       {"\x00\x00", io.ErrUnexpectedEOF},
		"cut in the body":         {"\x00\x00\x00\x09{}", io.ErrUnexpectedEOF},
		"no JSON":                 {"\x00\x00\x00\x02{]", nil},
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(t)
			_, _ = a.uc.Write([]byte(c.bytes))
			a.Close()
			_, err := b.Receive(&message{})
			if err == nil || (c.want != nil && !errors.Is(err, c.want)) {
				t.Errorf("got %v, want %v", err, c.want)
			}
		})
	}
}

func TestLongSocketPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "s.sock")
	for range 2 { // the second replaces a dead socket
		l, err := Listen(path)
		if err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() {
			c, err := l.Accept()
			if err == nil {
				err = c.Send(message{N: 7})
				c.Close()
			}
			done <- err
		}()
		c, err := Dial(context.WithoutCancel(t.Context()), path)
		if err != nil {
			t.Fatal(err)
		}
		var m message
		if _, err := c.Receive(&m); err != nil || m.N != 7 {
			t.Errorf("got %+v %v", m, err)
		}
		if pid, err := c.PeerPID(); err != nil || pid != os.Getpid() {
			t.Errorf("peer %d %v, want %d", pid, err, os.Getpid())
		}
		c.Close()
		if err := <-done; err != nil {
			t.Error(err)
		}
		l.Close()
	}
}

func TestFDKeepsNonBlocking(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	flags, err := unix.FcntlInt(uintptr(FD(r)), unix.F_GETFL, 0)
	if err != nil || flags&unix.O_NONBLOCK == 0 {
		t.Errorf("flags %#x %v", flags, err)
	}
}
