package client

import (
	"os"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/logquery"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// TestLogsOfAStoppedProject: no supervisor is needed.
func TestLogsOfAStoppedProject(t *testing.T) {
	w := newWorld(t)
	w.record("old", supervisor.Record{Containers: []supervisor.Replica{replicaOf("web", supervisor.Running), replicaOf("database", supervisor.Running)}})
	l := w.writer("old")
	l.open("old", "old-web-1")
	l.open("old", "old-database-1")
	l.write("old-web-1", "stdout", "one\ntwo\n")
	l.write("old-database-1", "stdout", "three\n")
	l.write("old-web-1", "stderr", "bad\n")
	if err := w.Logs(bounded(t), Target{Name: "old"}, asked(logquery.Options{Tail: "all"}), nil); err != nil {
		t.Fatal(err)
	}
	wantOutput(t, "stdout", w.out, "web-1       | one\nweb-1       | two\ndatabase-1  | three\n")
	wantOutput(t, "stderr", w.err, "web-1       | bad\n")
	for _, o := range []*LogsOptions{{Options: logquery.Options{Tail: "1"}, NoPrefix: true}, {Raw: true, Follow: true}} {
		w.out.Truncate(0)
		if err := w.Logs(bounded(t), Target{Name: "old"}, o, []string{"database"}); err != nil {
			t.Fatal(err)
		}
		wantOutput(t, "stdout", w.out, "three\n")
	}
}

func asked(o logquery.Options) *LogsOptions { return &LogsOptions{Options: o} }

func TestLogsRefuses(t *testing.T) {
	w := newWorld(t)
	for want, o := range map[string]*LogsOptions{
		"--tail": asked(logquery.Options{Tail: "many"}), "--since": asked(logquery.Options{Since: "yesterday-ish"}), "--until": asked(logquery.Options{Until: "soon"}),
	} {
		if err := w.Logs(bounded(t), Target{Name: "x"}, o, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %s", err, want)
		}
	}
	if err := w.Logs(bounded(t), Target{Name: "x"}, &LogsOptions{}, []string{"web"}); err == nil {
		t.Error("a service that nobody knows was accepted")
	}
	if err := w.Logs(bounded(t), Target{Name: "x"}, &LogsOptions{}, nil); err != nil {
		t.Errorf("an unknown project has no logs, and that is no error: %v", err)
	}
}

// TestLogsFollow: a container that appears is shown, and the end of the last
// one is the end of the command, after its last line.
func TestLogsFollow(t *testing.T) {
	w := newWorld(t)
	l := w.writer("demo")
	l.open("demo", "demo-web-1")
	l.open("demo", "demo-db-1")
	web := running("demo", "web")
	web.LogDir = w.Dirs.LogDir("demo", web.Name)
	l.write("demo-web-1", "stdout", "first\n")
	w.serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if r.Op == api.OpPS {
			_ = c.Send(api.Answer{PS: []api.Container{web}, Done: true})
			return
		}
		say := func(action, service, state string, final bool) {
			_ = c.Send(api.Answer{Event: &api.Event{Action: action, Service: service, Name: "demo-" + service + "-1", State: state, Final: final}})
		}
		say("exists", "web", "running", false)
		say("start", "db", "running", false)
		l.write("demo-db-1", "stdout", "second\n")
		say("die", "db", "exited", true)
		l.write("demo-web-1", "stdout", "third\n")
		say("die", "web", "exited", true)
		_, _ = c.Receive(r) // until the client has gone
	})
	if err := w.Logs(bounded(t), Target{Name: "demo"}, &LogsOptions{Follow: true, NoPrefix: true}, nil); err != nil {
		t.Fatal(err)
	}
	wantOutput(t, "stdout", w.out, "first\nsecond\nthird\n")
}
