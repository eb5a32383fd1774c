package plan

import (
	"errors"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// shop is web -> api -> db, api restarting with db, and a job that web needs
// to have completed.
func shop() *project.Project {
	on := func(service string, c project.Condition, restart, required bool) project.Dependency {
		return project.Dependency{Service: service, Condition: c, Restart: restart, Required: required}
	}
	net := []project.Endpoint{{Network: "default"}}
	return &project.Project{
		Name: "demo", Disabled: []string{"debug"},
		Networks: []project.Network{{Key: "default", Name: "demo_default"}},
		Volumes:  []project.Volume{{Key: "data", Name: "demo_data"}, {Key: "ext", Name: "ext", External: true}},
		Services: []project.Service{
			{Name: "api", Scale: 2, Endpoints: net, DependsOn: []project.Dependency{on("db", project.ConditionHealthy, true, true)}},
			{Name: "db", Scale: 1, Endpoints: net, Mounts: []project.Mount{{Type: project.MountVolume, Source: "data"}, {Type: project.MountVolume, Source: "ext"}}},
			{Name: "job", Scale: 1, Endpoints: net},
			{Name: "web", Scale: 1, ContainerName: "front", Endpoints: net, DependsOn: []project.Dependency{
				on("api", project.ConditionStarted, false, true), on("job", project.ConditionCompleted, false, false)}},
		},
	}
}

// up is everything of p, in one state.
func up(p *project.Project, state State) Observed {
	o := Observed{Networks: []string{"demo_default"}, Volumes: []string{"demo_data", "ext"}}
	for i := range p.Services {
		s := &p.Services[i]
		for n := 1; n <= s.Scale; n++ {
			o.Containers = append(o.Containers, Container{Name: p.ContainerName(s, n), Service: s.Name, Number: n, Hash: p.Hash(s), State: state, NetMode: s.NetworkMode, Endpoints: wanted(p, s)})
		}
	}
	return o
}

func service(p *project.Project, name string) *project.Service {
	s, _ := p.Service(name)
	return s
}

func TestMake(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      Options
		change func(p *project.Project, o *Observed)
		want   string
	}{
		{name: "everything is missing", change: func(_ *project.Project, o *Observed) { *o = Observed{} }, want: `
1 create network demo_default: does not exist
2 create volume demo_data: does not exist
3 create demo-db-1: does not exist; after 1,2
4 start demo-db-1: does not exist; after 3
5 create demo-job-1: does not exist; after 1
6 start demo-job-1: does not exist; after 5
7 create demo-api-1: does not exist; after 1
8 wait db service_healthy: api depends on it; after 4
9 start demo-api-1: does not exist; after 7,8
10 create demo-api-2: does not exist; after 1
11 start demo-api-2: does not exist; after 8,10
12 create front: does not exist; after 1
13 wait api service_started: web depends on it; after 9,11
14 wait job service_completed_successfully (optional): web depends on it; after 6
15 start front: does not exist; after 12,13,14`},
		{name: "nothing to do", want: ``},
		{name: "all stopped", change: func(p *project.Project, o *Observed) { *o = up(p, Exited) }, want: `
1 start demo-db-1: not running
2 start demo-job-1: not running
3 wait db service_healthy: api depends on it; after 1
4 start demo-api-1: not running; after 3
5 start demo-api-2: not running; after 3
6 wait api service_started: web depends on it; after 4,5
7 wait job service_completed_successfully (optional): web depends on it; after 2
8 start front: not running; after 6,7`},
		{name: "db changed: api restarts with it, web does not", change: func(p *project.Project, _ *Observed) { service(p, "db").User = "5" }, want: `
1 stop demo-api-1: db is replaced
2 stop demo-api-2: db is replaced
3 stop demo-db-1: configuration changed; after 1,2
4 remove demo-db-1: configuration changed; after 3
5 create demo-db-1: configuration changed; after 4
6 start demo-db-1: configuration changed; after 5
7 wait db service_healthy: api depends on it; after 6
8 start demo-api-1: db is replaced; after 1,2,7
9 start demo-api-2: db is replaced; after 1,2,7`},
		{name: "never recreate", o: Options{Recreate: RecreateNever}, change: func(p *project.Project, _ *Observed) { service(p, "db").User = "5" }, want: ``},
		{name: "force one without its dependencies", o: Options{Recreate: RecreateForce, NoDeps: true, Services: []string{"web"}}, want: `
1 stop front: recreation is forced
2 remove front: recreation is forced; after 1
3 create front: recreation is forced; after 2
4 start front: recreation is forced; after 3`},
		{name: "force one: what it needs is kept", o: Options{Recreate: RecreateForce, Services: []string{"web"}}, want: `
1 stop front: recreation is forced
2 remove front: recreation is forced; after 1
3 create front: recreation is forced; after 2
4 wait api service_started: web depends on it
5 wait job service_completed_successfully (optional): web depends on it
6 start front: recreation is forced; after 3,4,5`},
		{name: "another image behind the name", o: Options{Images: map[string]string{"api": "sha256:new", "job": "sha256:same"}}, change: func(_ *project.Project, o *Observed) {
			for i := range o.Containers {
				o.Containers[i].Image = map[string]string{"api": "sha256:old", "job": "sha256:same"}[o.Containers[i].Service]
			}
		}, want: `
1 stop demo-api-1: image: another one by that name (old -> new)
2 remove demo-api-1: image: another one by that name (old -> new); after 1
3 stop demo-api-2: image: another one by that name (old -> new)
4 remove demo-api-2: image: another one by that name (old -> new); after 3
5 create demo-api-1: image: another one by that name (old -> new); after 2
6 wait db service_healthy: api depends on it
7 start demo-api-1: image: another one by that name (old -> new); after 5,6
8 create demo-api-2: image: another one by that name (old -> new); after 4
9 start demo-api-2: image: another one by that name (old -> new); after 6,8`},
		{name: "another image, not to be replaced", o: Options{Recreate: RecreateNever, Images: map[string]string{"api": "sha256:new"}}, change: func(*project.Project, *Observed) {}, want: ``},
		{name: "scale down takes the highest, up counts on", change: func(p *project.Project, o *Observed) {
			service(p, "api").Scale = 1
			service(p, "job").Scale = 2
			o.Containers = append(o.Containers, Container{Name: "demo-api-3", Service: "api", Number: 3, State: Exited})
			for i := range o.Containers {
				if o.Containers[i].Name == "demo-job-1" {
					o.Containers[i].Name, o.Containers[i].Number = "demo-job-2", 2
				}
			}
		}, want: `
1 remove demo-api-3: the scale is 1
2 stop demo-api-2: the scale is 1
3 remove demo-api-2: the scale is 1; after 2
4 create demo-job-3: does not exist
5 start demo-job-3: does not exist; after 4`},
		{name: "orphans are listed", change: func(_ *project.Project, o *Observed) {
			o.Containers = append(o.Containers, Container{Name: "demo-old-1", Service: "old", Number: 1, State: Running}, Container{Name: "demo-debug-1", Service: "debug", Number: 1, State: Running})
		}, want: `
orphan demo-old-1`},
		{name: "orphans are removed", o: Options{RemoveOrphans: true}, change: func(_ *project.Project, o *Observed) {
			o.Containers = append(o.Containers, Container{Name: "demo-old-1", Service: "old", Number: 1, State: Running}, Container{Name: "demo-old-2", Service: "old", Number: 2, State: Exited})
		}, want: `
1 remove demo-old-2: orphan: no file defines old
2 stop demo-old-1: orphan: no file defines old
3 remove demo-old-1: orphan: no file defines old; after 2`},
		{name: "orphans make room", o: Options{RemoveOrphans: true}, change: func(p *project.Project, o *Observed) {
			o.Containers = append(o.Containers, Container{Name: "demo-old-1", Service: "old", Number: 1, State: Running})
			service(p, "api").Scale = 4
		}, want: `
1 stop demo-old-1: orphan: no file defines old
2 remove demo-old-1: orphan: no file defines old; after 1
3 create demo-api-3: does not exist; after 2
4 wait db service_healthy: api depends on it
5 start demo-api-3: does not exist; after 3,4
6 create demo-api-4: does not exist; after 2
7 start demo-api-4: does not exist; after 4,6`},
		{name: "no start", o: Options{NoStart: true, Services: []string{"db"}}, change: func(_ *project.Project, o *Observed) { *o = Observed{} }, want: `
1 create network demo_default: does not exist
2 create volume demo_data: does not exist
3 create demo-db-1: does not exist; after 1,2`},
		{name: "a new container_name", change: func(p *project.Project, _ *Observed) { service(p, "web").ContainerName = "door" }, want: `
1 stop front: configuration changed
2 remove front: configuration changed; after 1
3 create door: configuration changed; after 2
4 wait api service_started: web depends on it
5 wait job service_completed_successfully (optional): web depends on it
6 start door: configuration changed; after 3,4,5`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := shop()
			o := up(p, Running)
			if tt.change != nil {
				tt.change(p, &o)
			}
			plan, err := Make(p, o, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, plan, tt.want)
		})
	}
}

func compare(t *testing.T, p *Plan, want string) {
	t.Helper()
	want = strings.TrimPrefix(want, "\n")
	if want != "" {
		want += "\n"
	}
	if got := p.String(); got != want {
		t.Errorf("plan:\n%swant:\n%s", got, want)
	}
}

func TestMakeErrors(t *testing.T) {
	p := shop()
	_, err := Make(p, Observed{}, Options{Services: []string{"debug"}})
	var unknown *project.UnknownServiceError
	if !errors.As(err, &unknown) || !unknown.Disabled {
		t.Errorf("disabled service: %v", err)
	}
	service(p, "db").DependsOn = []project.Dependency{{Service: "web"}}
	_, err = Make(p, Observed{}, Options{})
	var cycle *project.CycleError
	if !errors.As(err, &cycle) || strings.Join(cycle.Path, " ") != "api db web api" {
		t.Errorf("cycle: %v", err)
	}
}
