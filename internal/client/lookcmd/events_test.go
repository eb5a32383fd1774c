package lookcmd

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

var noon = time.Date(2026, 1, 2, 12, 0, 0, 123456000, time.UTC)

func happened(action string, after time.Duration) *api.Event {
	return &api.Event{Time: noon.Add(after), Action: action, Service: "web", ID: "abc", Name: "demo-web-1",
		Attributes: map[string]string{"name": "demo-web-1", "image": "nginx:1", "exitCode": "3"}}
}

func TestEventLines(t *testing.T) {
	line, err := (&EventsOptions{JSON: true}).line(happened("die", 0))
	want := `{"action":"die","attributes":{"exitCode":"3","image":"nginx:1","name":"demo-web-1"},"id":"abc","service":"web","time":"2026-01-02T12:00:00.123456Z","type":"container"}` + "\n"
	if err != nil || string(line) != want {
		t.Errorf("%s, %v\nwant %s", line, err, want)
	}
	line, err = (&EventsOptions{}).line(happened("exec_start: sh -c <true>", 0))
	want = noon.Local().Format("2006-01-02 15:04:05.000000") + " container exec_start: sh -c <true> abc (exitCode=3, image=nginx:1, name=demo-web-1)\n"
	if err != nil || string(line) != want {
		t.Errorf("%s, %v\nwant %s", line, err, want)
	}
}

// TestShowEventsGoesOn: a supervisor that ends, and one that comes later, are one
// stream, in which nothing is said twice.
func TestShowEventsGoesOn(t *testing.T) {
	w := clienttest.New(t)
	var n atomic.Int64
	ctx, cancel := context.WithCancel(clienttest.Bounded(t))
	w.Serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if r.Op != api.OpEvents {
			_ = c.Send(api.Answer{Done: true})
			return
		}
		switch n.Add(1) {
		case 1:
			_ = c.Send(api.Answer{Event: happened("create", 0)})
			_ = c.Send(api.Answer{Event: happened("destroy", time.Second)})
			_ = c.Send(api.Answer{Done: true}) // the project ended
		case 2:
			_ = c.Send(api.Answer{Event: happened("create", time.Minute)}) // and is killed
		default:
			cancel()
		}
	})
	err := Events(ctx, w.Env, client.Target{Name: "demo"}, &EventsOptions{Since: "2020-01-01T00:00:00Z"}, nil)
	if client.Report(w.Stderr, err) != client.Interrupted {
		t.Errorf("error %v, want that of Ctrl-C", err)
	}
	var actions []string
	for line := range strings.Lines(clienttest.Printed(t, w.Stdout)) {
		actions = append(actions, strings.Fields(line)[3])
	}
	if got := strings.Join(actions, " "); got != "create destroy create" {
		t.Errorf("got %s", got)
	}
	asked := w.Asked(api.OpEvents)
	if !asked[0].Events.Since.Equal(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)) || !asked[1].Events.Since.Equal(noon.Add(time.Second+1)) {
		t.Errorf("asked since %v, then %v", asked[0].Events.Since, asked[1].Events.Since)
	}
}

func TestEventsUntil(t *testing.T) {
	w := clienttest.New(t)
	w.Serve("demo", func(c *wire.Conn, r *api.Request, _ []*os.File) {
		if r.Op != api.OpEvents {
			_ = c.Send(api.Answer{Done: true})
			return
		}
		_ = c.Send(api.Answer{Event: happened("create", 0)})
		_ = c.Send(api.Answer{Event: happened("start", time.Hour)})
		_, _ = c.Receive(r) // until the client has gone
	})
	o := &EventsOptions{JSON: true, Since: "2026-01-02T11:00:00Z", Until: "2026-01-02T12:30:00Z"}
	if err := Events(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, o, nil); err != nil {
		t.Fatal(err)
	}
	if out := clienttest.Printed(t, w.Stdout); strings.Count(out, "\n") != 1 || !strings.Contains(out, `"create"`) {
		t.Errorf("printed %s", out)
	}
	// What is remembered is all, and said to be.
	asked := w.Asked(api.OpEvents)
	if last := asked[len(asked)-1].Events; !last.Past {
		t.Errorf("asked %+v, want what has passed alone", last)
	}
	// Nobody serves that one: its end comes by the clock.
	if err := Events(clienttest.Bounded(t), w.Env, client.Target{Name: "none"}, &EventsOptions{Until: "0s"}, []string{"web"}); err != nil {
		t.Error(err)
	}
	for _, o := range []EventsOptions{{Since: "soon"}, {Until: "soon"}} {
		if err := Events(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, &o, nil); err == nil || !strings.Contains(err.Error(), "soon") {
			t.Errorf("%+v: error %v", o, err)
		}
	}
}
