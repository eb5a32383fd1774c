package systemd

import (
	"bufio"
	"encoding/binary"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

// fakeManager is a systemd on a socket of its own, of the D-Bus that we speak.
type fakeManager struct {
	t       *testing.T
	address string
	// auth answers a line of the handshake, "" = not at all. nil = OK to all.
	auth func(line string) string
	// answer gets each call and returns the messages that follow from it; nil = none ever.
	answer func(call *dbus.Message) []*dbus.Message

	mu    sync.Mutex
	conns []net.Conn
}

// serve begins to listen, at a path like the private socket's.
func (f *fakeManager) serve(t *testing.T) *fakeManager {
	t.Helper()
	f.t = t
	dir := filepath.Join(t.TempDir(), "systemd")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "private")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	f.address = "unix:path=" + path
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go f.talk(c)
		}
	}()
	return f
}

// Signals are sent to all connections of a manager, as systemd does with private ones.
func (f *fakeManager) talk(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	if !f.handshake(in, c) {
		return
	}
	f.mu.Lock()
	f.conns = append(f.conns, c)
	f.mu.Unlock()
	for {
		call, err := dbus.DecodeMessage(in)
		if err != nil {
			return
		}
		if f.answer == nil {
			continue
		}
		for _, m := range f.answer(call) {
			f.send(c, m)
		}
	}
}

func (f *fakeManager) send(to net.Conn, m *dbus.Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.conns {
		if c == to || m.Type == dbus.TypeSignal {
			_ = m.EncodeTo(c, binary.LittleEndian) // it may have gone
		}
	}
}

func (f *fakeManager) handshake(in *bufio.Reader, c net.Conn) bool {
	if b, err := in.ReadByte(); err != nil || b != 0 {
		return false
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return false
		}
		line = strings.TrimSpace(line)
		if line == "BEGIN" {
			return true
		}
		reply := "ERROR"
		switch {
		case f.auth != nil:
			reply = f.auth(line)
		case line == "AUTH":
			reply = "REJECTED EXTERNAL"
		case line == "AUTH EXTERNAL":
			reply = "DATA"
		case strings.HasPrefix(line, "AUTH EXTERNAL"), line == "DATA": // who it is, the socket tells
			reply = "OK 0123456789abcdef0123456789abcdef"
		}
		if reply == "hang up" {
			return false
		}
		if reply != "" {
			if _, err := c.Write([]byte(reply + "\r\n")); err != nil {
				return false
			}
		}
	}
}

func member(m *dbus.Message) string {
	s, _ := m.Headers[dbus.FieldMember].Value().(string)
	return s
}

func reply(call *dbus.Message, body ...any) *dbus.Message {
	m := &dbus.Message{Type: dbus.TypeMethodReply, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(call.Serial()),
	}}
	return withBody(m, body)
}

func refusal(call *dbus.Message, name, text string) *dbus.Message {
	m := &dbus.Message{Type: dbus.TypeError, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldReplySerial: dbus.MakeVariant(call.Serial()),
		dbus.FieldErrorName:   dbus.MakeVariant(name),
	}}
	return withBody(m, []any{text})
}

func jobRemoved(result string) *dbus.Message {
	m := &dbus.Message{Type: dbus.TypeSignal, Headers: map[dbus.HeaderField]dbus.Variant{
		dbus.FieldPath:      dbus.MakeVariant(dbus.ObjectPath("/org/freedesktop/systemd1")),
		dbus.FieldInterface: dbus.MakeVariant("org.freedesktop.systemd1.Manager"),
		dbus.FieldMember:    dbus.MakeVariant("JobRemoved"),
	}}
	return withBody(m, []any{uint32(7), dbus.ObjectPath("/org/freedesktop/systemd1/job/7"), "x.scope", result})
}

func withBody(m *dbus.Message, body []any) *dbus.Message {
	m.Body = body
	if len(body) > 0 {
		m.Headers[dbus.FieldSignature] = dbus.MakeVariant(dbus.SignatureOf(body...))
	}
	return m
}
