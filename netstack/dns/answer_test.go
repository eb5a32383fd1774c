package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

func ep(network, addr string, names ...string) Endpoint {
	a := netip.MustParseAddr(addr)
	return Endpoint{Network: network, Addrs: []netip.Addr{a}, Subnets: []netip.Prefix{netip.PrefixFrom(a, 24).Masked()}, Names: names}
}

// shop: web on front, api on both, three replicas of db on back (internal).
func shop() *Zone {
	z := NewZone()
	z.Set("web-1", Host{Name: "web-1", Up: true, Forward: true, Endpoints: []Endpoint{ep("front", "10.1.0.2", "web-1", "web", "Shop.Example.com")}})
	z.Set("api-1", Host{Name: "api-1", Up: true, Forward: true, Endpoints: []Endpoint{ep("front", "10.1.0.3", "api-1", "api"), ep("back", "10.2.0.3", "api-1", "api", "gate")}})
	for i := range 3 {
		id := fmt.Sprintf("db-%d", i+1)
		z.Set(id, Host{Name: id, Up: i < 2, Endpoints: []Endpoint{ep("back", fmt.Sprintf("10.2.0.%d", 11+i), id, "db")}})
	}
	return z
}

func pack(t testing.TB, m dnsmessage.Message) []byte {
	t.Helper()
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func query(t testing.TB, name string, kind dnsmessage.Type) []byte {
	t.Helper()
	return pack(t, dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 99, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}},
	})
}

// text writes an answer in one line, records sorted.
func text(t testing.TB, b []byte) string {
	t.Helper()
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		t.Fatal(err)
	}
	if m.ID != 99 || !m.Response || !m.RecursionAvailable || !m.RecursionDesired {
		t.Errorf("header %+v", m.Header)
	}
	var rs []string
	for _, r := range m.Answers {
		if r.Header.TTL != TTL {
			t.Errorf("TTL %d", r.Header.TTL)
		}
		switch b := r.Body.(type) {
		case *dnsmessage.AResource:
			rs = append(rs, netip.AddrFrom4(b.A).String())
		case *dnsmessage.AAAAResource:
			rs = append(rs, netip.AddrFrom16(b.AAAA).String())
		case *dnsmessage.PTRResource:
			rs = append(rs, b.PTR.String())
		}
	}
	slices.Sort(rs)
	return strings.TrimSpace(strings.TrimPrefix(m.RCode.String(), "RCode") + " " + strings.Join(rs, " "))
}

func TestAnswer(t *testing.T) {
	const a, aaaa, ptr, mx, all = dnsmessage.TypeA, dnsmessage.TypeAAAA, dnsmessage.TypePTR, dnsmessage.TypeMX, dnsmessage.TypeALL
	z := shop()
	for _, c := range []struct {
		asker, name string
		kind        dnsmessage.Type
		want        string
	}{
		{"web-1", "api.", a, "Success 10.1.0.3"},
		{"web-1", "API.", a, "Success 10.1.0.3"},
		{"web-1", "api.front.", a, "Success 10.1.0.3"},
		{"web-1", "api.back.", a, "outside"},
		{"web-1", "api.", aaaa, "Success"},
		{"web-1", "api.", mx, "Success"},
		{"web-1", "api.", all, "Success 10.1.0.3"},
		{"web-1", "web-1.", a, "Success 10.1.0.2"},
		{"web-1", "db.", a, "NameError"},
		{"web-1", "gate.", a, "NameError"},
		{"web-1", "example.com.", a, "outside"},
		{"web-1", "printer.", a, "outside"},
		{"api-1", "shop.example.com.", a, "Success 10.1.0.2"},
		{"db-1", "shop.example.com.", a, "NameError"}, // an alias elsewhere, and db may not ask outside
		{"api-1", "db.", a, "Success 10.2.0.11 10.2.0.12"},
		{"api-1", "db-3.", a, "NameError"},
		{"api-1", "api.", a, "Success 10.1.0.3 10.2.0.3"},
		{"db-1", "gate.", a, "Success 10.2.0.3"},
		{"db-1", "example.com.", a, "NameError"},
		{"nobody", "web.", a, "NameError"},
		{"nobody", "example.com.", a, "NameError"},
		{"web-1", "localhost.", a, "Success 127.0.0.1"},
		{"web-1", "localhost.", aaaa, "Success ::1"},
		{"web-1", "3.0.1.10.in-addr.arpa.", ptr, "Success api-1.front."},
		{"web-1", "3.0.1.10.in-addr.arpa.", a, "Success"},
		{"web-1", "3.0.2.10.in-addr.arpa.", ptr, "outside"},
		{"web-1", "77.0.1.10.in-addr.arpa.", ptr, "NameError"},
		{"api-1", "13.0.2.10.in-addr.arpa.", ptr, "NameError"}, // db-3 is down
		{"db-1", "8.8.8.8.in-addr.arpa.", ptr, "NameError"},
		{"db-1", "1.0.0.127.in-addr.arpa.", ptr, "Success localhost."},
		{"web-1", "1." + strings.Repeat("0.", 31) + "ip6.arpa.", ptr, "Success localhost."},
		{"web-1", "300.0.1.10.in-addr.arpa.", ptr, "outside"},
		{"web-1", ".", dnsmessage.TypeNS, "outside"},
	} {
		answer, forward := Answer(z, c.asker, query(t, c.name, c.kind), false)
		got := "outside"
		if !forward {
			got = text(t, answer)
		}
		if got != c.want {
			t.Errorf("%s asks for %s %s: %s, want %s", c.asker, c.name, c.kind, got, c.want)
		}
	}
}

func TestAnswerSpellsAsAsked(t *testing.T) {
	b, _ := Answer(shop(), "web-1", query(t, "aPi.", dnsmessage.TypeA), false)
	var m dnsmessage.Message
	if err := m.Unpack(b); err != nil {
		t.Fatal(err)
	}
	if m.Questions[0].Name.String() != "aPi." || m.Answers[0].Header.Name.String() != "aPi." {
		t.Errorf("%+v", m)
	}
}

func TestReplicasAreShuffled(t *testing.T) {
	z, first := shop(), map[byte]bool{}
	for range 200 { // the chance that one is never first is 2^-199
		b, _ := Answer(z, "api-1", query(t, "db.", dnsmessage.TypeA), false)
		first[b[len(b)-17]] = true // last byte of the first address: two records of 16 bytes at the end
	}
	if !first[11] || !first[12] {
		t.Errorf("first were %v", first)
	}
}

func TestTruncation(t *testing.T) {
	z := NewZone()
	for i := range 250 {
		z.Set(fmt.Sprint(i), Host{Up: true, Endpoints: []Endpoint{ep("n", fmt.Sprintf("10.1.0.%d", i+1), "web")}})
	}
	plain := query(t, "web.", dnsmessage.TypeA)
	var h dnsmessage.ResourceHeader
	if err := h.SetEDNS0(1232, dnsmessage.RCodeSuccess, false); err != nil {
		t.Fatal(err)
	}
	edns := pack(t, dnsmessage.Message{
		Header:      dnsmessage.Header{ID: 99},
		Questions:   []dnsmessage.Question{{Name: dnsmessage.MustNewName("web."), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
		Additionals: []dnsmessage.Resource{{Header: h, Body: &dnsmessage.OPTResource{}}},
	})
	for _, c := range []struct {
		name       string
		msg        []byte
		tcp        bool
		limit, min int
		cut        bool
	}{
		{"udp", plain, false, MinUDP, 20, true},
		{"edns", edns, false, 1232, 50, true},
		{"tcp", plain, true, MaxTCP, 250, false},
	} {
		b, _ := Answer(z, "0", c.msg, c.tcp)
		var m dnsmessage.Message
		if err := m.Unpack(b); err != nil {
			t.Fatal(err)
		}
		if len(b) > c.limit || m.Truncated != c.cut || len(m.Answers) < c.min {
			t.Errorf("%s: %d bytes, cut %t, %d answers", c.name, len(b), m.Truncated, len(m.Answers))
		}
		if hasOPT := len(m.Additionals) == 1; hasOPT != (c.name == "edns") {
			t.Errorf("%s: OPT %t", c.name, hasOPT)
		}
	}
}

func TestStrangeMessages(t *testing.T) {
	z := shop()
	good := query(t, "web.", dnsmessage.TypeA)
	with := func(f func(m *dnsmessage.Message)) []byte {
		var m dnsmessage.Message
		if err := m.Unpack(good); err != nil {
			t.Fatal(err)
		}
		f(&m)
		return pack(t, m)
	}
	for name, c := range map[string]struct {
		msg  []byte
		want string
	}{
		"empty":         {nil, "silence"},
		"short":         {good[:11], "silence"},
		"an answer":     {with(func(m *dnsmessage.Message) { m.Response = true }), "silence"},
		"no question":   {with(func(m *dnsmessage.Message) { m.Questions = nil }), "FormatError"},
		"two questions": {with(func(m *dnsmessage.Message) { m.Questions = append(m.Questions, m.Questions[0]) }), "FormatError"},
		"cut":           {good[:len(good)-2], "FormatError"},
		"an update":     {with(func(m *dnsmessage.Message) { m.OpCode = 5 }), "NotImplemented"},
		"chaos":         {with(func(m *dnsmessage.Message) { m.Questions[0].Class = dnsmessage.ClassCHAOS }), "Refused"},
	} {
		b, forward := Answer(z, "web-1", c.msg, false)
		got := "silence"
		if b != nil {
			got = text(t, b)
		}
		if forward || got != c.want {
			t.Errorf("%s: %s (forward %t), want %s", name, got, forward, c.want)
		}
	}
}

func TestFailure(t *testing.T) {
	for name, want := range map[string]string{"printer.": "NameError", "example.com.": "ServerFailure"} {
		if got := text(t, Failure(query(t, name, dnsmessage.TypeA))); got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if b := Failure([]byte("nonsense")); b != nil {
		t.Errorf("nonsense was answered: %x", b)
	}
}

func TestZoneForgets(t *testing.T) {
	z := shop()
	for _, id := range []string{"web-1", "api-1", "db-1", "db-2", "db-3", "never-1"} {
		z.Set(id, Host{Endpoints: []Endpoint{ep("other", "10.9.0.9", "x", "x", "X.")}}) // in place of the old
		z.SetUp(id, true)
		z.Remove(id)
	}
	if len(z.hosts)+len(z.names)+len(z.counts)+len(z.addrs) != 0 {
		t.Errorf("left: %+v", z)
	}
	z.SetUp("never-1", true)
}

func TestHostAt(t *testing.T) {
	z := shop()
	if got := z.HostAt(netip.MustParseAddr("10.1.0.3")); got != "api-1" {
		t.Errorf("got %q", got)
	}
	if got := z.HostAt(netip.MustParseAddr("10.1.0.4")); got != "" {
		t.Errorf("got %q", got)
	}
}

// Whatever arrives: no panic, an answer that can be read, that answers this
// question and fits.
func FuzzAnswer(f *testing.F) {
	f.Add(query(f, "db.", dnsmessage.TypeA), false)
	f.Add(query(f, "11.0.2.10.in-addr.arpa.", dnsmessage.TypePTR), true)
	f.Add([]byte{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 0x0c, 0, 1, 0, 1}, false)
	z := shop()
	f.Fuzz(func(t *testing.T, msg []byte, tcp bool) {
		b, forward := Answer(z, "api-1", msg, tcp)
		if forward {
			if b != nil {
				t.Fatal("an answer, and forward")
			}
			b = Failure(msg)
		}
		if b == nil {
			return
		}
		var m dnsmessage.Message
		if err := m.Unpack(b); err != nil {
			t.Fatalf("unreadable answer %x to %x: %v", b, msg, err)
		}
		if b[0] != msg[0] || b[1] != msg[1] || !m.Response {
			t.Fatalf("answer %x to %x", b, msg)
		}
		if !tcp && len(b) > MaxUDP {
			t.Fatalf("%d bytes", len(b))
		}
	})
}
