package plan

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// diverged is two replicas of web (three with n = 3), all made of something else.
func diverged(u *project.Update, n int) (*project.Project, Observed) {
	p := &project.Project{Name: "demo", Services: []project.Service{
		{Name: "after", Scale: 1, DependsOn: []project.Dependency{{Service: "web", Condition: project.ConditionStarted, Required: true}}},
		{Name: "web", Scale: n, Update: u}}}
	o := up(p, Running)
	for i := range o.Containers {
		if o.Containers[i].Service == "web" {
			o.Containers[i].Hash = "other"
		}
	}
	return p, o
}

func TestRolling(t *testing.T) {
	for _, c := range []struct {
		name   string
		u      project.Update
		n      int
		change func(*project.Project, *Observed)
		want   string
	}{
		{"one by one", project.Update{Parallelism: 1}, 2, nil, `
1 stop demo-web-1: configuration changed
2 remove demo-web-1: configuration changed; after 1
3 create demo-web-1: configuration changed; after 2
4 start demo-web-1: configuration changed; after 3
5 settle web: group 1 of 2; after 4
6 stop demo-web-2: configuration changed; after 5
7 remove demo-web-2: configuration changed; after 6
8 create demo-web-2: configuration changed; after 5,7
9 start demo-web-2: configuration changed; after 8
10 settle web: group 2 of 2; after 9
`},
		{"start first, two at a time", project.Update{Parallelism: 2, StartFirst: true}, 3, nil, `
1 create demo-web-4: configuration changed
2 start demo-web-4: configuration changed; after 1
3 create demo-web-5: configuration changed
4 start demo-web-5: configuration changed; after 3
5 settle web: group 1 of 2; after 2,4
6 stop demo-web-1: configuration changed; after 5
7 remove demo-web-1: configuration changed; after 6
8 stop demo-web-2: configuration changed; after 5
9 remove demo-web-2: configuration changed; after 8
10 create demo-web-6: configuration changed; after 5,7,9
11 start demo-web-6: configuration changed; after 10
12 settle web: group 2 of 2; after 11
13 stop demo-web-3: configuration changed; after 12
14 remove demo-web-3: configuration changed; after 13
`},
		{"start first has nothing to keep up", project.Update{StartFirst: true}, 1, func(_ *project.Project, o *Observed) { o.Containers[1].State = Exited }, `
1 remove demo-web-1: configuration changed
2 create demo-web-1: configuration changed; after 1
3 start demo-web-1: configuration changed; after 2
4 settle web: group 1 of 1; after 3
`},
		{"anonymous volumes move with the name", project.Update{StartFirst: true}, 1, func(p *project.Project, _ *Observed) {
			p.Services[1].Mounts = []project.Mount{{Type: project.MountVolume, Target: "/x"}}
		}, `
1 stop demo-web-1: configuration changed
2 remove demo-web-1: configuration changed; after 1
3 create demo-web-1: configuration changed; after 2
4 start demo-web-1: configuration changed; after 3
5 settle web: group 1 of 1; after 4
`},
		{"dependents that restart stop first and start last", project.Update{Parallelism: 1}, 1, func(p *project.Project, _ *Observed) { p.Services[0].DependsOn[0].Restart = true }, `
1 stop demo-after-1: web is replaced
2 stop demo-web-1: configuration changed; after 1
3 remove demo-web-1: configuration changed; after 2
4 create demo-web-1: configuration changed; after 3
5 start demo-web-1: configuration changed; after 4
6 settle web: group 1 of 1; after 5
7 wait web service_started: after depends on it; after 5,6
8 start demo-after-1: web is replaced; after 1,7
`},
		{"scaled down meanwhile", project.Update{Parallelism: 1}, 1, func(_ *project.Project, o *Observed) {
			o.Containers = append(o.Containers, Container{Name: "demo-web-2", Service: "web", Number: 2, Hash: "other", State: Running})
		}, `
1 stop demo-web-2: the scale is 1
2 remove demo-web-2: the scale is 1; after 1
3 stop demo-web-1: configuration changed
4 remove demo-web-1: configuration changed; after 3
5 create demo-web-1: configuration changed; after 4
6 start demo-web-1: configuration changed; after 5
7 settle web: group 1 of 1; after 6
`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, o := diverged(&c.u, c.n)
			if c.change != nil {
				c.change(p, &o)
			}
			got, err := Make(p, o, Options{})
			if err != nil {
				t.Fatal(err)
			}
			compare(t, got, strings.TrimSuffix(c.want, "\n"))
		})
	}
}
