package firewall

import (
	"encoding/binary"
	"net/netip"

	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// The parts of a rule, in nft's register machine (nft(8)): each loads something
// into register 1 and goes on only if it compares equal.

func equals(data []byte) expr.Any {
	return &expr.Cmp{Op: expr.CmpOpEq, Register: 1, Data: data}
}

// from matches the interface of arrival.
func from(name string) []expr.Any { return interfaceIs(expr.MetaKeyIIFNAME, name) }

// to matches the interface of departure.
func to(name string) []expr.Any { return interfaceIs(expr.MetaKeyOIFNAME, name) }

func interfaceIs(key expr.MetaKey, name string) []expr.Any {
	b := make([]byte, unix.IFNAMSIZ)
	copy(b, name)
	return []expr.Any{&expr.Meta{Key: key, Register: 1}, equals(b)}
}

// protocol matches the transport protocol, behind IPv6's extension headers too.
func protocol(p byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: 1}, equals([]byte{p})}
}

// family matches IPv4 or IPv6: unix.NFPROTO_IPV4, _IPV6.
func family(f byte) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyNFPROTO, Register: 1}, equals([]byte{f})}
}

func familyOf(a netip.Addr) byte {
	if a.Is4() {
		return unix.NFPROTO_IPV4
	}
	return unix.NFPROTO_IPV6
}

// goingTo matches the destination, comingFrom the source (RFC 791, 3.1; RFC 8200, 3).
func goingTo(p netip.Prefix) []expr.Any    { return addressIn(p, 16, 24) }
func comingFrom(p netip.Prefix) []expr.Any { return addressIn(p, 12, 8) }

func addressIn(p netip.Prefix, offset4, offset6 uint32) []expr.Any {
	offset, n := offset4, 4
	if p.Addr().Is6() {
		offset, n = offset6, 16
	}
	out := append(family(familyOf(p.Addr())),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseNetworkHeader, Offset: offset, Len: uint32(n)})
	if p.Bits() < 8*n {
		mask := make([]byte, n)
		for i := range p.Bits() {
			mask[i/8] |= 0x80 >> (i % 8)
		}
		out = append(out, &expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: uint32(n), Mask: mask, Xor: make([]byte, n)})
	}
	return append(out, equals(p.Masked().Addr().AsSlice()))
}

// toPort matches the destination's port. The protocol must have been matched.
func toPort(port uint16) []expr.Any {
	return []expr.Any{
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 2, Len: 2},
		equals(binary.BigEndian.AppendUint16(nil, port)),
	}
}

// opens matches the first packet of a TCP connection: SYN of FIN, SYN, RST, ACK.
func opens() []expr.Any {
	return append(protocol(unix.IPPROTO_TCP),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 13, Len: 1},
		&expr.Bitwise{SourceRegister: 1, DestRegister: 1, Len: 1, Mask: []byte{0x17}, Xor: []byte{0}},
		equals([]byte{0x02}))
}

// icmpType matches the first byte of the transport header.
func icmpType(p, kind byte) []expr.Any {
	return append(protocol(p),
		&expr.Payload{DestRegister: 1, Base: expr.PayloadBaseTransportHeader, Offset: 0, Len: 1}, equals([]byte{kind}))
}

// awaited matches packets for which a socket is there, with IP_TRANSPARENT (1) or
// without (0); an ICMP error belongs to the socket of the packet that it quotes.
func awaited(transparent byte) []expr.Any {
	return []expr.Any{&expr.Socket{Key: expr.SocketKeyTransparent, Register: 1}, equals([]byte{transparent})}
}

func marked(mark uint32) []expr.Any {
	return []expr.Any{&expr.Meta{Key: expr.MetaKeyMARK, Register: 1}, equals(native32(mark))}
}

func setMark(mark uint32) []expr.Any {
	return []expr.Any{
		&expr.Immediate{Register: 1, Data: native32(mark)},
		&expr.Meta{Key: expr.MetaKeyMARK, SourceRegister: true, Register: 1},
	}
}

// relayTo leads a packet to the socket at a.
func relayTo(a netip.AddrPort) []expr.Any {
	return append(family(familyOf(a.Addr())),
		&expr.Immediate{Register: 1, Data: a.Addr().AsSlice()},
		&expr.Immediate{Register: 2, Data: binary.BigEndian.AppendUint16(nil, a.Port())},
		&expr.TProxy{Family: familyOf(a.Addr()), RegAddr: 1, RegPort: 2})
}

func native32(v uint32) []byte { return binary.NativeEndian.AppendUint32(nil, v) }

func accept() []expr.Any { return []expr.Any{&expr.Verdict{Kind: expr.VerdictAccept}} }
func drop() []expr.Any   { return []expr.Any{&expr.Verdict{Kind: expr.VerdictDrop}} }
func back() []expr.Any   { return []expr.Any{&expr.Verdict{Kind: expr.VerdictReturn}} }
func jump(chain string) []expr.Any {
	return []expr.Any{&expr.Verdict{Kind: expr.VerdictJump, Chain: chain}}
}
func leadTo(chain string) []expr.Any {
	return []expr.Any{&expr.Verdict{Kind: expr.VerdictGoto, Chain: chain}}
}
