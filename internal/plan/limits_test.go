package plan

import (
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// Limits that changed are changed in place: no stop, no new container, before a start.
func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		name   string
		o      Options
		change func(p *project.Project, o *Observed)
		want   string
	}{
		{name: "one service of two replicas", change: func(p *project.Project, _ *Observed) {
			service(p, "api").Resources = project.Resources{Memory: 200 << 20, NanoCPUs: 500_000_000, Keys: []string{"cpus", "mem_limit"}}
		}, want: `
1 limit demo-api-1: mem_limit none -> 200 MiB, cpus none -> 0.5
2 limit demo-api-2: mem_limit none -> 200 MiB, cpus none -> 0.5`},
		{name: "other words for the same", change: func(p *project.Project, o *Observed) {
			service(p, "db").Resources = project.Resources{Memory: 1 << 30, Keys: []string{"mem_limit"}}
			of(o, "demo-db-1").Resources = project.Resources{Memory: 1 << 30, Keys: []string{"deploy.resources.limits.memory"}}
		}},
		{name: "a limit is gone", change: func(_ *project.Project, o *Observed) {
			of(o, "demo-db-1").Resources = project.Resources{Pids: 50, MemoryHigh: 64 << 20, Cpuset: "0"}
		}, want: `
1 limit demo-db-1: x-mocker.memory_high 64 MiB -> none, cpuset 0 -> all, pids_limit 50 -> 4096`},
		{name: "stopped containers are started with it", change: func(p *project.Project, o *Observed) {
			service(p, "db").Resources.MemoryReservation = 64 << 20
			of(o, "demo-db-1").State = Exited
		}, want: `
1 limit demo-db-1: mem_reservation none -> 64 MiB
2 start demo-db-1: not running; after 1`},
		{name: "created only", o: Options{NoStart: true}, change: func(p *project.Project, o *Observed) {
			service(p, "db").Resources.CPUShares = 512
			of(o, "demo-db-1").State = Created
		}, want: `
1 limit demo-db-1: cpu_shares 1024 -> 512`},
		{name: "a new container has it from the start", o: Options{Services: []string{"db"}}, change: func(p *project.Project, o *Observed) {
			service(p, "db").Resources.Memory = 64 << 20
			of(o, "demo-db-1").Hash = "old"
			o.Containers = o.Containers[2:3] // db alone
		}, want: `
1 stop demo-db-1: configuration changed
2 remove demo-db-1: configuration changed; after 1
3 create demo-db-1: configuration changed; after 2
4 start demo-db-1: configuration changed; after 3`},
		{name: "the scale falls", change: func(p *project.Project, _ *Observed) {
			service(p, "api").Resources.Pids, service(p, "api").Scale = -1, 1
		}, want: `
1 stop demo-api-2: the scale is 1
2 remove demo-api-2: the scale is 1; after 1
3 limit demo-api-1: pids_limit 4096 -> unlimited`},
		{name: "the scale grows", change: func(p *project.Project, _ *Observed) {
			service(p, "job").Resources.BlkIO.Weight, service(p, "job").Scale = 20, 2
		}, want: `
1 limit demo-job-1: blkio_config changed
2 create demo-job-2: does not exist
3 start demo-job-2: does not exist; after 2`},
		{name: "who is not selected is left alone", o: Options{Services: []string{"job"}}, change: func(p *project.Project, _ *Observed) {
			service(p, "db").Resources.Memory = 64 << 20
		}},
		{name: "who restarts with another is changed while it is down", change: func(p *project.Project, o *Observed) {
			service(p, "api").Resources.MemorySwap, service(p, "api").Scale = -1, 1
			of(o, "demo-db-1").Hash = "old"
			o.Containers = append(o.Containers[:1:1], o.Containers[2:]...)
		}, want: `
1 stop demo-api-1: db is replaced
2 stop demo-db-1: configuration changed; after 1
3 remove demo-db-1: configuration changed; after 2
4 create demo-db-1: configuration changed; after 3
5 start demo-db-1: configuration changed; after 4
6 limit demo-api-1: memswap_limit none -> unlimited; after 1
7 wait db service_healthy: api depends on it; after 5
8 start demo-api-1: db is replaced; after 1,6,7`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := shop()
			o := up(p, Running)
			tt.change(p, &o)
			plan, err := Make(p, o, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, plan, tt.want)
		})
	}
}

func of(o *Observed, name string) *Container {
	for i := range o.Containers {
		if o.Containers[i].Name == name {
			return &o.Containers[i]
		}
	}
	return nil
}
