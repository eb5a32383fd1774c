package lifecycle

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// TestEveryCell visits each state with each event: every cell exists, survives,
// leaves a legal state, and only those marked "bug" are bugs.
func TestEveryCell(t *testing.T) {
	for state := range states.NumStates {
		for ev := range numEvents {
			c := table[state][ev]
			if c.do == nil || c.name == "" {
				t.Fatalf("cell [%s][%s] is empty", state, ev)
			}
			synctest.Test(t, func(t *testing.T) { visit(t, state, ev, c) })
		}
	}
}

func visit(t *testing.T, state State, ev Event, c cell) {
	g := begin(t)
	run := &Run{ID: "x/1", Started: time.Now(), Done: make(chan Exit)}
	err := g.l.Ask(func() {
		i := &Instance{Rec: Replica{Container: Container{Name: "x", Service: project.Service{Name: "x"}}, State: state, Desired: WantRunning, Run: 1}, Run: run}
		i.cancel = func() {}
		g.f.Made["x"] = true
		g.l.Instances["x"] = i
		g.l.enter(i, state)
		e := event{kind: ev, name: "x", run: run, exit: Exit{Code: 1}}
		if ev == MakeFailed || ev == LaunchFailed || ev == RemoveFailed {
			e.err = errors.New("made to fail")
		}
		g.l.apply(e)
		if i.Rec.State >= states.NumStates {
			t.Errorf("[%s][%s] left state %d", state, ev, i.Rec.State)
		}
		if (g.l.bugs > 0) != (c.name == "bug") {
			t.Errorf("[%s][%s] (%s): %d bugs", state, ev, c.name, g.l.bugs)
		}
		if c.name == "refuse" && (i.trouble == nil || i.Rec.State != state) {
			t.Errorf("[%s][%s] is refused without a word, or moved", state, ev)
		}
		g.l.actions, g.l.urgent = nil, false
		if i.timer != nil {
			i.timer.Stop()
		}
		g.l.forgotten = true
	})
	if err != nil {
		t.Fatal(err)
	}
}
