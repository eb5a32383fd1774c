package ports

import (
	"net"
	"net/netip"
	"os"
	"testing"
)

func mustAddrPort(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestFindHolder(t *testing.T) {
	for _, addr := range []string{"127.0.0.1:0", "[::1]:0", ":0"} {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Logf("%s: %v", addr, err)
			continue
		}
		at := l.Addr().(*net.TCPAddr).AddrPort()
		if h := FindHolder(TCP, at); h.PID != os.Getpid() || h.Command == "" || h.UID != os.Getuid() {
			t.Errorf("%s: %+v", at, h)
		}
		l.Close()
		if h := FindHolder(TCP, at); h.PID != 0 {
			t.Errorf("%s after close: %+v", at, h)
		}
	}
}

func TestParseSocketRow(t *testing.T) {
	for line, want := range map[string]socketRow{
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1001        0 4711 1 0 100 0 0 10 0\n": {
			mustAddrPort("127.0.0.1:8080"), true, 1001, "4711"},
		"   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 01 0:0 0:0 0 0 0 5 1 0\n": {
			mustAddrPort("[::1]:80"), false, 0, "5"},
	} {
		if got, ok := parseSocketRow(line); got != want || !ok {
			t.Errorf("got %+v, %t, want %+v", got, ok, want)
		}
	}
	for _, bad := range []string{"", "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"} {
		if got, ok := parseSocketRow(bad); ok {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}

func TestInTheWay(t *testing.T) {
	for _, c := range []struct {
		have, want string
		is         bool
	}{
		{"127.0.0.1:80", "127.0.0.1:80", true},
		{"127.0.0.1:80", "127.0.0.1:81", false},
		{"127.0.0.1:80", "0.0.0.0:80", true},
		{"0.0.0.0:80", "127.0.0.1:80", true},
		{"[::]:80", "0.0.0.0:80", true},
		{"127.0.0.1:80", "127.0.0.2:80", false},
		{"[::1]:80", "0.0.0.0:80", false},
		{"127.0.0.1:80", "[::]:80", false},
	} {
		if got := inTheWay(mustAddrPort(c.have), mustAddrPort(c.want)); got != c.is {
			t.Errorf("%s in the way of %s: %t", c.have, c.want, got)
		}
	}
}

func TestHolderString(t *testing.T) {
	for h, want := range map[Holder]string{
		{UID: -1}:                         "a process that cannot be seen",
		{UID: os.Getuid()}:                "another process of yours",
		{UID: os.Getuid() + 1}:            "a process of another user",
		{PID: 7, Command: "x -y", UID: 1}: "process 7 (x -y)",
	} {
		if got := h.String(); got != want {
			t.Errorf("%+v: %s", h, got)
		}
	}
}
