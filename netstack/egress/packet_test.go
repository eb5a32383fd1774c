package egress

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"testing"

	"golang.org/x/sys/unix"
)

// synPacket is a SYN with the option MSS and some data.
func synPacket(from, to netip.AddrPort, data string) []byte {
	tcp := make([]byte, headerTCP+4)
	binary.BigEndian.PutUint16(tcp[0:], from.Port())
	binary.BigEndian.PutUint16(tcp[2:], to.Port())
	binary.BigEndian.PutUint32(tcp[4:], 0xfffffffe) // the acknowledgement wraps
	tcp[12], tcp[13] = 6<<4, flagSYN
	copy(tcp[20:], []byte{2, 4, 5, 0xb4})
	tcp = append(tcp, data...)
	return ipPacket(from.Addr(), to.Addr(), unix.IPPROTO_TCP, tcp)
}

// checksum is 0 for a transport header whose checksum is right.
func checksum(p packet) uint16 {
	if p.protocol == unix.IPPROTO_ICMP {
		return ^sum(0, p.body)
	}
	pseudo := append(p.from.AsSlice(), p.to.AsSlice()...)
	pseudo = binary.BigEndian.AppendUint32(pseudo, uint32(len(p.body)))
	pseudo = append(pseudo, 0, 0, 0, p.protocol)
	return ^sum(uint32(sum(0, pseudo)), p.body)
}

var families = map[string][2]netip.AddrPort{
	"IPv4": {netip.MustParseAddrPort("10.89.0.2:40000"), netip.MustParseAddrPort("198.51.100.7:443")},
	"IPv6": {netip.MustParseAddrPort("[fd00::2]:40000"), netip.MustParseAddrPort("[2001:db8::7]:443")},
}

func TestSYN(t *testing.T) {
	for name, ends := range families {
		t.Run(name, func(t *testing.T) {
			p, ok := parse(synPacket(ends[0], ends[1], "early"))
			if !ok || p.flow() != (flow{ends[0], ends[1]}) {
				t.Fatalf("%t, %+v", ok, p.flow())
			}
			again, ok := parse(p.synAgain())
			if !ok || again.flow() != p.flow() || len(again.body) != p.tcpLen() || checksum(again) != 0 || !bytes.Equal(again.body[20:24], p.body[20:24]) {
				t.Errorf("again: %t, % x", ok, again.body)
			}
			r, ok := parse(p.reset())
			if !ok || r.flow() != (flow{ends[1], ends[0]}) || checksum(r) != 0 {
				t.Errorf("reset: %t, %+v, checksum %x", ok, r.flow(), checksum(r))
			}
			// SYN and five bytes of data are acknowledged.
			if ack := binary.BigEndian.Uint32(r.body[8:]); ack != 4 || r.body[13] != flagRST|flagACK {
				t.Errorf("reset acknowledges %d with flags %x", ack, r.body[13])
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	for name, ends := range families {
		t.Run(name, func(t *testing.T) {
			p, _ := parse(synPacket(ends[0], ends[1], ""))
			by := netip.MustParseAddr(map[string]string{"IPv4": "10.89.0.1", "IPv6": "fd00::1"}[name])
			for _, quote := range [][]byte{p.quote(), udpQuote(p.flow())} {
				e, ok := parse(unreachable(by, p.from, noHost, quote))
				if !ok || e.from != by || e.to != p.from || checksum(e) != 0 {
					t.Fatalf("%t, %+v, checksum %x", ok, e, checksum(e))
				}
				want := []byte{3, 1}
				if name == "IPv6" {
					want = []byte{1, 3}
				}
				if !bytes.Equal(e.body[:2], want) || !bytes.Equal(e.body[8:], quote) {
					t.Errorf("% x", e.body)
				}
			}
		})
	}
}

// A header from RFC 1071's own example, and one with an odd length.
func TestSum(t *testing.T) {
	for in, want := range map[string]uint16{"0001f203f4f5f6f7": 0xddf2, "0001f203f4f5f6": 0xdcfb, "": 0, "ff": 0xff00} {
		b, err := hex.DecodeString(in)
		if err != nil {
			t.Fatal(err)
		}
		if got := sum(0, b); got != want {
			t.Errorf("%s: %x, want %x", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, ends := range families {
		f.Add(synPacket(ends[0], ends[1], "x"))
		f.Add(unreachable(ends[0].Addr(), ends[1].Addr(), noHost, synPacket(ends[0], ends[1], "")))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, ok := parse(b)
		if !ok {
			return
		}
		p = p.clone()
		p.quote()
		p.hops()
		if p.protocol != unix.IPPROTO_TCP {
			p.echoID()
			return
		}
		for _, out := range [][]byte{p.synAgain(), p.reset(), unreachable(p.to, p.from, noRoute, p.quote())} {
			if again, ok := parse(out); !ok || checksum(again) != 0 {
				t.Errorf("% x became % x", b, out)
			}
		}
	})
}
