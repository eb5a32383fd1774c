package supervisor

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// recalled are the events that a late subscriber gets with since.
func (g *stage) recalled(since time.Time, all bool) []api.Event {
	ctx, cancel := context.WithCancel(context.Background())
	out := make(chan reply, 1)
	go func() {
		out <- g.doCtx(ctx, api.Request{Op: api.OpEvents, Events: &api.EventsRequest{Since: since, All: all}})
	}()
	synctest.Wait()
	cancel()
	return (<-out).events
}

// past is the same, of one who wants nothing else and is told that this was all.
func (g *stage) past(since time.Time) []api.Event {
	return g.must(g.do(api.Request{Op: api.OpEvents, Events: &api.EventsRequest{Since: since, Past: true, All: true}})).events
}

func actions(events []api.Event) string {
	var words []string
	for _, e := range events {
		text := e.Action
		for _, key := range []string{"signal", "exitCode"} {
			if v := e.Attributes[key]; v != "" {
				text += "(" + v + ")"
			}
		}
		words = append(words, text)
	}
	return strings.Join(words, " ")
}

func TestEventsAreRemembered(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		s := svc("a")
		s.Image, s.Labels = "nginx:1", map[string]string{"tier": "front"}
		g.must(g.up(proj(s)))
		sleep(time.Minute)
		later := time.Now()
		g.must(g.do(api.Request{Op: api.OpRestart}))
		g.must(g.do(api.Request{Op: api.OpKill, Kill: &api.KillRequest{Signal: "KILL"}}))
		all := g.recalled(time.Unix(1, 0), true)
		want := "create create connect start kill(15) die(143) disconnect stop connect start restart kill(9) die(137) disconnect"
		if got := actions(all); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		if got := fmt.Sprint(all[1].Attributes); got != "map[image:nginx:1 name:demo-a-1 tier:front]" {
			t.Errorf("attributes of create: %s", got)
		}
		if got := actions(g.past(time.Unix(1, 0))); got != want {
			t.Errorf("what has passed: %s", got)
		}
		if got := actions(g.recalled(later, true)); got != strings.TrimPrefix(want, "create create connect start ") {
			t.Errorf("since a minute later: %s", got)
		}
		if e := all[2]; e.Type != "network" || e.Service != "a" || fmt.Sprint(e.Attributes) != fmt.Sprintf("map[container:%s name:demo_default type:bridge]", all[1].ID) || e.ID != all[0].ID {
			t.Errorf("connect is %+v", e)
		}
		for _, e := range g.recalled(time.Unix(1, 0), false) {
			if e.Attributes != nil {
				t.Errorf("%s comes with attributes that nobody asked for", e.Action)
			}
		}
	})
}

func TestEventsOfCommands(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a"))))
		done := g.s.loop.ExecEvents(&Container{Name: "demo-a-1", ID: g.do(api.Request{Op: api.OpPS}).ps[0].ID}, []string{"sh", "-c", "true"})
		done(7)
		g.s.loop.ExecEvents(&Container{Name: "demo-a-1", ID: "an earlier one of that name"}, []string{"false"})(1)
		if got := actions(g.recalled(time.Unix(1, 0), true)); got != "create create connect start exec_create: sh -c true exec_start: sh -c true exec_die(7)" {
			t.Errorf("got %s", got)
		}
		if got := actions(g.recalled(time.Unix(1, 0), false)); got != "create start" {
			t.Errorf("without All: %s", got)
		}
	})
}
