package commons

import (
	"context"
	"fmt"
	"hash/crc32"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/netstack/ipam"
)

func addr(s string) netip.Addr { return netip.MustParseAddr(s) }

func nobody(string, string) bool { return false }

func save(t *testing.T, r *Registry, network string, m Member) {
	t.Helper()
	if err := r.Save(network, &m); err != nil {
		t.Fatal(err)
	}
}

func host(a string, names ...string) Host {
	return Host{Place: Place{IPv4: addr(a)}, Names: names, Up: true}
}

func TestMembersComeAndGo(t *testing.T) {
	run := t.TempDir()
	r := Open(run)
	save(t, r, "n", Member{Project: "a", Leg: Place{IPv4: addr("10.5.0.2")}, Hosts: map[string]Host{"a-web-1": host("10.5.0.3", "web")}})
	save(t, r, "n", Member{Project: "b", Leg: Place{IPv4: addr("10.5.0.4"), IPv6: addr("fd00::4")}})
	if err := r.SetState("n", State{Inode: 7}); err != nil {
		t.Fatal(err)
	}
	members, err := r.Members("n")
	if err != nil || len(members) != 2 || members[0].Hosts["a-web-1"].Names[0] != "web" || members[1].Project != "b" {
		t.Fatalf("%+v, %v", members, err)
	}
	owners := Owners(members)
	for a, want := range map[string]string{"10.5.0.2": "a", "10.5.0.3": "a/a-web-1", "10.5.0.4": "b", "fd00::4": "b"} {
		if owners[addr(a)] != want {
			t.Errorf("%s belongs to %q, want %q", a, owners[addr(a)], want)
		}
	}
	users, err := r.Users(context.Background(), "n", func(p string) bool { return p == "b" })
	if err != nil || !slices.Equal(users, []string{"b"}) {
		t.Errorf("%q, %v", users, err)
	}
	if m, err := r.Member("n", "a"); m != nil || err != nil {
		t.Errorf("the dead one is there: %+v, %v", m, err)
	}
	if s, err := r.State("n"); err != nil || s.Inode != 7 {
		t.Errorf("%+v, %v", s, err)
	}
	if err := r.Leave(context.Background(), "b", nobody); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(run, "net")); !os.IsNotExist(err) {
		t.Errorf("something is left: %v", err)
	}
	if s, err := r.State("n"); err != nil || s.Inode != 0 {
		t.Errorf("after the last: %+v, %v", s, err)
	}
}

func TestChoose(t *testing.T) {
	r := Ranges{V4: ipam.Config{Subnet: netip.MustParsePrefix("10.5.0.0/29"), Gateway: addr("10.5.0.1")}}
	var a, b Member
	a.Project, b.Project = "a", "b"
	b.Hosts = map[string]Host{}
	next := func(ask, want string) {
		t.Helper()
		p, last, err := r.Choose([]Member{a, b}, ask, "", "b/x")
		got := p.IPv4.String()
		if err != nil {
			got = err.Error()
		} else {
			b.Hosts[got], b.Last = Host{Place: p}, last
		}
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	a.Leg, a.Last = Place{IPv4: addr("10.5.0.2")}, Last{Number: 5, IPv4: addr("10.5.0.3")}
	next("", "10.5.0.4") // .3 was given out last, and rests
	next("", "10.5.0.5")
	delete(b.Hosts, "10.5.0.4")
	next("", "10.5.0.6")
	next("", "10.5.0.3")
	next("10.5.0.2", "address 10.5.0.2 of subnet 10.5.0.0/29 is in use by a")
	next("10.5.0.1", "address 10.5.0.1 is the gateway of subnet 10.5.0.0/29")
	next("10.5.0.4", "10.5.0.4")
	if p, _, err := r.Choose(nil, "", "fd00::1", "x"); err == nil {
		t.Errorf("an address of a family that the network is without: %+v", p)
	}
}

// Projects that take addresses at the same time never get the same one.
func TestAddressesAtOnce(t *testing.T) {
	r := Open(t.TempDir())
	const projects, each = 10, 8
	var wg sync.WaitGroup
	for p := range projects {
		wg.Go(func() {
			m := Member{Project: fmt.Sprintf("p%d", p), Hosts: map[string]Host{}}
			for i := range each {
				if err := takeOne(r, &m, i); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	members, err := r.Members("n")
	if err != nil || len(members) != projects {
		t.Fatalf("%d, %v", len(members), err)
	}
	if owners := Owners(members); len(owners) != projects*each {
		t.Errorf("%d addresses for %d hosts", len(owners), projects*each)
	}
}

func takeOne(r *Registry, m *Member, i int) error {
	lock, err := r.Lock(context.Background())
	if err != nil {
		return err
	}
	defer lock.Close()
	members, err := r.Members("n")
	if err != nil {
		return err
	}
	owners := Owners(members)
	a := addr("10.5.0.2")
	for owners[a] != "" {
		a = a.Next()
	}
	m.Hosts[fmt.Sprint(i)] = Host{Place: Place{IPv4: a}}
	return r.Save("n", m)
}

func TestWatchSeesEveryChange(t *testing.T) {
	r := Open(t.TempDir())
	reads, got := 0, ""
	w := r.Watch("n", func() error {
		reads++
		m, err := r.Member("n", "a")
		got = ""
		if m != nil {
			got = m.Hosts["h"].Names[0]
		}
		return err
	})
	look := func(want string) {
		t.Helper()
		if err := w.Look(); err != nil || got != want {
			t.Fatalf("%q, %v, want %q", got, err, want)
		}
	}
	look("")
	for i := range 200 { // faster than time stamps move
		name := fmt.Sprintf("name%d", i%10)
		save(t, r, "n", Member{Project: "a", Hosts: map[string]Host{"h": host("10.5.0.3", name)}})
		look(name)
	}
	for quiet := 0; quiet < 3; { // until the stamp has settled: from then on nothing is read
		before := reads
		look("name9")
		if quiet++; reads != before {
			quiet = 0
		}
	}
	if err := r.Leave(context.Background(), "a", nobody); err != nil {
		t.Fatal(err)
	}
	look("")
}

// What others have is found by any of its names, while it runs and they live.
func TestAbroad(t *testing.T) {
	r := Open(t.TempDir())
	dead := make(chan struct{})
	c := Sharing{
		Project: "me", Registry: r,
		Borrow: func(project, _ string) (*os.File, bool, error) {
			if closed(dead) {
				return nil, false, nil
			}
			f, err := os.Open("/proc/self/ns/net")
			return f, true, err
		},
		Death: func(context.Context, string) <-chan struct{} { return dead },
	}
	a := c.Abroad(t.Context(), "n")
	defer a.Close()
	h := host("10.5.0.3", "web", "Shop", "shop")
	h.IPv6 = addr("fd00::3")
	down := host("10.5.0.4", "down")
	down.Up = false
	save(t, r, "n", Member{Project: "you", Hosts: map[string]Host{"you-web-1": h, "you-down-1": down}})
	save(t, r, "n", Member{Project: "me", Hosts: map[string]Host{"mine": host("10.5.0.9", "mine")}})
	for name, want := range map[string]struct {
		addrs int
		known bool
	}{"web": {2, true}, "SHOP": {2, true}, "down": {0, true}, "mine": {0, false}, "none": {0, false}} {
		if addrs, known := a.Find(name); len(addrs) != want.addrs || known != want.known {
			t.Errorf("%s: %v, %t", name, addrs, known)
		}
	}
	if got := a.NameOf(addr("fd00::3")); got != "you-web-1" {
		t.Errorf("the name of its address is %q", got)
	}
	if got := a.NameOf(addr("10.5.0.4")); got != "" {
		t.Errorf("one that does not run is called %q", got)
	}
	close(dead)
	for range 1000 {
		if m, _ := r.Member("n", "you"); m == nil {
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	if addrs, known := a.Find("web"); known {
		t.Errorf("the dead are known: %v", addrs)
	}
	if m, err := r.Member("n", "you"); m != nil || err != nil {
		t.Errorf("the file of the dead is there: %+v, %v", m, err)
	}
}

func TestAFileOfAnotherBootIsEmpty(t *testing.T) {
	run := t.TempDir()
	r := Open(run)
	save(t, r, "n", Member{Project: "a", Leg: Place{IPv4: addr("10.5.0.2")}})
	path := r.memberPath("n", "a")
	body := `{"leg":{"ipv4":"10.5.0.2"}}`
	sum := crc32.Checksum([]byte(body), crc32.MakeTable(crc32.Castagnoli))
	text := fmt.Sprintf(`{"schema":1,"boot_id":"another","sum":%d,"body":%s}`, sum, body)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if m, err := r.Member("n", "a"); err != nil || m.Leg.IPv4.IsValid() {
		t.Errorf("%+v, %v", m, err)
	}
}

func BenchmarkLook(b *testing.B) {
	r := Open(b.TempDir())
	m := Member{Project: "a", Hosts: map[string]Host{}}
	if err := r.Save("n", &m); err != nil {
		b.Fatal(err)
	}
	w := r.Watch("n", func() error { return nil })
	for b.Loop() {
		_ = w.Look()
	}
}
