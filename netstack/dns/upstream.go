package dns

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// ErrNoServers says that the host names no resolver.
var ErrNoServers = errors.New("the host's resolv.conf names no server")

// perServer is how long one resolver of the host may take before the next is
// asked. glibc's 5 seconds would outlast the asker's own patience.
const perServer = 1500 * time.Millisecond

// Upstream passes messages on to the host's resolvers, as they are. Its
// sockets are made where it is called: in the host's net namespace. So VPNs,
// split DNS and a stub on the host's loopback just work.
type Upstream struct {
	conf    resolvConf
	servers []netip.AddrPort // for tests: instead of the file
}

// NewUpstream uses the servers that the file at path names (resolv.conf(5)).
func NewUpstream(path string) *Upstream { return &Upstream{conf: resolvConf{path: path}} }

// FixedUpstream uses the given servers.
func FixedUpstream(servers ...netip.AddrPort) *Upstream { return &Upstream{servers: servers} }

// Exchange asks one server after the other and returns the first useful
// answer, else the last answer of any kind, else an error.
func (u *Upstream) Exchange(ctx context.Context, msg []byte, tcp bool) ([]byte, error) {
	servers := u.servers
	if servers == nil {
		servers = u.conf.nameservers()
	}
	var last []byte
	err := ErrNoServers
	for _, s := range servers {
		answer, failed := exchange(ctx, s, msg, tcp)
		if failed != nil {
			err = fmt.Errorf("resolver %s: %w", s, failed)
			continue
		}
		if last = answer; useful(answer) {
			break
		}
	}
	if last != nil {
		return last, nil
	}
	return nil, err
}

// useful reports whether another server could not do better (resolv.conf(5):
// the next one is asked after these).
func useful(answer []byte) bool {
	switch dnsmessage.RCode(answer[3] & 0xf) {
	case dnsmessage.RCodeServerFailure, dnsmessage.RCodeNotImplemented, dnsmessage.RCodeRefused:
		return false
	}
	return true
}

func exchange(ctx context.Context, server netip.AddrPort, msg []byte, tcp bool) ([]byte, error) {
	network := "udp"
	if tcp {
		network = "tcp"
	}
	ctx, cancel := context.WithTimeout(ctx, perServer)
	defer cancel()
	// A socket for each question: its port is a new random number, without
	// which an answer could be forged (RFC 5452, 9.2).
	c, err := new(net.Dialer).DialContext(ctx, network, server.String())
	if err != nil {
		return nil, err
	}
	defer c.Close()
	unblock := context.AfterFunc(ctx, func() { c.Close() })
	defer unblock()
	if tcp {
		if err := writeTCP(c, msg); err != nil {
			return nil, err
		}
		return readMatching(c, msg)
	}
	if _, err := c.Write(msg); err != nil {
		return nil, err
	}
	buf := make([]byte, MaxUDP)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return nil, err
		}
		if matches(msg, buf[:n]) {
			return buf[:n], nil
		}
	}
}

func readMatching(r io.Reader, msg []byte) ([]byte, error) {
	answer, err := readTCP(r)
	if err == nil && !matches(msg, answer) {
		return nil, errors.New("answers another question than was asked")
	}
	return answer, err
}

// matches reports whether answer answers msg (RFC 5452, 9.1).
func matches(msg, answer []byte) bool {
	if len(answer) < 12 || answer[0] != msg[0] || answer[1] != msg[1] {
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
