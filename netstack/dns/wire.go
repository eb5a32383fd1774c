package dns

import (
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
)

// matches reports whether answer answers msg (RFC 5452, 9.1).
func matches(msg, answer []byte) bool {
	if len(answer) < 12 || len(msg) < 2 || answer[0] != msg[0] || answer[1] != msg[1] || answer[2]&0x80 == 0 {
		return false
	}
	asked, ok1 := firstQuestion(msg)
	got, ok2 := firstQuestion(answer)
	if !ok2 {
		return answer[3]&0xf != 0 // an error may come without its question
	}
	return ok1 && asked.Type == got.Type && asked.Class == got.Class &&
		strings.EqualFold(asked.Name.String(), got.Name.String())
}

func firstQuestion(msg []byte) (dnsmessage.Question, bool) {
	var p dnsmessage.Parser
	if _, err := p.Start(msg); err != nil {
		return dnsmessage.Question{}, false
	}
	q, err := p.Question()
	return q, err == nil
}

// truncated reads the header's TC bit (RFC 1035, 4.1.1).
func truncated(answer []byte) bool { return answer[2]&2 != 0 }

// writeTCP and readTCP carry a message behind its length (RFC 1035, 4.2.2).
func writeTCP(w io.Writer, msg []byte) error {
	if len(msg) > MaxTCP {
		return fmt.Errorf("message of %d bytes is too long", len(msg))
	}
	_, err := w.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(msg))), msg...))
	return err
}

func readTCP(r io.Reader) ([]byte, error) {
	var size [2]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint16(size[:])
	if n < 12 {
		return nil, fmt.Errorf("message of %d bytes is too short", n)
	}
	msg := make([]byte, n)
	_, err := io.ReadFull(r, msg)
	return msg, err
}
