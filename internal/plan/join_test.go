package plan

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// vpn is a service in whose network others live: side by its name, and far by side.
func vpn() *project.Project {
	on := func(service string) []project.Dependency {
		return []project.Dependency{{Service: service, Condition: project.ConditionStarted, Required: true}}
	}
	return &project.Project{
		Name: "demo", Networks: []project.Network{{Key: "default", Name: "demo_default"}},
		Services: []project.Service{
			{Name: "far", Scale: 1, NetworkMode: "container:demo-side-1", DependsOn: on("side")},
			{Name: "side", Scale: 1, NetworkMode: "service:vpn", DependsOn: on("vpn")},
			{Name: "vpn", Scale: 1, Endpoints: []project.Endpoint{{Network: "default"}}},
		},
	}
}

// Whoever lives in the network of another outlives its replacement, but not the
// change of its network's kind.
func TestMakeJoined(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      Options
		change func(p *project.Project)
		want   string
	}{
		{name: "the owner is replaced", change: func(p *project.Project) { service(p, "vpn").User = "5" }, want: `
1 stop demo-vpn-1: configuration changed
2 remove demo-vpn-1: configuration changed; after 1
3 create demo-vpn-1: configuration changed; after 2
4 start demo-vpn-1: configuration changed; after 3`},
		{name: "the owner moves into the host's network", change: func(p *project.Project) {
			s := service(p, "vpn")
			s.NetworkMode, s.Endpoints = "host", nil
		}, want: `
1 stop demo-far-1: vpn has another network
2 stop demo-side-1: vpn has another network; after 1
3 stop demo-vpn-1: configuration changed; after 2
4 remove demo-vpn-1: configuration changed; after 3
5 create demo-vpn-1: configuration changed; after 4
6 start demo-vpn-1: configuration changed; after 5
7 wait vpn service_started: side depends on it; after 6
8 start demo-side-1: vpn has another network; after 2,7
9 wait side service_started: far depends on it; after 8
10 start demo-far-1: vpn has another network; after 1,9`},
		{name: "one that joins leaves", change: func(p *project.Project) {
			s := service(p, "side")
			s.NetworkMode, s.Endpoints = "", []project.Endpoint{{Network: "default"}}
		}, want: `
1 stop demo-far-1: side has another network
2 stop demo-side-1: configuration changed; after 1
3 remove demo-side-1: configuration changed; after 2
4 create demo-side-1: configuration changed; after 3
5 wait vpn service_started: side depends on it
6 start demo-side-1: configuration changed; after 4,5
7 wait side service_started: far depends on it; after 6
8 start demo-far-1: side has another network; after 1,7`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := up(vpn(), Running)
			p := vpn()
			tt.change(p)
			got, err := Make(p, o, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if g := strings.TrimSpace(got.String()); g != strings.TrimSpace(tt.want) {
				t.Errorf("\n%s\nwant%s", g, tt.want)
			}
		})
	}
}
