package carry

import (
	"io"
	"testing"
	"time"
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
