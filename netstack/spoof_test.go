package netstack

import (
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// heard collects what arrives outside, by UDP datagram or by TCP connection.
type heard struct {
	mu    sync.Mutex
	words []string
}

func (h *heard) add(w string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.words = append(h.words, w)
}

func (h *heard) has(w string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Contains(h.words, w)
}

func (h *heard) listen(t *testing.T, n *internet, addr string) {
	t.Helper()
	var l net.Listener
	var c net.PacketConn
	visit(t, n.ns, func() (err error) {
		if l, err = net.Listen("tcp", addr); err == nil {
			c, err = net.ListenPacket("udp", addr)
		}
		return err
	})
	t.Cleanup(func() { l.Close(); c.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			h.add("tcp " + addr)
			c.Close()
		}
	}()
	go func() {
		buf := make([]byte, 100)
		for {
			n, _, err := c.ReadFrom(buf)
			if err != nil {
				return
			}
			h.add(string(buf[:n]) + " " + addr)
		}
	}()
}

// sendFrom sends a datagram and tries a connection from an address of ns.
func sendFrom(t *testing.T, ns *os.File, from netip.Addr, to, text string) {
	t.Helper()
	visit(t, ns, func() error {
		u := net.Dialer{LocalAddr: net.UDPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), Timeout: time.Second}
		c, err := u.Dial("udp", to)
		if err != nil {
			return err
		}
		if _, err := c.Write([]byte(text)); err != nil {
			return err
		}
		c.Close()
		d := net.Dialer{LocalAddr: net.TCPAddrFromAddrPort(netip.AddrPortFrom(from, 0)), Timeout: time.Second}
		if c, err := d.Dial("tcp", to); err == nil {
			c.Close()
		}
		return nil
	})
}

// A container that takes the address of one on another network gets nothing out
// under it: neither a datagram nor the attempt of a connection.
func TestNobodyActsForAnotherNetwork(t *testing.T) {
	if !isolated(t) {
		return
	}
	requireIPv6(t)
	n := newInternet(t)
	s := open(t, newNamespace(t), newHolder(t))
	must(t, s.SetIPv6Way(true))
	ensure(t, s, Network{Name: "a", IPv6: true})
	ensure(t, s, Network{Name: "b", IPv6: true})
	x, y := service(t, s, "x-1", "a"), service(t, s, "y-1", "b")
	for _, at := range []string{"198.18.0.2", "2001:db8::2"} {
		to, control := net.JoinHostPort(at, "7"), net.JoinHostPort(at, "8")
		var h heard
		h.listen(t, n, to)
		h.listen(t, n, control)
		own, others := x.Endpoints()[0].IPv4, y.Endpoints()[0].IPv4
		if netip.MustParseAddr(at).Is6() {
			own, others = x.Endpoints()[0].IPv6, y.Endpoints()[0].IPv6
		}
		inspect(t, x.NS(), func(h *netlink.Handle) {
			l, err := h.LinkByName("eth0")
			must(t, err)
			must(t, h.AddrAdd(l, &netlink.Addr{IPNet: ipNet(netip.PrefixFrom(others, others.BitLen())), Flags: unix.IFA_F_NODAD}))
		})
		sendFrom(t, x.NS(), others, to, "spoofed")
		settles(t, "what is sent from its own address arrives", func() bool {
			sendFrom(t, x.NS(), own, control, "own")
			return h.has("own "+control) && h.has("tcp "+control)
		})
		if h.has("spoofed "+to) || h.has("tcp "+to) {
			t.Errorf("%s was reached under the address of another network: %q", to, h.words)
		}
		settles(t, "its owner is heard", func() bool { // the control
			sendFrom(t, y.NS(), others, to, "y")
			return h.has("y "+to) && h.has("tcp "+to)
		})
	}
}
