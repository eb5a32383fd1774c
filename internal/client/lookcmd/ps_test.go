package lookcmd

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

func psWorld(t *testing.T) *clienttest.World {
	w := clienttest.New(t)
	ended := clienttest.Running("demo", "job")
	ended.State, ended.ExitCode = "exited", 3
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{
		api.OpPS:   {{PS: []api.Container{clienttest.Running("demo", "web"), ended, clienttest.Running("demo", "db")}}},
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
			err := PS(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &tt.o, tt.services)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("error %v, want %q", err, tt.err)
				}
				return
			}
			if got := strings.Join(strings.Fields(clienttest.Printed(t, w.Out)), " "); err != nil || got != tt.want {
				t.Errorf("%q, %v; want %q", got, err, tt.want)
			}
		})
	}
}

func TestPSWithoutOrphans(t *testing.T) {
	w := psWorld(t)
	target := client.Target{Name: "demo", Project: &project.Project{Services: []project.Service{{Name: "db"}}}}
	if err := PS(clienttest.Bounded(t), w.Env, target, &PSOptions{Services: true}, nil); err != nil {
		t.Fatal(err)
	}
	clienttest.WantOutput(t, "services", w.Out, "db\n")
}

func TestUnreadFiles(t *testing.T) {
	w := psWorld(t)
	err := PS(clienttest.Bounded(t), w.Env, client.Target{Name: "demo", Unread: true}, &PSOptions{}, []string{"perhaps"})
	if err != client.ErrUnread {
		t.Errorf("error %v, wantclient.ErrUnread: only the files know the service", err)
	}
	clienttest.WantOutput(t, "stdout", w.Out, "")
}

func TestLS(t *testing.T) {
	w := psWorld(t)
	w.Record("old", supervisor.Record{Project: project.Project{ConfigFiles: []string{"/old/compose.yaml"}},
		Containers: []supervisor.Replica{clienttest.Replica("web", supervisor.Running)}})
	for _, o := range []*LSOptions{{Format: "json"}, {All: true, Format: "json"}, {Quiet: true, All: true, Filter: []string{"name=^ol"}}} {
		if err := LS(clienttest.Bounded(t), w.Env, o); err != nil {
			t.Fatal(err)
		}
	}
	clienttest.WantOutput(t, "ls", w.Out, `[{"Name":"demo","Status":"exited(1), running(2)","ConfigFiles":"/srv/compose.yaml"}]
[{"Name":"demo","Status":"exited(1), running(2)","ConfigFiles":"/srv/compose.yaml"},{"Name":"old","Status":"exited(1)","ConfigFiles":"/old/compose.yaml"}]
old
`)
	clienttest.WantOutput(t, "stderr", w.Err, "")
}
