package networkcmd

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/listing"
	"github.com/mocker-compose/mocker-compose/internal/networks"
	"github.com/mocker-compose/mocker-compose/project"
)

var sample = merge(
	[]networks.Network{{
		Name: "front", ID: strings.Repeat("ab", 32), Created: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), IPv6: true,
		Pools:  []networks.Pool{{Subnet: "10.5.0.0/24", Gateway: "10.5.0.1", IPRange: "10.5.0.128/25", Aux: map[string]string{"r": "10.5.0.9"}}, {Subnet: "fd00::/64", Gateway: "fd00::1"}},
		Labels: map[string]string{"tier": "edge"}, Options: map[string]string{"com.docker.network.driver.mtu": "1400"},
	}},
	[]api.Network{
		{Name: "front", External: true, Endpoints: []api.NetworkEndpoint{
			{Container: "a-web-1", ID: "11", MAC: "02:6d:0a:05:00:03", IPv4: "10.5.0.3/24", IPv6: "fd00::3/64", Up: true, RxBytes: 10, TxBytes: 20, RxPackets: 1, TxPackets: 2},
			{Container: "a-off-1", ID: "12", IPv4: "10.5.0.4/24"},
		}},
		{Name: "front", External: true, Endpoints: []api.NetworkEndpoint{{Container: "b-db-1", ID: "13", IPv4: "10.5.0.5/24", Up: true, RxBytes: 100, TxBytes: 200, RxPackets: 3, TxPackets: 4}}},
		{Name: "a_default", ID: strings.Repeat("cd", 32), Project: "a", Subnets: []api.Subnet{{Subnet: "10.89.1.0/24", Gateway: "10.89.1.1", Aux: reserved("db", "10.89.1.9")}}, Labels: map[string]string{"com.docker.compose.project": "a"}},
	})

// reserved are the addresses that a file's services ask for, as a subnet has them.
func reserved(service, address string) map[string]string {
	s := project.Subnet{Subnet: address + "/24"}
	s.Reserve(service, address)
	return s.Aux
}

func TestInspectHidesReservations(t *testing.T) {
	v, _ := find(sample, "a_default")
	b, err := json.Marshal(v.inspect())
	if err != nil {
		t.Fatal(err)
	}
	if want := `"Config":[{"Subnet":"10.89.1.0/24","Gateway":"10.89.1.1"}]`; len(v.Subnets[0].Aux) == 0 || !strings.Contains(string(b), want) {
		t.Errorf("no %s in\n%s", want, b)
	}
}

// printed is what print writes to the environment's output.
func printed(t *testing.T, print func(e *client.Env) error) string {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := print(&client.Env{Stdout: f}); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestList(t *testing.T) {
	for name, c := range map[string]struct {
		o    ListOptions
		want string
	}{
		"table":    {ListOptions{Format: "table"}, "NETWORK ID     NAME        DRIVER    SCOPE\ncdcdcdcdcdcd   a_default   bridge    local\nabababababab   front       bridge    local\n"},
		"quiet":    {ListOptions{Quiet: true}, "cdcdcdcdcdcd\nabababababab\n"},
		"no-trunc": {ListOptions{Quiet: true, NoTrunc: true}, strings.Repeat("cd", 32) + "\n" + strings.Repeat("ab", 32) + "\n"},
		"template": {ListOptions{Format: "{{.Name}} {{.IPv6}} {{.Labels}} {{.CreatedAt}}"}, "a_default false com.docker.compose.project=a \nfront true tier=edge 2026-01-02 03:04:05 +0000 UTC\n"},
		"json":     {ListOptions{Format: "json", Filters: nil}, `"Name":"front"`},
	} {
		got := printed(t, func(e *client.Env) error { return c.o.print(e, sample) })
		if got != c.want && (name != "json" || !strings.Contains(got, c.want) || strings.Count(got, "\n") != 2) {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestInspect(t *testing.T) {
	v, ok := find(sample, "abab")
	if !ok {
		t.Fatal("not found by the beginning of its id")
	}
	b, err := json.Marshal(v.inspect())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"Name":"front","Id":"abab`, `"Created":"2026-01-02T03:04:05Z","Scope":"local","Driver":"bridge","EnableIPv4":true,"EnableIPv6":true`,
		`{"Subnet":"10.5.0.0/24","IPRange":"10.5.0.128/25","Gateway":"10.5.0.1","AuxiliaryAddresses":{"r":"10.5.0.9"}}`,
		`"ConfigFrom":{"Network":""},"ConfigOnly":false`,
		`"11":{"Name":"a-web-1","EndpointID":"`, `"MacAddress":"02:6d:0a:05:00:03","IPv4Address":"10.5.0.3/24","IPv6Address":"fd00::3/64","RxBytes":10,"RxPackets":1,"TxBytes":20,"TxPackets":2}`,
		`"Options":{"com.docker.network.driver.mtu":"1400"},"Labels":{"tier":"edge"},"Statistics":{"RxBytes":110,"RxPackets":4,"TxBytes":220,"TxPackets":6}`,
	} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
	if strings.Contains(string(b), "a-off-1") {
		t.Error("one that does not run is listed")
	}
	if got := printed(t, func(e *client.Env) error {
		return listing.Inspect(e.Stdout, "{{range .Containers}}{{.Name}} {{end}}{{(index .IPAM.Config 0).Subnet}}", []inspected{v.inspect()})
	}); got != "a-web-1 b-db-1 10.5.0.0/24\n" {
		t.Errorf("by a template: %q", got)
	}
}

func TestFind(t *testing.T) {
	for name, want := range map[string]string{"front": "front", "a_default": "a_default", "cdcd": "a_default", "": "", "ff": "", "a": "front"} {
		if v, ok := find(sample, name); v.Name != want || ok != (want != "") {
			t.Errorf("%q is %q", name, v.Name)
		}
	}
}

func TestFilter(t *testing.T) {
	now := time.Date(2026, 1, 3, 0, 0, 0, 0, time.UTC)
	known := []string{"dangling", "driver", "id", "label", "name", "scope", "type", "until"}
	for text, want := range map[string]string{
		"name=ron": "front", "name=x": "", "id=abab": "front", "driver=bridge": "a_default front", "driver=host": "",
		"label=tier": "front", "label=tier=core": "", "label!=tier": "a_default", "scope=local": "a_default front", "scope=swarm": "",
		"type=custom": "a_default front", "type=builtin": "", "dangling=true": "a_default", "dangling=false": "front",
		"until=1h": "a_default front", "until=24h": "a_default", "until=2025-06-01": "a_default",
	} {
		f, err := newFilter([]string{text}, now, known...)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range sample {
			if f.match(&sample[i]) {
				got = append(got, sample[i].Name)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
	for _, bad := range []string{"type=odd", "dangling=perhaps", "until=soon", "colour=red", "name"} {
		if _, err := newFilter([]string{bad}, now, known...); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestCreateFlags(t *testing.T) {
	for flags, want := range map[string]string{
		"--subnet 10.5.0.0/24 --gateway 10.5.0.9 --ip-range 10.5.0.128/25 --aux-address r=10.5.0.7": `[{"subnet":"10.5.0.0/24","gateway":"10.5.0.9","ip_range":"10.5.0.128/25","aux":{"r":"10.5.0.7"}}]`,
		"--ipv6 --subnet 10.5.0.0/24 --subnet fd00::/64 --gateway fd00::5":                          `[{"subnet":"10.5.0.0/24"},{"subnet":"fd00::/64","gateway":"fd00::5"}]`,
		"":                                     `null`,
		"--gateway 10.5.0.9":                   `no matching subnet for --gateway 10.5.0.9: give its --subnet`,
		"--subnet 10.5.0.0":                    `invalid subnet "10.5.0.0": write it as 10.20.0.0/24`,
		"--subnet 10.5.0.0/24 --aux-address x": `invalid --aux-address "x": write it as NAME=ADDRESS`,
		"--subnet 10.5.0.0/24 --ip-range nonsense": `invalid --ip-range "nonsense"`,
		"-d overlay":         `driver "overlay" is not there: the driver is bridge; others need privileges`,
		"--scope swarm":      `there is no swarm: networks are local`,
		"--config-only":      `--config-only and --config-from are for drivers that need privileges: give the options themselves`,
		"--ipam-driver dhcp": `ipam driver "dhcp" is not there: it is default`,
	} {
		var o CreateOptions
		fs := pflag.NewFlagSet("create", pflag.ContinueOnError)
		o.Register(fs)
		if err := fs.Parse(strings.Fields(flags)); err != nil {
			t.Fatal(err)
		}
		n, err := o.network("x")
		b, _ := json.Marshal(n.Pools)
		got := string(b)
		if err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %s, want %s", flags, got, want)
		}
	}
}
