package egress

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"golang.org/x/sys/unix"
)

// Lengths of headers without options.
const (
	header4    = 20
	header6    = 40
	headerTCP  = 20
	headerUDP  = 8
	headerICMP = 8
)

// Bits of byte 13 of a TCP header (RFC 9293, 3.1).
const (
	flagSYN = 0x02
	flagRST = 0x04
	flagACK = 0x10
)

// packet is an IP packet of one of the two kinds that the packet sockets see: a
// SYN or an echo request.
type packet struct {
	from, to netip.Addr
	protocol byte   // unix.IPPROTO_TCP, _ICMP, _ICMPV6
	head     []byte // IP header with its options
	body     []byte // TCP or ICMP, as long as the IP header says
}

// parse reads a packet that begins with its IP header. Fragments and IPv6
// extension headers are not for us.
func parse(b []byte) (p packet, ok bool) {
	if len(b) < header4 {
		return p, false
	}
	switch b[0] >> 4 {
	case 4:
		n, total := int(b[0]&15)*4, int(binary.BigEndian.Uint16(b[2:]))
		if n < header4 || total < n || total > len(b) || binary.BigEndian.Uint16(b[6:])&0x3fff != 0 {
			return p, false
		}
		p = packet{netip.AddrFrom4([4]byte(b[12:])), netip.AddrFrom4([4]byte(b[16:])), b[9], b[:n], b[n:total]}
	case 6:
		if len(b) < header6 {
			return p, false
		}
		total := header6 + int(binary.BigEndian.Uint16(b[4:]))
		if total > len(b) {
			return p, false
		}
		p = packet{netip.AddrFrom16([16]byte(b[8:])), netip.AddrFrom16([16]byte(b[24:])), b[6], b[:header6], b[header6:total]}
	default:
		return p, false
	}
	switch {
	case p.protocol == unix.IPPROTO_TCP:
		return p, len(p.body) >= headerTCP && p.tcpLen() >= headerTCP && p.tcpLen() <= len(p.body)
	case p.protocol == unix.IPPROTO_ICMP && p.from.Is4(), p.protocol == unix.IPPROTO_ICMPV6 && p.from.Is6():
		return p, len(p.body) >= headerICMP
	}
	return p, false
}

func (p packet) tcpLen() int { return int(p.body[12]>>4) * 4 }

// flow is the pair of ends of a TCP packet.
func (p packet) flow() flow {
	return flow{
		netip.AddrPortFrom(p.from, binary.BigEndian.Uint16(p.body)),
		netip.AddrPortFrom(p.to, binary.BigEndian.Uint16(p.body[2:])),
	}
}

// clone is a copy that outlives the buffer that the packet was read into.
func (p packet) clone() packet {
	p.head, p.body = slices.Clone(p.head), slices.Clone(p.body)
	return p
}

// flow tells conversations apart.
type flow struct{ client, to netip.AddrPort }

// synAgain is the SYN to be put back: without data, which its sender repeats, and
// with its checksum, which the sender left to a network card that does not exist.
func (p packet) synAgain() []byte {
	tcp := append([]byte(nil), p.body[:p.tcpLen()]...)
	seal(tcp, 16, p.from, p.to, unix.IPPROTO_TCP)
	return ipPacket(p.from, p.to, unix.IPPROTO_TCP, tcp)
}

// reset answers a SYN as a machine does on whose port nobody listens (RFC 9293,
// 3.5.2): the sequence number is 0, and what is acknowledged is the SYN.
func (p packet) reset() []byte {
	var tcp [headerTCP]byte
	copy(tcp[0:2], p.body[2:4])
	copy(tcp[2:4], p.body[0:2])
	data := uint32(len(p.body) - p.tcpLen())
	binary.BigEndian.PutUint32(tcp[8:], binary.BigEndian.Uint32(p.body[4:])+1+data)
	tcp[12], tcp[13] = headerTCP/4<<4, flagRST|flagACK
	seal(tcp[:], 16, p.to, p.from, unix.IPPROTO_TCP)
	return ipPacket(p.to, p.from, unix.IPPROTO_TCP, tcp[:])
}

// quote is the beginning of the packet, as an ICMP error must have it.
func (p packet) quote() []byte {
	q := append([]byte(nil), p.head...)
	return append(q, p.body[:min(len(p.body), 64)]...)
}

// hops is over how many routers the packet may go.
func (p packet) hops() int {
	if p.from.Is4() {
		return int(p.head[8])
	}
	return int(p.head[7])
}

// echoID is the identifier of an echo request.
func (p packet) echoID() uint16 { return binary.BigEndian.Uint16(p.body[4:]) }

// unreachable is the ICMP error about a packet of which quote is the beginning:
// sent by by, to to.
func unreachable(by, to netip.Addr, r reason, quote []byte) []byte {
	if to.Is4() {
		return icmpError(by, to, destinationUnreachable4, r.code4, quote)
	}
	return icmpError(by, to, destinationUnreachable6, r.code6, quote)
}

func icmpError(by, to netip.Addr, kind, code byte, quote []byte) []byte {
	b := make([]byte, headerICMP, headerICMP+len(quote))
	b[0], b[1] = kind, code
	b = append(b, quote...)
	protocol := byte(unix.IPPROTO_ICMP)
	if to.Is6() {
		protocol = unix.IPPROTO_ICMPV6
	}
	seal(b, 2, by, to, protocol)
	return ipPacket(by, to, protocol, b)
}

// udpQuote is the beginning of a UDP packet that was sent some time ago: what an
// ICMP error about it has to quote.
func udpQuote(f flow) []byte {
	var udp [headerUDP]byte
	binary.BigEndian.PutUint16(udp[0:], f.client.Port())
	binary.BigEndian.PutUint16(udp[2:], f.to.Port())
	binary.BigEndian.PutUint16(udp[4:], headerUDP)
	return ipPacket(f.client.Addr(), f.to.Addr(), unix.IPPROTO_UDP, udp[:])
}

// ipPacket puts an IP header before body.
func ipPacket(from, to netip.Addr, protocol byte, body []byte) []byte {
	if from.Is4() {
		b := make([]byte, header4, header4+len(body))
		b[0], b[8], b[9] = 0x45, 64, protocol
		binary.BigEndian.PutUint16(b[2:], uint16(header4+len(body)))
		copy(b[12:], from.AsSlice())
		copy(b[16:], to.AsSlice())
		binary.BigEndian.PutUint16(b[10:], ^sum(0, b))
		return append(b, body...)
	}
	b := make([]byte, header6, header6+len(body))
	b[0], b[6], b[7] = 0x60, protocol, 64
	binary.BigEndian.PutUint16(b[4:], uint16(len(body)))
	copy(b[8:], from.AsSlice())
	copy(b[24:], to.AsSlice())
	return append(b, body...)
}

// seal writes the checksum at offset at of a transport header (RFC 1071; with the
// pseudo-header of RFC 9293 3.1 and RFC 8200 8.1, but for ICMP on IPv4).
func seal(b []byte, at int, from, to netip.Addr, protocol byte) {
	b[at], b[at+1] = 0, 0
	var s uint32
	if protocol != unix.IPPROTO_ICMP {
		s = uint32(sum(uint32(sum(0, from.AsSlice())), to.AsSlice())) + uint32(protocol) + uint32(len(b))
	}
	binary.BigEndian.PutUint16(b[at:], ^sum(s, b))
}

// sum adds b to s in ones' complement.
func sum(s uint32, b []byte) uint16 {
	t := uint64(s)
	for ; len(b) >= 4; b = b[4:] {
		t += uint64(binary.BigEndian.Uint32(b))
	}
	if len(b) >= 2 {
		t += uint64(binary.BigEndian.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		t += uint64(b[0]) << 8
	}
	for t > 0xffff {
		t = t>>16 + t&0xffff
	}
	return uint16(t)
}
