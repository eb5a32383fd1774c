package netspec

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

func container(s project.Service) *kernel.Container {
	return &kernel.Container{Name: "p-web-1", ID: strings.Repeat("ab", 32), Service: s, On: map[string]string{"front": "p_front"}}
}

// Who stands in a network answers to the service's name and its aliases; one that run
// made does not, unless it was asked to.
func TestAliases(t *testing.T) {
	e := project.Endpoint{Network: "front", Aliases: []string{"www"}}
	quiet := e
	quiet.NoServiceName = true
	for _, c := range []struct {
		endpoint project.Endpoint
		oneOff   *kernel.OneOff
		want     string
	}{
		{e, nil, "web www"},
		{quiet, nil, "www"},
		{e, &kernel.OneOff{}, ""},
		{e, &kernel.OneOff{Aliases: true}, "web www"},
	} {
		sc := container(project.Service{Name: "web", Endpoints: []project.Endpoint{c.endpoint}})
		sc.OneOff = c.oneOff
		spec := Sandbox(sc)
		if len(spec.Endpoints) != 1 || strings.Join(spec.Endpoints[0].Aliases, " ") != c.want {
			t.Errorf("%+v: %+v, want %q", c, spec.Endpoints, c.want)
		}
		if !slices.Equal(spec.Names, []string{"p-web-1"}) {
			t.Errorf("names %q", spec.Names)
		}
	}
}

func TestSandbox(t *testing.T) {
	spec := Sandbox(container(project.Service{Name: "web", NetworkMode: "none", Endpoints: []project.Endpoint{{Network: "front"}}}))
	if !spec.NoNetwork || len(spec.Endpoints) != 0 || spec.Hostname != "abababababab" {
		t.Errorf("without a network: %+v", spec)
	}
	s := project.Service{
		Name: "web", Hostname: "given", DNS: project.DNS{Servers: []string{"192.0.2.1", "nonsense", "2001:db8::1"}},
		ExtraHosts: []string{"db=192.0.2.7", "db=[2001:db8::7]", "mapped=::ffff:192.0.2.8", "up=" + project.HostGateway},
		Endpoints:  []project.Endpoint{{Network: "front", IPv4Address: "192.0.2.9"}},
	}
	spec = Sandbox(container(s))
	if spec.Hostname != "given" || spec.Endpoints[0].Network != "p_front" || spec.Endpoints[0].IPv4 != "192.0.2.9" {
		t.Errorf("%+v", spec)
	}
	r := spec.Resolve
	if len(r.Servers) != 2 || !slices.Equal(r.HostNames, []string{"up"}) || len(r.Hosts["db"]) != 2 || r.Hosts["mapped"][0] != netip.MustParseAddr("192.0.2.8") {
		t.Errorf("%+v", r)
	}
}

// The order of a record's fields is no difference, an address is.
func TestSameEndpoints(t *testing.T) {
	a := Sandbox(container(project.Service{Name: "web", Endpoints: []project.Endpoint{{Network: "front"}}}))
	b := Sandbox(container(project.Service{Name: "web", Endpoints: []project.Endpoint{{Network: "front", IPv4Address: "192.0.2.9"}}}))
	if !SameEndpoints(a, a) || SameEndpoints(a, b) {
		t.Error("the comparison of endpoints is wrong")
	}
}

// On the host's own network nothing is published.
func TestPorts(t *testing.T) {
	port := project.Port{Target: 80, HostPort: 8080, Protocol: "tcp"}
	wishes := Ports([]*project.Service{
		{Name: "a", Ports: []project.Port{port}}, {Name: "b", NetworkMode: "host", Ports: []project.Port{port}},
	})
	if len(wishes) != 1 || wishes[0].Service != "a" || wishes[0].Spec.Target != 80 || wishes[0].Spec.Service != "a" {
		t.Errorf("%+v", wishes)
	}
}

// A port that somebody else has is told with the remedy; whom we cannot see, the client
// looks for.
func TestConflict(t *testing.T) {
	conflict := &netstack.ConflictError{Protocol: "tcp", Addr: netip.MustParseAddrPort("127.0.0.1:80"), Err: errors.New("in use")}
	var e *kernel.StartError
	if err := PublishError(project.Port{Target: 8000}, conflict); !errors.As(err, &e) || e.Object != "8000" || e.Port != "tcp 127.0.0.1:80" || e.Hint == "" {
		t.Errorf("%+v", err)
	}
	if err := CheckError(conflict); !errors.As(err, &e) || e.Port == "" {
		t.Errorf("%+v", err)
	}
	if other := errors.New("other"); PublishError(project.Port{}, other) != other || CheckError(other) != other || CheckError(nil) != nil {
		t.Error("another error was changed")
	}
}

// A record grows by what is made, and goes when nothing is left.
func TestRecord(t *testing.T) {
	r := Record{Path: filepath.Join(t.TempDir(), "networks.json")}
	if known, err := r.Load(); err != nil || known != nil {
		t.Errorf("none was made: %+v, %v", known, err)
	}
	for _, made := range [][]project.Network{{{Key: "a", Name: "p_a"}, {Key: "b", Name: "p_b"}}, {{Key: "b", Name: "p_b", Internal: true}}} {
		if err := r.Add(made); err != nil {
			t.Fatal(err)
		}
	}
	known, err := r.Load()
	if err != nil || len(known) != 2 || known[0].Name != "p_b" || !known[0].Internal {
		t.Errorf("%+v, %v", known, err)
	}
	if err := os.WriteFile(r.Path, []byte("no record"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Load(); err == nil {
		t.Error("nonsense was read")
	}
	if err := r.Save(nil); err != nil {
		t.Error(err)
	}
	if err := r.Save(nil); err != nil {
		t.Errorf("a second time: %v", err)
	}
}
