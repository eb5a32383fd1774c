package load

import (
	"io"
	"net"
	"sync"
	"time"
)

// held are the connections of an agent that wait.
type held struct{ all []net.Conn }

// hold opens Count connections, each of which has carried a byte both ways.
func (h *held) hold(o Order) (r Result, err error) {
	begin := time.Now()
	var mu sync.Mutex
	var group sync.WaitGroup
	const atOnce = 64
	for i := range atOnce {
		n := o.Count / atOnce
		if i < o.Count%atOnce {
			n++
		}
		group.Go(func() {
			for range n {
				c, e := openHeld(o.Addr)
				mu.Lock()
				if e != nil {
					err = e
					mu.Unlock()
					return
				}
				h.all = append(h.all, c)
				mu.Unlock()
			}
		})
	}
	group.Wait()
	r.Took, r.Count = time.Since(begin), len(h.all)
	return r, err
}

func openHeld(addr string) (net.Conn, error) {
	c, err := open(addr, modeHold)
	if err != nil {
		return nil, err
	}
	if err = c.SetReadDeadline(time.Now().Add(3 * patience)); err == nil {
		_, err = io.ReadFull(c, make([]byte, 1))
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// drop closes all.
func (h *held) drop() {
	for _, c := range h.all {
		c.Close()
	}
	h.all = nil
}
