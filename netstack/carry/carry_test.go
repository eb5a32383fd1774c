package carry

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const patience = 20 * time.Second

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// join is a connection over loopback: its two ends.
func join(t testing.TB) (a, b *net.TCPConn) {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	must(t, err)
	defer l.Close()
	a, err = net.DialTCP("tcp", nil, l.Addr().(*net.TCPAddr))
	must(t, err)
	b, err = l.AcceptTCP()
	must(t, err)
	for _, c := range []*net.TCPConn{a, b} {
		t.Cleanup(func() { c.Close() })
		must(t, c.SetDeadline(time.Now().Add(patience)))
	}
	return a, b
}

// carried is a connection that a set carries: client and server.
func carried(t testing.TB, s *Set, owner string) (client, server *net.TCPConn) {
	t.Helper()
	client, outside := join(t)
	inside, server := join(t)
	must(t, outside.SetDeadline(time.Time{}))
	must(t, inside.SetDeadline(time.Time{}))
	done, before := make(chan struct{}), s.Count(owner).Total
	go func() {
		defer close(done)
		s.Pair(owner, outside, inside)
	}()
	for s.Count(owner).Total == before { // until it is known
		select {
		case <-done: // refused
			return client, server
		case <-time.After(50 * time.Microsecond):
		}
	}
	t.Cleanup(func() {
		client.Close()
		server.Close()
		select {
		case <-done:
		case <-time.After(patience):
			t.Error("the pair is still carried after both ends are closed")
		}
	})
	return client, server
}

func quiet(t testing.TB, s *Set) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		s.pipes.mu.Lock()
		held := s.pipes.made - len(s.pipes.free)
		s.pipes.mu.Unlock()
		if held == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("%d pipes are held while nothing is under way", held)
		}
	}
}

// All that is sent arrives, in order, in pieces of every size, by copying and by splice.
func TestBytesArrive(t *testing.T) {
	for name, pipes := range map[string]int{"splice": 8, "no pipes": 0} {
		t.Run(name, func(t *testing.T) {
			s := NewBounded(8, pipes)
			client, server := carried(t, s, "web-1")
			var sent bytes.Buffer
			r := rand.New(rand.NewPCG(1, 2))
			go func() {
				for _, size := range []int{1, 100, bufferSize - 1, bufferSize, bufferSize + 1, 1 << 20, 3, 5 << 20, 1} {
					b := make([]byte, size)
					for i := range b {
						b[i] = byte(r.Uint32())
					}
					sent.Write(b)
					if _, err := client.Write(b); err != nil {
						t.Error(err)
					}
					time.Sleep(time.Millisecond) // bursts, so that it changes its way
				}
				client.CloseWrite()
			}()
			got, err := io.ReadAll(server)
			must(t, err)
			if !bytes.Equal(got, sent.Bytes()) {
				t.Errorf("%d bytes arrived, other than the %d that were sent", len(got), sent.Len())
			}
			quiet(t, s)
			if c := s.Count("web-1"); c.In != uint64(sent.Len()) || c.Out != 0 || c.Total != 1 || c.Open != 1 {
				t.Errorf("counted %+v", c)
			}
		})
	}
}

func TestEnds(t *testing.T) {
	s := NewBounded(8, 8)
	t.Run("half-close", func(t *testing.T) {
		client, server := carried(t, s, "a")
		must(t, server.CloseWrite())
		if b, err := io.ReadAll(client); len(b) != 0 || err != nil {
			t.Fatalf("client: %q, %v", b, err)
		}
		_, err := io.WriteString(client, "after the end")
		must(t, err)
		must(t, client.CloseWrite())
		if b, err := io.ReadAll(server); string(b) != "after the end" || err != nil {
			t.Errorf("server: %q, %v", b, err)
		}
	})
	t.Run("reset", func(t *testing.T) {
		client, server := carried(t, s, "a")
		must(t, client.SetLinger(0))
		must(t, client.Close())
		if _, err := io.ReadAll(server); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("server: %v", err)
		}
	})
	t.Run("reset after an end", func(t *testing.T) {
		client, server := carried(t, s, "a")
		must(t, client.CloseWrite())
		if b, err := io.ReadAll(server); len(b) != 0 || err != nil {
			t.Fatalf("server: %q, %v", b, err)
		}
		must(t, client.SetLinger(0))
		must(t, client.Close())
		// The kernel calls it EPIPE on a connection whose end was read.
		for end := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
			if _, err := io.WriteString(server, "x"); err != nil {
				return
			}
			if time.Now().After(end) {
				t.Fatal("the server never learns of the reset")
			}
		}
	})
}

// A server that only waits learns of a client's reset after its end.
func TestResetAfterEndIsPassedOnUnasked(t *testing.T) {
	s := NewBounded(8, 8)
	client, server := carried(t, s, "a")
	must(t, client.CloseWrite())
	_, err := io.ReadAll(server)
	must(t, err)
	must(t, client.SetLinger(0))
	must(t, client.Close())
	raw, err := server.SyscallConn()
	must(t, err)
	err = raw.Read(func(fd uintptr) bool {
		code, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_ERROR)
		return err != nil || code != 0
	})
	must(t, err) // and not the deadline's error
}

func TestUrgentByteStaysUrgentAndInPlace(t *testing.T) {
	s := NewBounded(8, 8)
	client, server := carried(t, s, "a")
	raw, err := client.SyscallConn()
	must(t, err)
	_, err = io.WriteString(client, "before")
	must(t, err)
	must(t, raw.Control(func(fd uintptr) { err = unix.Send(int(fd), []byte("!"), unix.MSG_OOB) }))
	must(t, err)
	_, err = io.WriteString(client, "after")
	must(t, err)
	must(t, client.CloseWrite())
	var urgent byte
	sr, err := server.SyscallConn()
	must(t, err)
	must(t, sr.Read(func(fd uintptr) bool {
		b := make([]byte, 1)
		n, _, e := unix.Recvfrom(int(fd), b, unix.MSG_OOB|unix.MSG_DONTWAIT)
		if e == unix.EINVAL || e == unix.EAGAIN {
			return false // not there yet
		}
		if err = e; n == 1 {
			urgent = b[0]
		}
		return true
	}))
	must(t, err)
	if urgent != '!' {
		t.Errorf("urgent byte %q", urgent)
	}
	if b, err := io.ReadAll(server); string(b) != "beforeafter" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
}

// A reader that is slow holds up the writer and nobody else, and loses nothing.
func TestSlowReader(t *testing.T) {
	s := NewBounded(8, 2)
	client, server := carried(t, s, "slow")
	words := bytes.Repeat([]byte("0123456789abcdef"), 1<<20)
	go func() {
		_, _ = client.Write(words) // checked by what arrives
		client.CloseWrite()
	}()
	time.Sleep(50 * time.Millisecond) // until it is stuck
	for range 4 {
		c, srv := carried(t, s, "other")
		_, err := c.Write(words[:1<<20])
		must(t, err)
		must(t, c.CloseWrite())
		if b, err := io.ReadAll(srv); len(b) != 1<<20 || err != nil {
			t.Fatalf("%d bytes, %v", len(b), err)
		}
	}
	if b, err := io.ReadAll(server); !bytes.Equal(b, words) || err != nil {
		t.Errorf("%d bytes of %d, %v", len(b), len(words), err)
	}
	quiet(t, s)
}

func TestFinishDeliversLastWords(t *testing.T) {
	s := NewBounded(8, 8)
	client, server := carried(t, s, "web-1")
	_, other := carried(t, s, "web-2")
	s.Finish("web-1")
	if b, err := io.ReadAll(server); len(b) != 0 || err != nil {
		t.Fatalf("server: %q, %v", b, err)
	}
	_, err := io.WriteString(server, "last words")
	must(t, err)
	must(t, server.Close())
	if b, err := io.ReadAll(client); string(b) != "last words" || err != nil {
		t.Errorf("client: %q, %v", b, err)
	}
	must(t, other.SetReadDeadline(time.Now().Add(20*time.Millisecond)))
	if _, err := other.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("another owner's: %v", err)
	}
}

func TestAbort(t *testing.T) {
	s := NewBounded(8, 8)
	client, server := carried(t, s, "web-1")
	_, err := io.WriteString(client, "x")
	must(t, err)
	_, err = server.Read(make([]byte, 1))
	must(t, err)
	s.Abort()
	for name, c := range map[string]*net.TCPConn{"client": client, "server": server} {
		if _, err := io.ReadAll(c); !errors.Is(err, unix.ECONNRESET) {
			t.Errorf("%s: %v", name, err)
		}
	}
	late, _ := carried(t, s, "web-1")
	if _, err := io.ReadAll(late); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("after the abort: %v", err)
	}
}

func TestSlots(t *testing.T) {
	s := NewBounded(1, 1)
	if !s.Acquire(t.Context()) {
		t.Fatal("the first must get one")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if s.Acquire(ctx) {
		t.Error("a second slot of one")
	}
	s.Release()
	if !s.Acquire(ctx) {
		t.Error("a free slot is given whatever the context")
	}
}

func TestBudget(t *testing.T) {
	for files, want := range map[uint64][2]int{
		64: {32, 32}, 1024: {192, 64}, 20000: {5964, 512}, 524288: {32768, 512}, 1 << 40: {32768, 512},
	} {
		pairs, pipes := budget(files)
		if pairs != want[0] || pipes != want[1] {
			t.Errorf("%d files: %d pairs, %d pipes, want %v", files, pairs, pipes, want)
		}
		flows := FilesOut*flowLimit(files, FilesOut) + FilesIn*flowLimit(files, FilesIn)
		if all := filesPerPair*pairs + filesPerPipe*pipes + flows; files >= 1024 && uint64(all)+min(files/4, others) > files {
			t.Errorf("%d files: %d are given away", files, all)
		}
	}
}
