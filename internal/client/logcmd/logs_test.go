package logcmd

import (
	"os"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/client/logquery"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// TestLogsOfAStoppedProject: no supervisor is needed.
func TestLogsOfAStoppedProject(t *testing.T) {
	w := clienttest.New(t)
	w.Record("old", supervisor.Record{Containers: []supervisor.Replica{clienttest.Replica("web", supervisor.Running), clienttest.Replica("database", supervisor.Running)}})
	l := w.Writer("old")
	l.Open("old", "old-web-1")
	l.Open("old", "old-database-1")
	l.Write("old-web-1", "stdout", "one\ntwo\n")
	l.Write("old-database-1", "stdout", "three\n")
	l.Write("old-web-1", "stderr", "bad\n")
	if err := Logs(clienttest.Bounded(t), w.Env, client.Target{Name: "old"}, asked(logquery.Options{Tail: "all"}), nil); err != nil {
		t.Fatal(err)
	}
	clienttest.WantOutput(t, "stdout", w.Out, "web-1       | one\nweb-1       | two\ndatabase-1  | three\n")
	clienttest.WantOutput(t, "stderr", w.Err, "web-1       | bad\n")
	for _, o := range []*Options{{Options: logquery.Options{Tail: "1"}, NoPrefix: true}, {Raw: true, Follow: true}} {
		w.Out.Truncate(0)
		if err := Logs(clienttest.Bounded(t), w.Env, client.Target{Name: "old"}, o, []string{"database"}); err != nil {
			t.Fatal(err)
		}
		clienttest.WantOutput(t, "stdout", w.Out, "three\n")
	}
}

func asked(o logquery.Options) *Options { return &Options{Options: o} }

func TestLogsRefuses(t *testing.T) {
	w := clienttest.New(t)
	for want, o := range map[string]*Options{
		"--tail": asked(logquery.Options{Tail: "many"}), "--since": asked(logquery.Options{Since: "yesterday-ish"}), "--until": asked(logquery.Options{Until: "soon"}),
	} {
		if err := Logs(clienttest.Bounded(t), w.Env, client.Target{Name: "x"}, o, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one about %s", err, want)
		}
	}
	if err := Logs(clienttest.Bounded(t), w.Env, client.Target{Name: "x"}, &Options{}, []string{"web"}); err == nil {
		t.Error("a service that nobody knows was accepted")
	}
	if err := Logs(clienttest.Bounded(t), w.Env, client.Target{Name: "x"}, &Options{}, nil); err != nil {
		t.Errorf("an unknown project has no logs, and that is no error: %v", err)
	}
}

// TestLogsFollow: a container that appears is shown, and the end of the last
// one is the end of the command, after its last line.
func TestLogsFollow(t *testing.T) {
	w := clienttest.New(t)
	l := w.Writer("demo")
	l.Open("demo", "demo-web-1")
	l.Open("demo", "demo-db-1")
	web := clienttest.Running("demo", "web")
	web.LogDir = w.Dirs.LogDir("demo", web.Name)
	l.Write("demo-web-1", "stdout", "first\n")
	w.Serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if r.Op == api.OpPS {
			_ = c.Send(api.Answer{PS: []api.Container{web}, Done: true})
			return
		}
		say := func(action, service, state string, final bool) {
			_ = c.Send(api.Answer{Event: &api.Event{Action: action, Service: service, Name: "demo-" + service + "-1", State: state, Final: final}})
		}
		say("exists", "web", "running", false)
		say("start", "db", "running", false)
		l.Write("demo-db-1", "stdout", "second\n")
		say("die", "db", "exited", true)
		l.Write("demo-web-1", "stdout", "third\n")
		say("die", "web", "exited", true)
		_, _ = c.Receive(r) // until the client has gone
	})
	if err := Logs(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &Options{Follow: true, NoPrefix: true}, nil); err != nil {
		t.Fatal(err)
	}
	clienttest.WantOutput(t, "stdout", w.Out, "first\nsecond\nthird\n")
}
