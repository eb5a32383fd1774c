package egress

import (
	"net/netip"
	"os"
	"sync"

	"github.com/mocker-compose/mocker-compose/netstack/carry"
)

// joined are the connections whose halves have met, by the service's address: what
// an address has going on must end when the address does, of which no packet tells.
type joined struct {
	mu     sync.Mutex
	closed bool
	of     map[netip.Addr]map[*os.File]*os.File // the service's half to the other
}

func newJoined() *joined { return &joined{of: map[netip.Addr]map[*os.File]*os.File{}} }

// add enters a connection, unless no more may be.
func (j *joined) add(a netip.Addr, in, out *os.File) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return false
	}
	if j.of[a] == nil {
		j.of[a] = map[*os.File]*os.File{}
	}
	j.of[a][in] = out
	return true
}

func (j *joined) remove(a netip.Addr, in *os.File) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if delete(j.of[a], in); len(j.of[a]) == 0 {
		delete(j.of, a)
	}
}

// leave resets the connections of one address.
func (j *joined) leave(a netip.Addr) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for in, out := range j.of[a] {
		carry.Reset(in)
		carry.Reset(out)
	}
}

// close resets all, and lets no more in.
func (j *joined) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	for _, all := range j.of {
		for in, out := range all {
			carry.Reset(in)
			carry.Reset(out)
		}
	}
}
