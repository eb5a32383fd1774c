package plan

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// made is everything of p, running, with what it was made of on record.
func made(p *project.Project) Observed {
	o := up(p, Running)
	for i := range o.Containers {
		s := *service(p, o.Containers[i].Service)
		o.Containers[i].Made, o.Containers[i].Volumes = &s, p.VolumesOf(&s)
	}
	return o
}

// TestChanges: what is done when a service was changed, and no more.
func TestChanges(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      Options
		change func(p *project.Project, o *Observed)
		want   string
	}{
		{name: "nothing", want: ``},
		{name: "a label", change: func(p *project.Project, _ *Observed) { service(p, "db").Labels = map[string]string{"a": "1"} }, want: `
1 amend demo-db-1: labels.a: (none) -> 1`},
		{name: "a label of one that does not run", change: func(p *project.Project, o *Observed) {
			service(p, "job").Labels = map[string]string{"a": "1"}
			o.Containers[3].State = Exited
		}, want: `
1 amend demo-job-1: labels.a: (none) -> 1
2 start demo-job-1: not running; after 1`},
		{name: "a port, and what restarts with it", change: func(p *project.Project, _ *Observed) {
			service(p, "db").Ports = []project.Port{{HostPort: 1, Target: 2, Protocol: "tcp"}}
		}, want: `
1 stop demo-api-1: db is replaced
2 stop demo-api-2: db is replaced
3 stop demo-db-1: ports.1:2/tcp: added; after 1,2
4 amend demo-db-1: ports.1:2/tcp: added; after 3
5 start demo-db-1: ports.1:2/tcp: added; after 3,4
6 wait db service_healthy: api depends on it; after 5
7 start demo-api-1: db is replaced; after 1,2,6
8 start demo-api-2: db is replaced; after 1,2,6`},
		{name: "a port that goes from one service to another", change: func(p *project.Project, o *Observed) {
			port := []project.Port{{HostPort: 1, Target: 2, Protocol: "tcp"}}
			o.Containers[3].Made.Ports = port // job
			service(p, "api").Ports = []project.Port{{HostIP: "127.0.0.1", HostPort: 1, HostPortEnd: 4, Target: 2, Protocol: "tcp"}}
		}, want: `
1 stop demo-api-1: ports.127.0.0.1:1-4:2/tcp: added
2 stop demo-api-2: ports.127.0.0.1:1-4:2/tcp: added
3 stop demo-job-1: ports.1:2/tcp: removed
4 amend demo-job-1: ports.1:2/tcp: removed; after 3
5 start demo-job-1: ports.1:2/tcp: removed; after 3,4
6 amend demo-api-1: ports.127.0.0.1:1-4:2/tcp: added; after 1,2
7 wait db service_healthy: api depends on it
8 start demo-api-1: ports.127.0.0.1:1-4:2/tcp: added; after 1,2,3,6,7
9 amend demo-api-2: ports.127.0.0.1:1-4:2/tcp: added; after 1,2
10 start demo-api-2: ports.127.0.0.1:1-4:2/tcp: added; after 1,2,3,7,9`},
		{name: "a port, but nothing is to be started", o: Options{NoStart: true}, change: func(p *project.Project, _ *Observed) {
			service(p, "job").Ports = []project.Port{{HostPort: 1, Target: 2, Protocol: "tcp"}}
		}, want: `
1 stop demo-job-1: ports.1:2/tcp: added
2 remove demo-job-1: ports.1:2/tcp: added; after 1
3 create demo-job-1: ports.1:2/tcp: added; after 2`},
		{name: "a label and a command: one new container has both", change: func(p *project.Project, _ *Observed) {
			service(p, "job").Labels = map[string]string{"a": "1"}
			service(p, "job").Command = []string{"x"}
		}, want: `
1 stop demo-job-1: command: (none) -> [x]; labels.a: (none) -> 1
2 remove demo-job-1: command: (none) -> [x]; labels.a: (none) -> 1; after 1
3 create demo-job-1: command: (none) -> [x]; labels.a: (none) -> 1; after 2
4 start demo-job-1: command: (none) -> [x]; labels.a: (none) -> 1; after 3`},
		{name: "a command, and nothing is to be replaced", o: Options{Recreate: RecreateNever}, change: func(p *project.Project, _ *Observed) {
			service(p, "job").Command = []string{"x"}
			service(p, "job").Labels = map[string]string{"a": "1"}
		}, want: ``},
		{name: "of a service that is not named", o: Options{Services: []string{"job"}}, change: func(p *project.Project, _ *Observed) {
			service(p, "db").Labels = map[string]string{"a": "1"}
		}, want: ``},
		{name: "what a named service needs, by force", o: Options{Services: []string{"api"}, RecreateDeps: RecreateForce, NoStart: true}, want: `
1 stop demo-db-1: recreation is forced
2 remove demo-db-1: recreation is forced; after 1
3 create demo-db-1: recreation is forced; after 2`},
		{name: "another volume by the same key", change: func(p *project.Project, o *Observed) {
			p.Volumes[0].Name = "elsewhere"
			o.Volumes = append(o.Volumes, "elsewhere")
			o.Containers = o.Containers[2:3]
			p.Services = p.Services[1:2]
		}, want: `
1 stop demo-db-1: volumes.data.name: demo_data -> elsewhere
2 remove demo-db-1: volumes.data.name: demo_data -> elsewhere; after 1
3 create demo-db-1: volumes.data.name: demo_data -> elsewhere; after 2
4 start demo-db-1: volumes.data.name: demo_data -> elsewhere; after 3`},
		{name: "a volume is made anew", o: Options{Services: []string{"job"}, Discard: []string{"demo_data"}}, want: `
1 stop demo-api-1: db is replaced
2 stop demo-api-2: db is replaced
3 stop demo-db-1: volumes.data: is made anew; after 1,2
4 remove demo-db-1: volumes.data: is made anew; after 3
5 remove volume demo_data: its definition changed; after 4
6 create volume demo_data: its definition changed; after 5
7 create demo-db-1: volumes.data: is made anew; after 4,6
8 start demo-db-1: volumes.data: is made anew; after 7
9 wait db service_healthy: api depends on it; after 8
10 start demo-api-1: db is replaced; after 1,2,9
11 start demo-api-2: db is replaced; after 1,2,9`},
		{name: "an external volume never is", o: Options{Discard: []string{"ext"}}, want: ``},
		{name: "what is not on record is told by the hash", change: func(_ *project.Project, o *Observed) {
			for i := range o.Containers {
				o.Containers[i].Made = nil
			}
		}, want: ``},
		{name: "a hash of another version alone replaces nothing", change: func(_ *project.Project, o *Observed) {
			for i := range o.Containers {
				o.Containers[i].Hash = "of another version"
			}
		}, want: ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := shop()
			o := made(p)
			if tt.change != nil {
				tt.change(p, &o)
			}
			plan, err := Make(p, o, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(plan.String()); got != strings.TrimSpace(tt.want) {
				t.Errorf("plan:\n%s\nwant:\n%s", got, tt.want)
			}
		})
	}
}
