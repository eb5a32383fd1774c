package client_test

import (
	"slices"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// TestContainersOfARecord: without supervisor and holder, nothing runs, whatever the
// record says.
func TestContainersOfARecord(t *testing.T) {
	w := clienttest.New(t)
	w.Record("old", supervisor.Record{Containers: []supervisor.Replica{clienttest.Replica("web", supervisor.Running), clienttest.Replica("job", supervisor.Created)}})
	cs, err := w.Containers(clienttest.Bounded(t), "old", false)
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
