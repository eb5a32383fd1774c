package client

import (
	"slices"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// record leaves what a supervisor leaves on disk.
func (w *world) record(name string, r supervisor.Record) {
	w.t.Helper()
	if err := state.MakePrivate(w.Dirs.ProjectData(name)); err != nil {
		w.t.Fatal(err)
	}
	if err := state.Save(w.Dirs.StateFile(name), r); err != nil {
		w.t.Fatal(err)
	}
}

func replicaOf(service string, s supervisor.State) supervisor.Replica {
	return supervisor.Replica{State: s, Container: supervisor.Container{Project: "old", ID: service + "-id", Name: "old-" + service + "-1",
		Number: 1, Created: time.Now(), Service: project.Service{Name: service, Entrypoint: []string{"/bin/" + service}}}}
}

// TestContainersOfARecord: without supervisor and holder, nothing runs, whatever the
// record says.
func TestContainersOfARecord(t *testing.T) {
	w := newWorld(t)
	w.record("old", supervisor.Record{Containers: []supervisor.Replica{replicaOf("web", supervisor.Running), replicaOf("job", supervisor.Created)}})
	cs, err := w.Containers(bounded(t), "old", false)
	if err != nil || len(cs) != 2 {
		t.Fatalf("%+v, %v", cs, err)
	}
	if cs[0].State != "exited" || cs[0].ExitCode != 137 || !slices.Equal(cs[0].Command, []string{"/bin/web"}) {
		t.Errorf("web is %+v, want one that was killed", cs[0])
	}
	if cs[1].State != "created" {
		t.Errorf("job is %s, want created", cs[1].State)
	}
	if cs[0].LogDir != w.Dirs.LogDir("old", "old-web-1") {
		t.Errorf("log directory %s", cs[0].LogDir)
	}
}
