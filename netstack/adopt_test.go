package netstack

import (
	"encoding/json"
	"errors"
	"net"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/vishvananda/netlink"

	"github.com/mocker-compose/mocker-compose/netstack/ports"
)

// A second stack takes over from a first that is gone: all that was kept
// serves on, and what nobody adopts is dropped.
func TestAdopt(t *testing.T) {
	if !isolated(t) {
		return
	}
	router, k := newNamespace(t), newHolder(t)
	first := open(t, router, k)
	ensure(t, first, Network{Name: "front", Subnets: []Subnet{{Subnet: "10.77.0.0/24"}}})
	ensure(t, first, Network{Name: "back", Internal: true})
	web, db := service(t, first, "web-1", "front", "back"), service(t, first, "db-1", "back")
	service(t, first, "lost-1", "front")
	pi, err := first.CreateSandbox("pi-1", SandboxSpec{Endpoints: []EndpointSpec{{Network: "front"}}, ExposesDNS: true})
	must(t, err)
	echo(t, web.NS(), ":80", "web:")
	port, err := first.Publish("web-1", PortSpec{Target: 80})
	must(t, err)
	opened(t, hostAddr(port))
	record, err := json.Marshal(map[string][]EndpointInfo{"web-1": web.Endpoints(), "db-1": db.Endpoints(), "pi-1": pi.Endpoints()})
	must(t, err)
	before, specs := links(t, router), map[string]SandboxSpec{"web-1": web.spec, "db-1": db.spec, "pi-1": pi.spec}
	networks := first.Networks()
	must(t, first.Close())

	// Nobody is there, and still a client can connect and a question be asked.
	waiting, err := net.Dial("tcp", hostAddr(port))
	must(t, err)
	defer waiting.Close()

	goroutines := runtime.NumGoroutine()
	second := open(t, router, k)
	var infos map[string][]EndpointInfo
	must(t, json.Unmarshal(record, &infos))
	adopted := map[string]*Sandbox{}
	for id, spec := range specs {
		adopted[id], err = second.AdoptSandbox(id, spec, infos[id])
		must(t, err)
		second.SetReachable(id, true)
	}
	got, err := second.AdoptPort("web-1", port)
	if !got.Equal(port) || err != nil {
		t.Fatalf("port: %+v, %v", got, err)
	}
	dropped, err := second.DropUnclaimed()
	if want := []string{"dns/lost-1/tcp", "dns/lost-1/udp", "net/lost-1"}; !slices.Equal(dropped, want) || err != nil {
		t.Errorf("dropped %v, %v, want %v", dropped, err, want)
	}
	networks[slices.IndexFunc(networks, func(n NetworkInfo) bool { return n.Name == "front" })].Endpoints-- // lost-1
	if now := second.Networks(); !slices.Equal(now, networks) {
		t.Errorf("networks were\n%+v and are\n%+v", networks, now)
	}
	settles(t, "lost-1 has lost its interface", func() bool { return len(links(t, router)) == len(before)-1 })

	must(t, waiting.SetDeadline(time.Now().Add(patience)))
	buf := make([]byte, 4)
	if n, err := waiting.Read(buf); string(buf[:n]) != "web:" || err != nil {
		t.Errorf("the client that waited got %q, %v", buf[:n], err)
	}
	for _, asker := range adopted {
		shared := len(asker.Endpoints()) // web is on both networks
		if got := addresses(t, asker, "web"); len(got) != shared {
			t.Errorf("web for %s: %v", asker.id, got)
		}
	}
	if got := addresses(t, adopted["web-1"], "db"); len(got) != 1 || got[0] != infos["db-1"][0].IPv4 {
		t.Errorf("db for web: %v", got)
	}
	next := service(t, second, "new-1", "front").Endpoints()[0].IPv4
	if want := infos["pi-1"][0].IPv4.Next(); next != want { // not that of lost-1, which may still be used
		t.Errorf("next address %s, want %s", next, want)
	}
	must(t, second.Close())
	waiting.Close()
	noMoreGoroutines(t, goroutines)
}

// A supervisor may die between any two steps of its own.
func TestAdoptWhatIsHalfMade(t *testing.T) {
	if !isolated(t) {
		return
	}
	router, k := newNamespace(t), newHolder(t)
	first := open(t, router, k)
	ensure(t, first, Network{Name: "n"})
	web := service(t, first, "web-1", "n")
	service(t, first, "job-1", "n")
	must(t, first.router.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: bridgeName("half", false)}}))
	port, err := first.Publish("job-1", PortSpec{HostPort: 8080, Target: 80})
	must(t, err)
	must(t, first.Close())
	must(t, k.DropAll([]string{"dns/web-1/tcp"})) // never got so far

	second := open(t, router, k)
	if slices.Contains(links(t, router), bridgeName("half", false)) {
		t.Error("the half-made bridge is still there")
	}
	sb, err := second.AdoptSandbox("web-1", web.spec, web.Endpoints())
	must(t, err)
	second.SetReachable("web-1", true)
	if got := addresses(t, sb, "web"); len(got) != 1 {
		t.Errorf("names are not answered: %v", got)
	}
	if _, err := second.AdoptSandbox("gone-1", SandboxSpec{}, nil); !errors.Is(err, ErrNotKept) {
		t.Errorf("want ErrNotKept, got %v", err)
	}
	if _, err := second.AdoptPort("web-1", port); !errors.Is(err, ports.ErrNotKept) {
		t.Errorf("want ErrNotKept, got %v", err)
	}
	// job-1 was not adopted. Made anew, it gets nothing of its predecessor.
	job := service(t, second, "job-1", "n")
	if got := addresses(t, job, "web"); len(got) != 1 {
		t.Errorf("names are not answered in the new namespace: %v", got)
	}
	if _, err := second.Publish("job-1", port.Spec); err != nil {
		t.Error(err)
	}
	if left, err := second.DropUnclaimed(); len(left) != 0 || err != nil {
		t.Errorf("left: %v, %v", left, err)
	}
}
