package dns

import (
	"golang.org/x/net/dns/dnsmessage"
)

// reply builds the answer to q, of at most limit bytes. Records that do not
// fit are left out, and the answer is marked as cut.
func (q question) reply(code dnsmessage.RCode, records []dnsmessage.ResourceBody, limit int) []byte {
	for n := len(records); ; n = n * 3 / 4 {
		msg, err := q.build(code, records[:n], n < len(records))
		if err != nil {
			return nil // only a name that cannot be packed, and parse saw ours unpacked
		}
		if len(msg) <= limit || n == 0 {
			return msg
		}
	}
}

func (q question) build(code dnsmessage.RCode, records []dnsmessage.ResourceBody, cut bool) ([]byte, error) {
	b := dnsmessage.NewBuilder(make([]byte, 0, MinUDP), dnsmessage.Header{
		ID: q.header.ID, OpCode: q.header.OpCode, Response: true, Authoritative: code == dnsmessage.RCodeSuccess,
		RecursionDesired: q.header.RecursionDesired, RecursionAvailable: true,
		CheckingDisabled: q.header.CheckingDisabled, Truncated: cut, RCode: code,
	})
	b.EnableCompression()
	if q.Name.Length > 0 {
		if err := b.StartQuestions(); err != nil {
			return nil, err
		}
		if err := b.Question(q.Question); err != nil {
			return nil, err
		}
	}
	if err := b.StartAnswers(); err != nil {
		return nil, err
	}
	for _, r := range records {
		if err := addRecord(&b, q.Name, r); err != nil {
			return nil, err
		}
	}
	if q.edns {
		if err := addOPT(&b); err != nil {
			return nil, err
		}
	}
	return b.Finish()
}

func addRecord(b *dnsmessage.Builder, name dnsmessage.Name, r dnsmessage.ResourceBody) error {
	// The question's spelling comes back: some askers compare the case.
	h := dnsmessage.ResourceHeader{Name: name, Class: dnsmessage.ClassINET, TTL: TTL}
	switch r := r.(type) {
	case *dnsmessage.AResource:
		return b.AResource(h, *r)
	case *dnsmessage.AAAAResource:
		return b.AAAAResource(h, *r)
	case *dnsmessage.PTRResource:
		return b.PTRResource(h, *r)
	}
	return errFormat
}

// addOPT says what we take in one packet: an asker that speaks EDNS must be
// answered with it (RFC 6891, 6.1.1).
func addOPT(b *dnsmessage.Builder) error {
	if err := b.StartAdditionals(); err != nil {
		return err
	}
	var h dnsmessage.ResourceHeader
	if err := h.SetEDNS0(MaxUDP, dnsmessage.RCodeSuccess, false); err != nil {
		return err
	}
	return b.OPTResource(h, dnsmessage.OPTResource{})
}
