package dns

import (
	"errors"
	"math/rand/v2"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// TTL is how long others may keep our records, in seconds.
const TTL = 5

const (
	// MinUDP is what every asker takes in one packet (RFC 1035, 4.2.1).
	MinUDP = 512
	// MaxUDP is the largest packet we send or take (RFC 6891, 6.2.5).
	MaxUDP = 4096
	// MaxTCP is the largest message (RFC 1035, 4.2.2).
	MaxTCP = 65535
)

// question is a message that was understood.
type question struct {
	header dnsmessage.Header
	dnsmessage.Question
	edns bool
	size int // what the asker takes in one packet
}

var (
	// errSilent: not to be answered at all.
	errSilent = errors.New("no question")
	// errFormat: to be answered with FORMERR.
	errFormat = errors.New("malformed question")
)

// parse reads a message that an asker sent.
func parse(msg []byte) (question, error) {
	var p dnsmessage.Parser
	h, err := p.Start(msg)
	if err != nil || h.Response {
		return question{}, errSilent // an answer to an answer would go on for ever
	}
	q := question{header: h, size: MinUDP}
	if h.OpCode != 0 {
		return q, nil
	}
	questions, err := p.AllQuestions()
	if err != nil || len(questions) != 1 {
		return q, errFormat
	}
	q.Question = questions[0]
	if p.SkipAllAnswers() != nil || p.SkipAllAuthorities() != nil {
		return q, errFormat
	}
	for {
		rh, err := p.AdditionalHeader()
		if errors.Is(err, dnsmessage.ErrSectionDone) {
			return q, nil
		}
		if err != nil {
			return q, errFormat
		}
		if rh.Type == dnsmessage.TypeOPT {
			q.edns, q.size = true, min(max(int(rh.Class), MinUDP), MaxUDP)
		}
		if p.SkipAdditional() != nil {
			return q, errFormat
		}
	}
}

// Answer answers the message of an asker, known by its id in the zone. An
// answer of nil with forward means: this is for the resolvers outside. nil
// without forward means: no answer at all. Over UDP an answer that the asker
// cannot take is cut and marked (RFC 2181, 9).
func Answer(z *Zone, asker string, msg []byte, tcp bool) (answer []byte, forward bool) {
	q, err := parse(msg)
	switch {
	case errors.Is(err, errSilent):
		return nil, false
	case err != nil:
		return q.reply(dnsmessage.RCodeFormatError, nil, MinUDP), false
	case q.header.OpCode != 0:
		return q.reply(dnsmessage.RCodeNotImplemented, nil, MinUDP), false
	case q.Class != dnsmessage.ClassINET && q.Class != dnsmessage.ClassANY:
		return q.reply(dnsmessage.RCodeRefused, nil, MinUDP), false // CHAOS asks about the server itself
	}
	records, v := resolve(z, asker, q.Question)
	limit := q.size
	if tcp {
		limit = MaxTCP
	}
	switch v {
	case foreign:
		return nil, true
	case present:
		return q.reply(dnsmessage.RCodeSuccess, records, limit), false
	case absent, denied:
	}
	return q.reply(dnsmessage.RCodeNameError, nil, limit), false
}

// Failure is the answer for a message that nobody outside answered: one label
// can only have been meant for us, so it is NXDOMAIN, else SERVFAIL.
func Failure(msg []byte) []byte {
	q, err := parse(msg)
	if err != nil {
		return nil
	}
	code := dnsmessage.RCodeServerFailure
	if !strings.Contains(strings.TrimSuffix(q.Name.String(), "."), ".") {
		code = dnsmessage.RCodeNameError
	}
	return q.reply(code, nil, MinUDP)
}

// resolve turns a question into records.
func resolve(z *Zone, asker string, q dnsmessage.Question) ([]dnsmessage.ResourceBody, verdict) {
	name := q.Name.String()
	if a, ok := reverseName(name); ok {
		return resolveReverse(z, asker, q.Type, a)
	}
	if fold1(name) == "localhost" {
		return addressRecords(q.Type, netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()), present
	}
	addrs, v := z.lookup(asker, name)
	// Shuffled, so that clients that take the first spread over the replicas.
	rand.Shuffle(len(addrs), func(i, j int) { addrs[i], addrs[j] = addrs[j], addrs[i] })
	return addressRecords(q.Type, addrs...), v
}

func resolveReverse(z *Zone, asker string, t dnsmessage.Type, a netip.Addr) ([]dnsmessage.ResourceBody, verdict) {
	name, v := "localhost", present
	if !a.IsLoopback() {
		name, v = z.reverse(asker, a)
	}
	if v != present || t != dnsmessage.TypePTR && t != dnsmessage.TypeALL {
		return nil, v
	}
	n, err := dnsmessage.NewName(name + ".")
	if err != nil {
		return nil, absent // a name of more than 255 bytes cannot be said
	}
	return []dnsmessage.ResourceBody{&dnsmessage.PTRResource{PTR: n}}, present
}

func addressRecords(t dnsmessage.Type, addrs ...netip.Addr) []dnsmessage.ResourceBody {
	var out []dnsmessage.ResourceBody
	for _, a := range addrs {
		switch {
		case a.Is4() && (t == dnsmessage.TypeA || t == dnsmessage.TypeALL):
			out = append(out, &dnsmessage.AResource{A: a.As4()})
		case a.Is6() && (t == dnsmessage.TypeAAAA || t == dnsmessage.TypeALL):
			out = append(out, &dnsmessage.AAAAResource{AAAA: a.As16()})
		}
	}
	return out
}
