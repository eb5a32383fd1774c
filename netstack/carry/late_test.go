package carry

import (
	"errors"
	"io"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A connection that is made while its owner's are finished ends as they do: with
// what the container has sent.
func TestLateConnectionFinishes(t *testing.T) {
	s := NewBounded(8, 8)
	client, outside := join(t)
	inside, server := join(t)
	must(t, outside.SetDeadline(time.Time{}))
	must(t, inside.SetDeadline(time.Time{}))
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.PairUntil(func() bool { s.Finish("web-1"); return true }, "web-1", outside, inside)
	}()
	if b, err := io.ReadAll(server); len(b) != 0 || err != nil {
		t.Errorf("service: %q, %v, want the end", b, err)
	}
	_, err := io.WriteString(server, "last words")
	must(t, err)
	must(t, server.Close())
	if b, err := io.ReadAll(client); string(b) != "last words" || err != nil {
		t.Errorf("client: %q, %v", b, err)
	}
	<-done
	if n := s.Active(); n != 0 {
		t.Errorf("%d are carried", n)
	}
}

// Without a free descriptor a new flow takes the one of a quiet flow.
func TestFlowWithoutDescriptors(t *testing.T) {
	table := NewFlows[string](NewBounded(1, 1), 8)
	defer table.Close()
	server, got := udp(t), make(chan string, 1)
	_, err := table.Get("quiet", to(t, server, got))
	must(t, err)
	tries := 0
	f, err := table.Get("new", func() (Far, error) {
		if tries++; tries == 1 {
			return Far{}, os.NewSyscallError("socket", unix.EMFILE)
		}
		return to(t, server, got)()
	})
	must(t, err)
	must(t, f.Send([]byte("x")))
	if n := table.Len(); n != 1 {
		t.Errorf("%d flows, want the new one alone", n)
	}
	full := func() (Far, error) { return Far{}, os.NewSyscallError("socket", unix.ENFILE) }
	for range 3 { // nobody is left to make room
		if _, err := table.Get("another", full); !errors.Is(err, unix.ENFILE) {
			t.Errorf("without any descriptor: %v", err)
		}
	}
}
