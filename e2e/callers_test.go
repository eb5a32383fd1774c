package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// callers ask `probe answer` behind a port all the time, until they are stopped.
type callers struct {
	stop chan struct{}
	wg   sync.WaitGroup

	mu      sync.Mutex
	refused map[string]int // by protocol: nobody had the port
	broken  int            // connections that were reset before the answer
	answers map[string]int // by protocol
	hosts   map[string]int // who answered
}

// call starts callers of the protocols at an address.
func call(t *testing.T, port int, protocols ...string) *callers {
	t.Helper()
	c := &callers{stop: make(chan struct{}), refused: map[string]int{}, answers: map[string]int{}, hosts: map[string]int{}}
	for _, p := range protocols {
		c.wg.Go(func() {
			for {
				select {
				case <-c.stop:
					return
				case <-time.After(2 * time.Millisecond):
				}
				host, err := askWho(p, fmt.Sprintf("127.0.0.1:%d", port), 20*time.Second)
				c.note(p, host, err)
			}
		})
	}
	t.Cleanup(c.end)
	return c
}

func (c *callers) note(protocol, host string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case err == nil:
		c.answers[protocol]++
		c.hosts[host]++
	case errors.Is(err, syscall.ECONNREFUSED):
		c.refused[protocol]++
	default:
		c.broken++
	}
}

// so is what they have seen up to now: a copy of answers, and all refusals.
func (c *callers) so() (answers map[string]int, refused int, hosts []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range c.refused {
		refused += n
	}
	return maps.Clone(c.answers), refused, slices.Sorted(maps.Keys(c.hosts))
}

func (c *callers) end() {
	select {
	case <-c.stop:
	default:
		close(c.stop)
	}
	c.wg.Wait()
}

// askWho asks `probe answer` for its host name. A datagram is sent again while
// no answer comes, as every client of UDP does.
func askWho(protocol, addr string, limit time.Duration) (host string, err error) {
	c, err := net.DialTimeout(protocol, addr, limit)
	if err != nil {
		return "", err
	}
	defer c.Close()
	end := time.Now().Add(limit)
	for {
		if protocol == "udp" {
			if _, err := c.Write([]byte("?")); err != nil {
				return "", err
			}
		}
		wait := end
		if protocol == "udp" && time.Now().Add(200*time.Millisecond).Before(end) {
			wait = time.Now().Add(200 * time.Millisecond)
		}
		if err := c.SetReadDeadline(wait); err != nil {
			return "", err
		}
		if protocol == "tcp" {
			line, err := bufio.NewReader(c).ReadString('\n')
			host, _, _ = strings.Cut(line, " ")
			return host, err
		}
		buf := make([]byte, 200)
		n, err := c.Read(buf)
		var timeout net.Error
		if errors.As(err, &timeout) && timeout.Timeout() && time.Now().Before(end) {
			continue
		}
		host, _, _ = strings.Cut(string(buf[:n]), " ")
		return host, err
	}
}

// freePort is a port that nobody has for TCP nor UDP, outside of the range from
// which the kernel takes those of clients.
func freePort(t *testing.T) int {
	t.Helper()
	return freePorts(t, 1)
}

// freePorts is the first of so many such ports.
func freePorts(t *testing.T, count int) int {
	t.Helper()
	for range 200 {
		first := 10000 + rand.IntN(20000)
		free := 0
		for free < count && isFree(first+free) {
			free++
		}
		if free == count {
			return first
		}
	}
	t.Fatalf("no %d free ports in a row", count)
	return 0
}

func isFree(port int) bool {
	l, err := net.Listen("tcp", fmt.Sprintf(":%d", port))
	if err != nil {
		return false
	}
	l.Close()
	u, err := net.ListenPacket("udp", fmt.Sprintf(":%d", port))
	if err != nil {
		return false
	}
	u.Close()
	return true
}
