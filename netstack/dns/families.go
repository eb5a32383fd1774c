package dns

import (
	"sync/atomic"

	"golang.org/x/net/dns/dnsmessage"
)

// families are the address families of which the host has no way to the
// outside. An address that leads nowhere is worse than none: many clients try it
// first and wait.
type families struct{ no4, no6 atomic.Bool }

// SetFamilies says which families the host has a way to the outside for; both,
// until it is said. Of the others no address of an outside name is answered: the
// name exists and has none. Our own names are not concerned.
func (s *Server) SetFamilies(v4, v6 bool) {
	s.families.no4.Store(!v4)
	s.families.no6.Store(!v6)
}

// offered returns the answer from outside as the asker may have it.
func (f *families) offered(msg, answer []byte) []byte {
	no4, no6 := f.no4.Load(), f.no6.Load()
	if !no4 && !no6 || dnsmessage.RCode(answer[3]&0xf) != dnsmessage.RCodeSuccess {
		return answer
	}
	q, err := parse(msg)
	if err == nil && (no4 && q.Type == dnsmessage.TypeA || no6 && q.Type == dnsmessage.TypeAAAA) {
		return q.reply(dnsmessage.RCodeSuccess, nil, MinUDP)
	}
	return answer
}
