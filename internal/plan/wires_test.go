package plan

import (
	"slices"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// pair is two services on two networks.
func pair() *project.Project {
	at := func(network, ip string, aliases ...string) project.Endpoint {
		return project.Endpoint{Network: network, IPv4Address: ip, Aliases: aliases}
	}
	return &project.Project{
		Name: "demo", Networks: []project.Network{{Key: "back", Name: "demo_back"}, {Key: "front", Name: "demo_front"}},
		Services: []project.Service{
			{Name: "db", Scale: 1, Endpoints: []project.Endpoint{at("back", "10.0.0.5")}},
			{Name: "web", Scale: 1, Endpoints: []project.Endpoint{at("back", "10.0.0.6"), at("front", "", "www")},
				DependsOn: []project.Dependency{{Service: "db", Condition: project.ConditionStarted, Required: true, Restart: true}}},
		},
	}
}

func TestMakeRewires(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      Options
		change func(p *project.Project, o *Observed)
		want   string
	}{
		{name: "nothing", change: func(*project.Project, *Observed) {}},
		{name: "a new network", change: func(p *project.Project, _ *Observed) {
			p.Networks = append(p.Networks, project.Network{Key: "more", Name: "demo_more"})
			service(p, "db").Endpoints = append(service(p, "db").Endpoints, project.Endpoint{Network: "more"})
		}, want: `
1 create network demo_more: does not exist
2 connect demo-db-1 demo_more: it does not stand on it; after 1`},
		{name: "one network less", change: func(p *project.Project, _ *Observed) {
			service(p, "web").Endpoints = service(p, "web").Endpoints[:1]
		}, want: `
1 disconnect demo-web-1 demo_front: it is not to stand on it any more`},
		{name: "names and priorities", change: func(p *project.Project, _ *Observed) {
			service(p, "web").Endpoints[1].Aliases = nil
			service(p, "db").Endpoints[0].GatewayPriority = 5
			service(p, "web").Endpoints[0].Priority = 5 // of new interfaces only
		}, want: `
1 update demo-db-1 demo_back: its names or priority changed
2 update demo-web-1 demo_front: its names or priority changed`},
		{name: "two addresses are exchanged", change: func(p *project.Project, _ *Observed) {
			service(p, "db").Endpoints[0].IPv4Address, service(p, "web").Endpoints[0].IPv4Address = "10.0.0.6", "10.0.0.5"
		}, want: `
1 disconnect demo-db-1 demo_back: its addresses changed
2 disconnect demo-web-1 demo_back: its addresses changed
3 connect demo-db-1 demo_back: its addresses changed; after 1,2
4 connect demo-web-1 demo_back: its addresses changed; after 1,2`},
		{name: "a new container wants the address of one that moves", change: func(p *project.Project, o *Observed) {
			service(p, "db").Endpoints[0].IPv4Address, service(p, "web").Endpoints[0].IPv4Address = "10.0.0.7", "10.0.0.5"
			service(p, "web").User = "5"
		}, want: `
1 stop demo-web-1: configuration changed
2 remove demo-web-1: configuration changed; after 1
3 disconnect demo-db-1 demo_back: its addresses changed
4 connect demo-db-1 demo_back: its addresses changed; after 2,3
5 create demo-web-1: configuration changed; after 2,3
6 wait db service_started: web depends on it
7 start demo-web-1: configuration changed; after 5,6`},
		{name: "another definition: all on it leave and come back, whoever they are", o: Options{Services: []string{"db"}}, change: func(p *project.Project, o *Observed) {
			p.Networks[0].Internal = true
			o.Containers = append(o.Containers, Container{Name: "demo-old-1", Service: "old", Number: 1, State: Exited,
				Endpoints: []Endpoint{{Network: "demo_back", Spec: project.Endpoint{Network: "back", Aliases: []string{"o"}}}}})
			o.OneOffs = []Container{{Name: "demo-db-run-1", Service: "db", State: Running, Endpoints: []Endpoint{{Network: "demo_back"}}}}
			p.Networks = append(p.Networks, project.Network{Key: "more", Name: "demo_more"})
			service(p, "db").Endpoints = append(service(p, "db").Endpoints, project.Endpoint{Network: "more"})
		}, want: `
1 disconnect demo-db-1 demo_back: the network changed
2 disconnect demo-db-run-1 demo_back: the network changed
3 disconnect demo-old-1 demo_back: the network changed
4 disconnect demo-web-1 demo_back: the network changed
5 remove network demo_back: its definition changed; after 1,2,3,4
6 create network demo_back: its definition changed; after 5
7 create network demo_more: does not exist; after 5
8 connect demo-db-1 demo_back: the network changed; after 1,2,3,4,5,6
9 connect demo-db-1 demo_more: it does not stand on it; after 5,7,8
10 connect demo-db-run-1 demo_back: the network changed; after 2,5,6
11 connect demo-old-1 demo_back: the network changed; after 3,5,6
12 connect demo-web-1 demo_back: the network changed; after 1,2,3,4,5,6
orphan demo-old-1`},
		{name: "made and not on record: who stands on it shows that it is there", change: func(p *project.Project, o *Observed) {
			p.Networks[0].Internal = true
			o.Networks = []string{"demo_front"}
		}, want: `
1 disconnect demo-db-1 demo_back: the network changed
2 disconnect demo-web-1 demo_back: the network changed
3 remove network demo_back: its definition changed; after 1,2
4 create network demo_back: its definition changed; after 3
5 connect demo-db-1 demo_back: the network changed; after 1,2,3,4
6 connect demo-web-1 demo_back: the network changed; after 1,2,3,4`},
		{name: "a stopped container is changed before it starts", change: func(p *project.Project, o *Observed) {
			service(p, "db").Endpoints[0].Aliases = []string{"x"}
			o.Containers[0].State = Exited
		}, want: `
1 update demo-db-1 demo_back: its names or priority changed
2 start demo-db-1: not running; after 1`},
		{name: "never recreated is never changed", o: Options{Recreate: RecreateNever}, change: func(p *project.Project, _ *Observed) {
			service(p, "db").Endpoints[0].Aliases = []string{"x"}
		}},
		{name: "labels and ranges change nothing", change: func(p *project.Project, _ *Observed) {
			p.Networks[0].Labels = map[string]string{"a": "b"}
		}},
		{name: "another name is another network", change: func(p *project.Project, _ *Observed) {
			p.Networks[1].Name = "given"
		}, want: `
1 create network given: does not exist
2 disconnect demo-web-1 demo_front: it is not to stand on it any more
3 connect demo-web-1 given: it does not stand on it; after 1,2`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := pair()
			o := up(p, Running)
			o.Networks, o.Defined = []string{"demo_back", "demo_front"}, map[string]project.Network{"demo_back": p.Networks[0], "demo_front": p.Networks[1]}
			p = pair()
			tt.change(p, &o)
			got, err := Make(p, o, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, tt.want)
		})
	}
}

// A container that only leaves and joins a network that changed says why.
func TestOutcomeOfRenewedNetwork(t *testing.T) {
	p := pair()
	o := up(p, Running)
	o.Networks, o.Defined = []string{"demo_back", "demo_front"}, map[string]project.Network{"demo_back": p.Networks[0], "demo_front": p.Networks[1]}
	p = pair()
	p.Networks[0].Internal = true
	got, err := Make(p, o, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Outcomes {
		if c.Action != ToUpdate || c.Cause != "the network changed" {
			t.Errorf("%s: %s, %q", c.Name, c.Action, c.Cause)
		}
	}
	if len(got.Outcomes) != 2 {
		t.Errorf("outcomes: %+v", got.Outcomes)
	}
}

// In which order a container stands on its networks is nobody's concern: a plan that
// touches it for something else does not name them. One that nobody asked about, and whose
// network is made anew, is in the plan all the same.
func TestOutcomesOfNetworks(t *testing.T) {
	p := pair()
	o := up(p, Running)
	web := &o.Containers[slices.IndexFunc(o.Containers, func(c Container) bool { return c.Service == "web" })]
	web.Endpoints = []Endpoint{web.Endpoints[1], web.Endpoints[0]}
	service(p, "web").Resources.Memory = 1 << 20
	plan, err := Make(p, o, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range plan.Outcomes {
		if out.Service == "web" && (len(out.Changes) != 1 || out.Changes[0].Key != "mem_limit") {
			t.Errorf("%+v", out)
		}
	}
	o.Defined = map[string]project.Network{"demo_back": {Key: "back", Name: "demo_back", Internal: true}}
	if plan, err = Make(p, o, Options{Services: []string{"db"}}); err != nil {
		t.Fatal(err)
	}
	got := map[string]Action{}
	for _, out := range plan.Outcomes {
		got[out.Name] = out.Action
	}
	if len(got) != 2 || got["demo-db-1"] != ToUpdate || got["demo-web-1"] != ToUpdate {
		t.Errorf("%v\n%s", got, plan)
	}
}
