package load

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"time"
)

// open connects and says what is wanted.
func open(addr string, mode byte) (net.Conn, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	if _, err := c.Write([]byte{mode}); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// bulk sends one stream for that long. The time is that until the server has
// said how much it got.
func bulk(o Order) (r Result, err error) {
	c, err := open(o.Addr, modeBulk)
	if err != nil {
		return r, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(o.For + patience)); err != nil {
		return r, err
	}
	b := make([]byte, block)
	var sent int64
	begin := time.Now()
	for time.Since(begin) < o.For {
		n, err := c.Write(b)
		sent += int64(n)
		if err != nil {
			return r, fmt.Errorf("after %d bytes: %w", sent, err)
		}
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		return r, err
	}
	var sum [8]byte
	if _, err := io.ReadFull(c, sum[:]); err != nil {
		return r, fmt.Errorf("the server's sum: %w", err)
	}
	r.Took, r.Bytes = time.Since(begin), int64(binary.BigEndian.Uint64(sum[:]))
	r.Lost = sent - r.Bytes
	return r, nil
}

// ping sends and awaits 64 bytes again and again on one connection.
func ping(o Order) (Result, error) {
	c, err := open(o.Addr, modePing)
	if err != nil {
		return Result{}, err
	}
	defer c.Close()
	b := make([]byte, pingSize)
	return repeat(o.For, func() error { return exchange(c, b) })
}

// connects opens a connection, reads one byte and closes it, one after the other.
func connects(o Order) (Result, error) {
	b := make([]byte, 1)
	return repeat(o.For, func() error {
		c, err := open(o.Addr, modeConnect)
		if err != nil {
			return err
		}
		defer c.Close()
		if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
			return err
		}
		_, err = io.ReadFull(c, b)
		return err
	})
}

// udp sends a datagram and awaits it, again and again on one socket.
func udp(o Order) (Result, error) {
	c, err := net.Dial("udp", o.Addr)
	if err != nil {
		return Result{}, err
	}
	defer c.Close()
	b := make([]byte, pingSize)
	return repeat(o.For, func() error { return exchange(c, b) })
}

func exchange(c net.Conn, b []byte) error {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return err
	}
	if _, err := c.Write(b); err != nil {
		return err
	}
	_, err := io.ReadFull(c, b)
	return err
}

// repeat does f once, unmeasured, and then until the time is over.
func repeat(d time.Duration, f func() error) (r Result, err error) {
	if err := f(); err != nil {
		return r, err
	}
	var each []time.Duration
	begin := time.Now()
	for last := begin; last.Sub(begin) < d; {
		if err := f(); err != nil {
			return r, fmt.Errorf("after %d times: %w", len(each), err)
		}
		now := time.Now()
		each = append(each, now.Sub(last))
		last = now
	}
	r.Took = time.Since(begin)
	r.summarise(each)
	return r, nil
}

func (r *Result) summarise(each []time.Duration) {
	if r.Count = len(each); r.Count == 0 {
		return
	}
	slices.Sort(each)
	r.P50, r.P99 = each[len(each)/2], each[len(each)*99/100]
}
