package client

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

func psWorld(t *testing.T) *world {
	w := newWorld(t)
	ended := running("demo", "job")
	ended.State, ended.ExitCode = "exited", 3
	w.serve("demo", script(map[api.Op][]api.Answer{
		api.OpPS:   {{PS: []api.Container{running("demo", "web"), ended, running("demo", "db")}}},
		api.OpInfo: {{Info: &api.Info{Project: "demo", ConfigFiles: []string{"/srv/compose.yaml"}}}},
	}))
	return w
}

func TestPSChooses(t *testing.T) {
	for _, tt := range []struct {
		name     string
		o        PSOptions
		services []string
		want     string
		err      string
	}{
		{"running only", PSOptions{}, nil, "db-id web-id", ""},
		{"all", PSOptions{All: true}, nil, "db-id job-id web-id", ""},
		{"status", PSOptions{Status: []string{"exited"}}, nil, "job-id", ""},
		{"filter", PSOptions{Filter: "status=exited"}, nil, "job-id", ""},
		{"service", PSOptions{}, []string{"db"}, "db-id", ""},
		{"no such service", PSOptions{}, []string{"nope"}, "", "no such service: nope"},
		{"no such status", PSOptions{Status: []string{"asleep"}}, nil, "", "unknown status"},
		{"no such filter", PSOptions{Filter: "colour=red"}, nil, "", "unknown filter colour"},
		{"filter without value", PSOptions{Filter: "status"}, nil, "", "KEY=VAL"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := psWorld(t)
			tt.o.Quiet, tt.o.Orphans = true, true
			err := w.PS(bounded(t), Target{Name: "demo"}, &tt.o, tt.services)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if got := strings.Join(strings.Fields(printed(t, w.out)), " "); err != nil || got != tt.want {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestPSWithoutOrphans(t *testing.T) {
	w := psWorld(t)
	target := Target{Name: "demo", Project: &project.Project{Services: []project.Service{{Name: "db"}}}}
	if err := w.PS(bounded(t), target, &PSOptions{Services: true}, nil); err != nil {
		t.Fatal(err)
	}
	wantOutput(t, "services", w.out, "db\n")
}

func TestUnreadFiles(t *testing.T) {
	w := psWorld(t)
	err := w.PS(bounded(t), Target{Name: "demo", Unread: true}, &PSOptions{}, []string{"perhaps"})
	if err != ErrUnread {
		t.Errorf("error %v, want ErrUnread: only the files know the service", err)
	}
	wantOutput(t, "stdout", w.out, "")
}

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

// TestPSOfARecord: without supervisor and holder, nothing runs, whatever the
// record says.
func TestPSOfARecord(t *testing.T) {
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

func TestLS(t *testing.T) {
	w := psWorld(t)
	w.record("old", supervisor.Record{Project: project.Project{ConfigFiles: []string{"/old/compose.yaml"}},
		Containers: []supervisor.Replica{replicaOf("web", supervisor.Running)}})
	for _, o := range []*LSOptions{{Format: "json"}, {All: true, Format: "json"}, {Quiet: true, All: true, Filter: "name=ol"}} {
		if err := w.LS(bounded(t), o); err != nil {
			t.Fatal(err)
		}
	}
	wantOutput(t, "ls", w.out, `[{"Name":"demo","Status":"exited(1), running(2)","ConfigFiles":"/srv/compose.yaml"}]
[{"Name":"demo","Status":"exited(1), running(2)","ConfigFiles":"/srv/compose.yaml"},{"Name":"old","Status":"exited(1)","ConfigFiles":"/old/compose.yaml"}]
old
`)
	wantOutput(t, "stderr", w.err, "")
}
