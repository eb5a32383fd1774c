package worldtest

import (
	"bufio"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
	"golang.org/x/net/dns/dnsmessage"
)

func TestServe(t *testing.T) {
	if !testns.Isolated(t, testns.Net) {
		return
	}
	if out, err := exec.Command(testns.RequireProgram(t, "ip", "iproute2"), "link", "set", "lo", "up").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	self := netip.MustParseAddr("127.0.0.1")
	if _, err := Serve(t.Context(), "here", self); err != nil {
		t.Fatal(err)
	}
	c, err := net.DialTimeout("tcp", "127.0.0.1:7", 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	if want := "peer " + c.LocalAddr().String() + " at here\n"; err != nil || line != want {
		t.Errorf("echo says %q (%v), want %q", line, err, want)
	}
	u, err := net.Dial("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	ask := dnsmessage.Message{Header: dnsmessage.Header{ID: 7}, Questions: []dnsmessage.Question{{
		Name: dnsmessage.MustNewName("who.example."), Type: dnsmessage.TypeALL, Class: dnsmessage.ClassINET}}}
	b, err := ask.Pack()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := u.Write(b); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 512)
	n, err := u.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	var m dnsmessage.Message
	if err := m.Unpack(buf[:n]); err != nil || len(m.Answers) != 2 || !strings.Contains(m.Answers[1].GoString(), "here") {
		t.Errorf("answer %+v (%v)", m, err)
	}
}
