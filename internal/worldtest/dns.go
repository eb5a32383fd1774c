package worldtest

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// The names of the outside. EchoV4 and EchoV6 are where a world's echo is found
// by name; whatever addresses the test gave it.
var (
	EchoV4 = netip.MustParseAddr("203.0.113.10")
	EchoV6 = netip.MustParseAddr("2001:db8:cb::10")
)

// lookup answers:
//
//	echo.example, *.wild.example   EchoV4 and EchoV6
//	only4.example, only6.example   one of them
//	who.example                    the address of the server that was asked, and TXT with its NAME
//	big.example                    TXT of 3,000 bytes: by UDP it is cut
//	slow.example                   EchoV4, after 700 ms
//	silent.example                 nothing, never
//	the address of EchoV4          PTR echo.example
//	all else                       no such name
func (w *World) lookup(name string, self netip.Addr) (records []dnsmessage.ResourceBody, code dnsmessage.RCode) {
	v4, v6 := &dnsmessage.AResource{A: EchoV4.As4()}, &dnsmessage.AAAAResource{AAAA: EchoV6.As16()}
	name = strings.ToLower(name)
	switch {
	case name == "echo.example.", strings.HasSuffix(name, ".wild.example."):
		return []dnsmessage.ResourceBody{v4, v6}, 0
	case name == "only4.example.", name == "slow.example.":
		return []dnsmessage.ResourceBody{v4}, 0
	case name == "only6.example.":
		return []dnsmessage.ResourceBody{v6}, 0
	case name == "who.example." && self.Is4():
		return []dnsmessage.ResourceBody{&dnsmessage.AResource{A: self.As4()}, &dnsmessage.TXTResource{TXT: []string{w.name}}}, 0
	case name == "who.example.":
		return []dnsmessage.ResourceBody{&dnsmessage.AAAAResource{AAAA: self.As16()}, &dnsmessage.TXTResource{TXT: []string{w.name}}}, 0
	case name == "big.example.":
		txt := &dnsmessage.TXTResource{}
		for range 15 {
			txt.TXT = append(txt.TXT, strings.Repeat("x", 200))
		}
		return []dnsmessage.ResourceBody{txt}, 0
	case name == "10.113.0.203.in-addr.arpa.":
		return []dnsmessage.ResourceBody{&dnsmessage.PTRResource{PTR: dnsmessage.MustNewName("echo.example.")}}, 0
	}
	return nil, dnsmessage.RCodeNameError
}

// answer is nil for what is not to be answered.
func (w *World) answer(msg []byte, self, from netip.Addr, limit int) []byte {
	var m dnsmessage.Message
	if m.Unpack(msg) != nil || m.Response || len(m.Questions) != 1 {
		return nil
	}
	q := m.Questions[0]
	name := q.Name.String()
	w.queries.add(fmt.Sprintf("%s asks %s for %s %s", from, self, name, strings.TrimPrefix(q.Type.String(), "Type")))
	switch strings.ToLower(name) {
	case "silent.example.":
		return nil
	case "slow.example.":
		time.Sleep(700 * time.Millisecond)
	}
	records, code := w.lookup(name, self)
	m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, code, nil
	for _, r := range records {
		if kind := typeOf(r); kind == q.Type || q.Type == dnsmessage.TypeALL {
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}, Body: r})
		}
	}
	out, err := m.Pack()
	if err == nil && len(out) > limit {
		m.Truncated, m.Answers = true, nil
		out, err = m.Pack()
	}
	if err != nil {
		return nil
	}
	return out
}

func typeOf(r dnsmessage.ResourceBody) dnsmessage.Type {
	switch r.(type) {
	case *dnsmessage.AResource:
		return dnsmessage.TypeA
	case *dnsmessage.AAAAResource:
		return dnsmessage.TypeAAAA
	case *dnsmessage.PTRResource:
		return dnsmessage.TypePTR
	}
	return dnsmessage.TypeTXT
}

// dnsPacket answers by UDP; each packet in a goroutine, for some are slow.
func (w *World) dnsPacket(c net.PacketConn, msg []byte, from net.Addr) {
	go func() {
		if b := w.answer(msg, addrOf(c.LocalAddr()), addrOf(from), 512); b != nil {
			c.WriteTo(b, from) //nolint:errcheck // as the network does: lost
		}
	}()
}

func (w *World) dnsStream(c net.Conn) {
	for {
		var size [2]byte
		if _, err := io.ReadFull(c, size[:]); err != nil {
			return
		}
		msg := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(c, msg); err != nil {
			return
		}
		b := w.answer(msg, addrOf(c.LocalAddr()), addrOf(c.RemoteAddr()), 65535)
		if b == nil {
			return
		}
		if _, err := c.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...)); err != nil {
			return
		}
	}
}

func addrOf(a net.Addr) netip.Addr {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap()
}

// queryLog is what was asked, in order.
type queryLog struct {
	mu    sync.Mutex
	lines []string
}

func (q *queryLog) add(line string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.lines = append(q.lines, line)
}

func (q *queryLog) text() string {
	q.mu.Lock()
	defer q.mu.Unlock()
	return strings.Join(append(q.lines, ""), "\n")
}
