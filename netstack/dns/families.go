package dns

import (
	"net/netip"
	"syscall"

	"golang.org/x/net/dns/dnsmessage"
)

// offered returns the answer from outside as the asker may have it: addresses of
// which the host can route none are left out, as if the name had none of this
// family. One that leads nowhere is worse than none, since many clients try it first.
// By the address and not by the family, because a host without IPv6 to the internet
// may have it in its LAN or by a VPN.
func (s *Server) offered(msg, answer []byte) []byte {
	q, err := parse(msg)
	if err != nil || s.routable == nil || q.Type != dnsmessage.TypeA && q.Type != dnsmessage.TypeAAAA {
		return answer
	}
	addrs := addressesIn(answer)
	for _, a := range addrs {
		if s.routable(a) {
			return answer
		}
	}
	if len(addrs) == 0 {
		return answer
	}
	return q.reply(dnsmessage.RCodeSuccess, nil, MinUDP)
}

// addressesIn lists the addresses of an answer, as far as it can be read.
func addressesIn(answer []byte) (addrs []netip.Addr) {
	var p dnsmessage.Parser
	if _, err := p.Start(answer); err != nil || p.SkipAllQuestions() != nil {
		return nil
	}
	for {
		h, err := p.AnswerHeader()
		if err != nil {
			return addrs
		}
		switch h.Type {
		case dnsmessage.TypeA:
			if r, err := p.AResource(); err == nil {
				addrs = append(addrs, netip.AddrFrom4(r.A))
				continue
			}
			return addrs
		case dnsmessage.TypeAAAA:
			if r, err := p.AAAAResource(); err == nil {
				addrs = append(addrs, netip.AddrFrom16(r.AAAA))
				continue
			}
			return addrs
		}
		if p.SkipAnswer() != nil {
			return addrs
		}
	}
}

// Routable tells whether the net namespace of this process has a route to the
// address: the connect(2) of a UDP socket looks for one and sends nothing. What else
// may be wrong is not the address's fault.
func Routable(a netip.Addr) bool {
	family, to := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Port: 9, Addr: a.As16()})
	if a.Is4() {
		family, to = syscall.AF_INET, &syscall.SockaddrInet4{Port: 9, Addr: a.As4()}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_DGRAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return err != syscall.EAFNOSUPPORT // a kernel without IPv6
	}
	defer syscall.Close(fd)
	switch syscall.Connect(fd, to) {
	case syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.EADDRNOTAVAIL:
		return false
	}
	return true
}
