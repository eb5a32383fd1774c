package ports

import (
	"errors"
	"net"
	"testing"
)

// TestRangeInOrder: replicas get the ports of a range in the order of their numbers, whichever
// starts first; one whose port is taken gets the next, from the beginning after the last; and
// what a port is recorded as has no number.
func TestRangeInOrder(t *testing.T) {
	table := oneNamespace(t)
	if table == nil {
		return
	}
	other, err := net.Listen("tcp", "127.0.0.1:8102") // the fourth has to go elsewhere
	must(t, err)
	t.Cleanup(func() { other.Close() })
	for _, tt := range []struct {
		id     string
		number int
		want   uint16
	}{{"web-2", 2, 8101}, {"web-1", 1, 8100}, {"web-3", 3, 8103}, {"web-9", 9, 8104}} {
		got, err := table.Publish(web(tt.id), Spec{HostIP: "127.0.0.1", HostPort: 8100, HostPortEnd: 8104, Target: 80, Service: "web", Number: tt.number})
		must(t, err)
		if got.Bound != tt.want || got.Number != 0 {
			t.Errorf("%s: port %d of number %d, want %d", tt.id, got.Bound, got.Number, tt.want)
		}
	}
	_, err = table.Publish(web("web-5"), Spec{HostIP: "127.0.0.1", HostPort: 8100, HostPortEnd: 8104, Target: 80, Service: "web", Number: 5})
	var conflict *ConflictError
	if !errors.As(err, &conflict) {
		t.Errorf("a sixth of five: %v", err)
	}
}

// TestNamed: what is known of a holder stands once in the text, whoever found out.
func TestNamed(t *testing.T) {
	e := &ConflictError{Protocol: TCP, Addr: mustAddrPort("0.0.0.0:80"), Holder: Holder{UID: -1}}
	got, found := Named("ports: "+e.Error(), "process 7 (nginx)")
	if want := "ports: bind 0.0.0.0:80/tcp: the port is in use by process 7 (nginx)"; !found || got != want {
		t.Errorf("%v %s", found, got)
	}
	if got, found := Named("another text", "process 7"); found || got != "another text" {
		t.Errorf("%v %s", found, got)
	}
}
