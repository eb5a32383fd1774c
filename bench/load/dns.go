package load

import (
	"encoding/binary"
	"fmt"
	"net"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// ask sends questions for one name over one socket, Count of them under way, and
// wants an answer with an address for each.
func ask(o Order) (r Result, err error) {
	c, err := net.Dial("udp", o.Addr)
	if err != nil {
		return r, err
	}
	defer c.Close()
	name, err := dnsmessage.NewName(o.Name)
	if err != nil {
		return r, err
	}
	q := dnsmessage.Message{Header: dnsmessage.Header{RecursionDesired: true}, Questions: []dnsmessage.Question{{Name: name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
	msg, err := q.Pack()
	if err != nil {
		return r, err
	}
	sent := map[uint16]time.Time{}
	next := uint16(0)
	send := func() error {
		next++
		binary.BigEndian.PutUint16(msg, next)
		sent[next] = time.Now()
		_, err := c.Write(msg)
		return err
	}
	for range max(o.Count, 1) {
		if err := send(); err != nil {
			return r, err
		}
	}
	var each []time.Duration
	b := make([]byte, 1500)
	begin := time.Now()
	for time.Since(begin) < o.For {
		if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return r, err
		}
		n, err := c.Read(b)
		if err != nil {
			return r, fmt.Errorf("after %d answers: %w", len(each), err)
		}
		id, err := checkAnswer(b[:n])
		if err != nil {
			return r, err
		}
		each = append(each, time.Since(sent[id]))
		delete(sent, id)
		if err := send(); err != nil {
			return r, err
		}
	}
	r.Took = time.Since(begin)
	r.summarise(each)
	return r, nil
}

// checkAnswer reads as much of an answer as tells that it has an address.
func checkAnswer(b []byte) (id uint16, err error) {
	var p dnsmessage.Parser
	h, err := p.Start(b)
	if err != nil {
		return 0, err
	}
	if err := p.SkipAllQuestions(); err != nil {
		return 0, err
	}
	if _, err := p.AnswerHeader(); err != nil || h.RCode != dnsmessage.RCodeSuccess {
		return 0, fmt.Errorf("no address came (%s, %v)", h.RCode, err)
	}
	return h.ID, nil
}
