package plan

import (
	"errors"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

func TestMakeStop(t *testing.T) {
	p := shop()
	plan, err := MakeStop(p, up(p, Running), []string{"db", "api"})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, plan, `
1 stop demo-api-1: stop
2 stop demo-api-2: stop
3 stop demo-db-1: stop; after 1,2`)
}

func TestMakeStart(t *testing.T) {
	p := shop()
	plan, err := MakeStart(p, up(p, Exited), []string{"api"})
	if err != nil {
		t.Fatal(err)
	}
	compare(t, plan, `
1 start demo-db-1: not running
2 wait db service_healthy: api depends on it; after 1
3 start demo-api-1: not running; after 2
4 start demo-api-2: not running; after 2`)
}

func TestMakeRestart(t *testing.T) {
	p := shop()
	for _, tt := range []struct {
		name   string
		noDeps bool
		want   string
	}{
		{"with dependents", false, `
1 stop demo-api-1: db restarts
2 stop demo-api-2: db restarts
3 stop demo-db-1: restart; after 1,2
4 start demo-db-1: restart; after 3
5 wait db service_healthy: api depends on it; after 4
6 start demo-api-1: db restarts; after 1,2,5
7 start demo-api-2: db restarts; after 1,2,5`},
		{"without", true, `
1 stop demo-db-1: restart
2 start demo-db-1: restart; after 1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := MakeRestart(p, up(p, Running), []string{"db"}, tt.noDeps)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, plan, tt.want)
		})
	}
}

func TestMakeDown(t *testing.T) {
	p := shop()
	all := up(p, Running)
	all.Containers = append(all.Containers, Container{Name: "demo-old-1", Service: "old", Number: 1, State: Running})
	for _, tt := range []struct {
		name string
		o    DownOptions
		want string
	}{
		{"everything", DownOptions{RemoveOrphans: true, Volumes: true}, `
1 stop front: down
2 remove front: down; after 1
3 stop demo-api-2: down; after 1
4 remove demo-api-2: down; after 3
5 stop demo-api-1: down; after 1
6 remove demo-api-1: down; after 5
7 stop demo-db-1: down; after 3,5
8 remove demo-db-1: down; after 7
9 stop demo-job-1: down; after 1
10 remove demo-job-1: down; after 9
11 stop demo-old-1: orphan: no file defines old
12 remove demo-old-1: orphan: no file defines old; after 11
13 remove network demo_default: down; after 2,4,6,8,10,12
14 remove volume demo_data: down with volumes; after 2,4,6,8,10,12`},
		{"one service", DownOptions{Services: []string{"job"}}, `
1 stop demo-job-1: down
2 remove demo-job-1: down; after 1`},
	} {
		t.Run(tt.name, func(t *testing.T) { compare(t, MakeDown(p, all, tt.o), tt.want) })
	}
	t.Run("nothing is known", func(t *testing.T) {
		compare(t, MakeDown(nil, Observed{Containers: all.Containers[:1], Networks: all.Networks}, DownOptions{}), `
1 stop demo-api-1: orphan: no file defines api
2 remove demo-api-1: orphan: no file defines api; after 1
3 remove network demo_default: down; after 2`)
	})
	t.Run("an orphan keeps the network", func(t *testing.T) {
		plan := MakeDown(p, all, DownOptions{})
		for _, op := range plan.Operations {
			if op.Kind == RemoveNetwork {
				t.Errorf("%s", op)
			}
		}
		if len(plan.Orphans) != 1 {
			t.Errorf("orphans %v", plan.Orphans)
		}
	})
}

// A supervisor that no up has told of services stops and restarts none, and refuses none:
// who asks has looked into the file.
func TestStopOfNothingKnown(t *testing.T) {
	for name, f := range map[string]func() (*Plan, error){
		"stop":    func() (*Plan, error) { return MakeStop(&project.Project{}, Observed{}, []string{"api"}) },
		"restart": func() (*Plan, error) { return MakeRestart(&project.Project{}, Observed{}, []string{"api"}, false) },
	} {
		if p, err := f(); err != nil || !p.Empty() {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	var unknown *project.UnknownServiceError
	if _, err := MakeStop(&project.Project{Name: "demo"}, Observed{}, []string{"api"}); !errors.As(err, &unknown) {
		t.Errorf("a service that the file lacks: %v", err)
	}
}
