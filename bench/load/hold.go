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
func (h *held) hold(o Order) (Result, error) { return h.open(o, openHeld) }

// flows opens Count UDP sockets, each of which has got an answer.
func (h *held) flows(o Order) (Result, error) { return h.open(o, openFlow) }

// atOnce is how many attempts are under way at a time.
const atOnce = 64

func (h *held) open(o Order, one func(addr string) (net.Conn, error)) (r Result, err error) {
	begin := time.Now()
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range atOnce {
		n := o.Count / atOnce
		if i < o.Count%atOnce {
			n++
		}
		group.Go(func() {
			for range n {
				c, e := one(o.Addr)
				mu.Lock()
				if e != nil {
					err = e
					mu.Unlock()
					return
				}
				h.all = append(h.all, c)
				r.Count++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	r.Took = time.Since(begin)
	return r, err
}

// openFlow asks until an answer comes: datagrams may get lost.
func openFlow(addr string) (net.Conn, error) {
	c, err := net.Dial("udp", addr)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 1500)
	for range 10 {
		if err = c.SetReadDeadline(time.Now().Add(patience / 5)); err != nil {
			break
		}
		if _, err = c.Write(b[:pingSize]); err != nil {
			continue // a refusal of the one before
		}
		if _, err = c.Read(b); err == nil {
			return c, nil
		}
	}
	c.Close()
	return nil, err
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
