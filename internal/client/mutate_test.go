package client_test

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/project"
)

func TestDownOfAnUnknownProject(t *testing.T) {
	w := clienttest.New(t)
	if err := w.Down(clienttest.Bounded(t), client.Target{Name: "nope"}, &client.DownOptions{Timeout: -1}, nil); err != nil {
		t.Fatal(err)
	}
	clienttest.WantOutput(t, "stderr", w.Err, "Warning: No resource found to remove for project \"nope\".\n")
}

func TestStopOfAnUnknownProject(t *testing.T) {
	w := clienttest.New(t)
	err := w.Stop(clienttest.Bounded(t), client.Target{Name: "nope"}, &client.StopOptions{Timeout: -1}, nil)
	if code := client.Report(w.Err, err); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
	clienttest.WantOutput(t, "stderr", w.Err, "no container found for project \"nope\": not found\n")
}

func TestUnknownService(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{api.OpPS: {{PS: []api.Container{clienttest.Running("demo", "web")}}}}))
	err := w.Stop(clienttest.Bounded(t), client.Target{Name: "demo"}, &client.StopOptions{}, []string{"wbe"})
	if err == nil || err.Error() != "no such service: wbe" {
		t.Errorf("error %v", err)
	}
	if len(w.Asked(api.OpStop)) > 0 {
		t.Error("the supervisor was asked to stop in spite of a wrong service")
	}
}

func TestRequestsCarryTheFlags(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{
		api.OpPS:   {{PS: []api.Container{clienttest.Running("demo", "web")}}},
		api.OpDown: {clienttest.Step("demo-web-1", "Stopping"), clienttest.Step("demo-web-1", "Removed")},
	}))
	ctx, target := clienttest.Bounded(t), client.Target{Name: "demo", Project: &project.Project{Services: []project.Service{{Name: "web"}}, Disabled: []string{"debug"}}}
	for _, err := range []error{
		w.Down(ctx, target, &client.DownOptions{Volumes: true, RemoveOrphans: true, Timeout: 3}, nil),
		w.Stop(ctx, target, &client.StopOptions{Timeout: -1}, []string{"web"}),
		w.Start(ctx, target, &client.StartOptions{WaitTimeout: 2}, nil),
		w.Restart(ctx, target, &client.RestartOptions{NoDeps: true, Timeout: 0}, nil),
		w.Kill(ctx, target, &client.KillOptions{Signal: "SIGHUP"}, nil),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	clienttest.WantOutput(t, "stderr", w.Err, " Container demo-web-1  Stopping\n Container demo-web-1  Removed\n")
	clienttest.WantOutput(t, "stdout", w.Out, "")
	down := w.Asked(api.OpDown)[0].Down
	if !down.Volumes || !down.RemoveOrphans || down.Timeout == nil || down.Timeout.Seconds() != 3 || strings.Join(down.Known, " ") != "debug web" {
		t.Errorf("down request %+v", down)
	}
	if stop := w.Asked(api.OpStop)[0].Stop; stop.Timeout != nil || len(stop.Services) != 1 {
		t.Errorf("stop request %+v: no -t must leave the grace period to the services", stop)
	}
	if start := w.Asked(api.OpStart)[0].Start; !start.Wait || start.WaitTimeout.Seconds() != 2 {
		t.Errorf("start request %+v", start)
	}
	if restart := w.Asked(api.OpRestart)[0].Stop; !restart.NoDeps || restart.Timeout == nil || *restart.Timeout != 0 {
		t.Errorf("restart request %+v: -t 0 is a timeout", restart)
	}
	if kill := w.Asked(api.OpKill)[0].Kill; kill.Signal != "SIGHUP" {
		t.Errorf("kill request %+v", kill)
	}
}

func TestErrorsOfTheSupervisor(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{api.OpStop: {{Done: true,
		Error: &api.Error{Message: "container demo-web-1 cannot be stopped", Hint: "run it again", ExitCode: 7}}}}))
	err := w.Stop(clienttest.Bounded(t), client.Target{Name: "demo"}, &client.StopOptions{}, nil)
	if code := client.Report(w.Err, err); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	clienttest.WantOutput(t, "stderr", w.Err, "container demo-web-1 cannot be stopped\nrun it again\n")
}

func TestProgressByEnvironment(t *testing.T) {
	for flag, want := range map[string]string{"auto": "quiet", "plain": "plain"} {
		w := clienttest.New(t)
		w.Global.Progress, w.Environ["COMPOSE_PROGRESS"] = flag, "quiet"
		if got := w.Progress().Mode(); got != want {
			t.Errorf("--progress %s: %s, want %s", flag, got, want)
		}
	}
}

func TestProgressModes(t *testing.T) {
	for mode, want := range map[string]string{
		"auto":  " Container demo-web-1  Started\n",
		"plain": " Container demo-web-1  Started\n",
		"quiet": "",
		"json":  `{"id":"Container demo-web-1","status":"Done","text":"Started"}` + "\n",
	} {
		w := clienttest.New(t)
		w.Global.Progress = mode
		if err := w.Progress().Answer(new(clienttest.Step("demo-web-1", "Started"))); err != nil {
			t.Fatal(err)
		}
		clienttest.WantOutput(t, mode, w.Err, want)
	}
}
