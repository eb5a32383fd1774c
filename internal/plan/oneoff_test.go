package plan

import "testing"

// A one-off container is judged like no replica: it waits for the conditions of
// its service, and the service's own replicas are left alone.
func TestMakeRun(t *testing.T) {
	p := shop()
	api, _ := p.Service("api")
	for _, tt := range []struct {
		name     string
		observed Observed
		o        Options
		want     string
	}{
		{"nothing is there", Observed{}, Options{Services: []string{"db"}}, `
1 create network demo_default: does not exist
2 create volume demo_data: does not exist
3 create demo-db-1: does not exist; after 1,2
4 start demo-db-1: does not exist; after 3
5 wait db service_healthy: api depends on it; after 4`},
		{"all is there", up(p, Running), Options{Services: []string{"db"}}, `
1 wait db service_healthy: api depends on it`},
		{"without dependencies", Observed{}, Options{NoDeps: true}, `
1 create network demo_default: does not exist`},
		{"an ended one is an orphan", withOneOff(up(p, Running), Exited), Options{NoDeps: true, RemoveOrphans: true}, `
1 remove demo-api-run-1: made by run, and ended`},
		{"one that runs is none", withOneOff(up(p, Running), Running), Options{NoDeps: true, RemoveOrphans: true}, ``},
	} {
		t.Run(tt.name, func(t *testing.T) {
			plan, err := MakeRun(p, tt.observed, api, tt.o)
			if err != nil {
				t.Fatal(err)
			}
			compare(t, plan, tt.want)
		})
	}
}

func withOneOff(o Observed, s State) Observed {
	o.OneOffs = []Container{{Name: "demo-api-run-1", Service: "api", Number: -1, State: s}}
	return o
}

// What run made goes before what it depends on.
func TestDownOfOneOff(t *testing.T) {
	p := shop()
	o := withOneOff(Observed{Containers: []Container{{Name: "demo-db-1", Service: "db", Number: 1, State: Running}}}, Running)
	compare(t, MakeDown(p, o, DownOptions{}), `
1 stop demo-api-run-1: down: made by run
2 remove demo-api-run-1: down: made by run; after 1
3 stop demo-db-1: down; after 1
4 remove demo-db-1: down; after 3`)
	compare(t, MakeDown(p, o, DownOptions{Services: []string{"db"}}), `
1 stop demo-db-1: down
2 remove demo-db-1: down; after 1`)
}
