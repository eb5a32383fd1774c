package supervisor

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

func TestEveryNameIsGivenOnceAndReadBack(t *testing.T) {
	type text interface {
		String() string
		MarshalText() ([]byte, error)
	}
	all := map[string][]text{}
	for n := range states.NumStates {
		all["state"] = append(all["state"], n)
	}
	for n := range states.NumDesired {
		all["desired"] = append(all["desired"], n)
	}
	for n := range states.NumReasons {
		all["reason"] = append(all["reason"], n)
	}
	for kind, values := range all {
		seen := map[string]bool{}
		for n, v := range values {
			b, err := v.MarshalText()
			if err != nil || seen[string(b)] || (n > 0 && string(b) == "") {
				if !(kind == "state" && n == 0) {
					t.Errorf("%s %d: name %q is empty, doubled or %v", kind, n, b, err)
				}
			}
			seen[string(b)] = true
			if !readsBack(kind, b, n) {
				t.Errorf("%s %q does not read back as %d", kind, b, n)
			}
		}
	}
	var s State
	if err := s.UnmarshalText([]byte("nonsense")); err == nil {
		t.Error("an unknown state was accepted")
	}
}

func readsBack(kind string, b []byte, n int) bool {
	switch kind {
	case "state":
		var v State
		return v.UnmarshalText(b) == nil && int(v) == n && v.Docker() != "dead"
	case "desired":
		var v Desired
		return v.UnmarshalText(b) == nil && int(v) == n
	}
	var v Reason
	return v.UnmarshalText(b) == nil && int(v) == n
}

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
	g := newStage(t)
	run := &Run{ID: "x/1", Started: time.Now(), Done: make(chan Exit)}
	err := g.s.ask(func() {
		i := &instance{rec: Replica{Container: Container{Name: "x", Service: svc("x")}, State: state, Desired: WantRunning, Run: 1}, run: run}
		i.cancel = func() {}
		g.f.made["x"] = true
		g.s.instances["x"] = i
		g.s.enter(i, state)
		e := event{kind: ev, name: "x", run: run, exit: Exit{Code: 1}}
		if ev == MakeFailed || ev == LaunchFailed || ev == RemoveFailed {
			e.err = errors.New("made to fail")
		}
		g.s.apply(e)
		if i.rec.State >= states.NumStates {
			t.Errorf("[%s][%s] left state %d", state, ev, i.rec.State)
		}
		if (g.s.bugs > 0) != (c.name == "bug") {
			t.Errorf("[%s][%s] (%s): %d bugs", state, ev, c.name, g.s.bugs)
		}
		if c.name == "refuse" && (i.trouble == nil || i.rec.State != state) {
			t.Errorf("[%s][%s] is refused without a word, or moved", state, ev)
		}
		g.s.actions, g.s.urgent = nil, false
		if i.timer != nil {
			i.timer.Stop()
		}
		g.s.forgotten = true
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestStaleTimersAreVoid(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.set("a", program{life: time.Second, code: 1})
		a := svc("a", restarts("always", 0))
		g.must(g.up(proj(a)))
		sleep(1050 * time.Millisecond) // in the back-off of 100 ms
		g.wantStates("a-1=restarting")
		g.must(g.stopAll())
		g.f.clear()
		sleep(time.Hour)
		if calls := g.f.callLog(); len(calls) > 0 {
			t.Errorf("after a stop in the back-off: %v", calls)
		}
		g.wantStates("a-1=exited")
	})
}
