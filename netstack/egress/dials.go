package egress

import (
	"net/netip"
	"os"
	"sync"
	"time"
)

const (
	// mostDials bounds the connections that are being made at a time.
	mostDials = 4096
	// mostOfOne is the part of them that one container may have.
	mostOfOne = 1024
	// dialPatience is how long the outside may take to answer. The sender's SYN
	// comes again later than that, if it still waits: so nothing is cut short.
	dialPatience = 20 * time.Second
	// settle is how long a connection waits for its other half, after its SYN was
	// put back: the sender may have given up meanwhile.
	settle = 5 * time.Second
)

// dials are the connections that are being made: the SYN is held, or the service's
// half of the connection is under way.
type dials struct {
	mu     sync.Mutex
	closed bool
	of     map[flow]*dial
	count  map[netip.Addr]int
}

type dial struct {
	conn  *os.File // nil: not yet
	gone  bool     // it was connected, and reset before anybody looked
	timer *time.Timer
}

func newDials() *dials { return &dials{of: map[flow]*dial{}, count: map[netip.Addr]int{}} }

// state is what is known of a flow whose SYN has come.
type state int

const (
	begun state = iota // by this call
	under              // way, by an earlier one
	ready              // the outside is connected
	full               // no more may begin
)

func (d *dials) begin(f flow) state {
	d.mu.Lock()
	defer d.mu.Unlock()
	a := f.client.Addr()
	switch old := d.of[f]; {
	case old != nil && (old.conn != nil || old.gone):
		return ready
	case old != nil:
		return under
	case d.closed, len(d.of) >= mostDials, d.count[a] >= mostOfOne:
		return full
	}
	d.of[f] = &dial{}
	d.count[a]++
	return begun
}

// connected gives a flow its connection, to be taken within [settle]; nil: the
// outside has reset it already.
func (d *dials) connected(f flow, c *os.File) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.of[f]
	if one == nil { // closed
		c.Close()
		return
	}
	one.conn, one.gone = c, c == nil
	one.timer = time.AfterFunc(settle, func() {
		if c, _ := d.take(f); c != nil {
			c.Close()
		}
	})
}

// take removes a flow and returns its connection, nil if it has none, and whether
// it had one that is gone.
func (d *dials) take(f flow) (c *os.File, gone bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	one := d.of[f]
	if one == nil {
		return nil, false
	}
	delete(d.of, f)
	a := f.client.Addr()
	if d.count[a]--; d.count[a] == 0 {
		delete(d.count, a)
	}
	if one.timer != nil {
		one.timer.Stop()
	}
	return one.conn, one.gone
}

func (d *dials) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	for f, one := range d.of {
		if one.timer != nil {
			one.timer.Stop()
			one.conn.Close() // nil, if it is gone, does no harm
		}
		delete(d.of, f)
	}
}

// len is the number of dials.
func (d *dials) len() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.of)
}
