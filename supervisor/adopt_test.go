package supervisor

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kerneltest"
)

func TestAdoptionCostsNoRun(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("db", program{Probe: ok(0)})
		g.must(g.up(chain()))
		g.f.ClearCalls()
		g.crash()
		g.wantStates("api-1=running db-1=running:healthy other-1=running web-1=running")
		sleep(time.Minute)
		if calls := g.f.Calls(); len(calls) > 0 {
			t.Errorf("adoption called %v", calls)
		}
		g.f.Crash("demo-db-1", 1) // everything works on: policy, holding, health
		sleep(5 * time.Second)
		g.wantStates("api-1=running db-1=running:healthy other-1=running web-1=running")
	})
}

func TestAdoptionAtEachState(t *testing.T) {
	always := func() project.Project { return proj(svc("a", restarts("always", 0))) }
	cases := []struct {
		name   string
		before func(g *stage) // brings the project into the state
		while  func(g *stage) // happens while there is no supervisor
		after  time.Duration  // waits
		want   string         // states then
		starts int            // of a, all told
	}{
		{"an end that nobody saw", nil, func(g *stage) { g.f.Crash("demo-a-1", 3) }, time.Second, "a-1=running", 2},
		{"in the back-off", func(g *stage) {
			g.f.Crash("demo-a-1", 3)
			sleep(250 * time.Millisecond)
			g.f.Crash("demo-a-1", 3)
			sleep(150 * time.Millisecond)
		}, nil, 100 * time.Millisecond, "a-1=running", 3},
		{"stopped", func(g *stage) { g.stopAll() }, nil, time.Hour, "a-1=exited", 1},
		{"stopping, ends unseen", func(g *stage) {
			g.f.Mu.Lock()
			g.f.Runs["demo-a-1"].Program.Stubborn = true
			g.f.Mu.Unlock()
			go g.stopAll()
			sleep(time.Second)
		}, func(g *stage) { g.f.Crash("demo-a-1", 0) }, time.Hour, "a-1=exited", 1},
		{"stopping, does not end", func(g *stage) {
			g.f.Mu.Lock()
			g.f.Runs["demo-a-1"].Program.Stubborn = true
			g.f.Mu.Unlock()
			go g.stopAll()
			sleep(time.Second)
		}, nil, 11 * time.Second, "a-1=exited", 1},
		{"the holder died", func(*stage) { sleep(time.Second) }, func(g *stage) { g.f.Vanish() }, time.Hour, "a-1=exited", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				g.must(g.up(always()))
				if c.before != nil {
					c.before(g)
				}
				_ = g.s.loop.Ask(func() { g.s.loop.Abandon() })
				g.s.Close()
				if c.while != nil {
					c.while(g)
				}
				g.boot()
				sleep(c.after)
				g.wantStates(c.want)
				if got := starts(g, "demo-a-1"); got != c.starts {
					t.Errorf("%d starts, want %d", got, c.starts)
				}
			})
		})
	}
}

func TestTheEndOfTheHolderIsNoCrashOfTheServices(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := chain()
		g.f.Set("db", program{Probe: ok(0)})
		g.must(g.up(p))
		g.f.Mu.Lock()
		for _, r := range g.f.Runs {
			r.Die(Exit{Code: 137, Lost: true})
		}
		g.f.Mu.Unlock()
		g.f.ClearCalls()
		sleep(time.Hour)
		g.wantStates("api-1=exited db-1=exited other-1=exited web-1=exited")
		if calls := g.f.Calls(); len(calls) > 0 {
			t.Errorf("calls %v", calls)
		}
	})
}

func TestAfterTheHolderUpWorks(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("a", restarts("always", 0)))
		g.must(g.up(p))
		g.s.Close()
		g.f.Vanish()
		g.boot()
		if ps := g.do(api.Request{Op: api.OpPS}).ps[0]; ps.ExitCode != 137 || !strings.HasPrefix(ps.Reason, "lost") {
			t.Errorf("ps %+v", ps)
		}
		g.must(g.up(p))
		g.wantStates("a-1=running")
		if !g.f.Bridges["demo_default"] {
			t.Error("the network was not made again")
		}
	})
}

func TestHeldContainersSurviveTheSupervisor(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("db", program{Probe: ok(0)})
		g.must(g.up(chain()))
		g.f.Crash("demo-db-1", 1)
		sleep(500 * time.Millisecond) // api and web are held
		g.crash()
		sleep(2 * time.Second)
		g.wantStates("api-1=running db-1=running:healthy other-1=running web-1=running")
	})
}

func TestAnotherBootRunsNothing(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.must(g.up(proj(svc("a", restarts("always", 0)), svc("b"))))
		g.s.Close()
		g.f.Vanish()
		path := g.dirs.StateFile("demo")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		other := strings.Replace(string(b), state.BootID(), "another-boot", 1)
		if err := os.WriteFile(path, []byte(other), 0o600); err != nil {
			t.Fatal(err)
		}
		g.f.ClearCalls()
		g.boot()
		sleep(time.Hour)
		g.wantStates("a-1=exited b-1=exited")
		if calls := g.f.Calls(); len(calls) > 0 {
			t.Errorf("calls %v", calls)
		}
	})
}

// TestKilledAtEverySave kills the supervisor after each write of the record in
// a life of up, crash, restart and stop, at the moment of the write: whatever a
// later supervisor finds there, it must not start anything twice, must obey the
// stop, and must bring the project up and down.
func TestKilledAtEverySave(t *testing.T) {
	total := 0
	synctest.Test(t, func(t *testing.T) { total = liveUntil(t, -1, false) })
	if total < 10 {
		t.Fatalf("only %d saves seen", total)
	}
	for n := range total {
		synctest.Test(t, func(t *testing.T) { liveUntil(t, n, false) })
		synctest.Test(t, func(t *testing.T) { liveUntil(t, n, true) })
	}
}

// liveUntil lives that life; kill is the number of the fatal save, idle whether
// the actions that waited for it are lost too.
func liveUntil(t *testing.T, kill int, idle bool) (saves int) {
	g := newStage(t)
	g.s.Close()
	g.f.Set("db", program{Probe: ok(0), Slow: 10 * time.Millisecond})
	killed := make(chan struct{})
	g.saved = func(actions []func()) {
		if saves == kill {
			close(killed)
			for _, a := range actions {
				if !idle {
					g.s.loop.Spawn(a)
				}
			}
			runtime.Goexit() // the loop does nothing any more
		}
		saves++
	}
	g.boot()
	g.saved = nil
	p := chain()
	steps := []func(){
		func() { g.up(p) },
		func() { crashIf(g, "demo-db-1"); sleep(3 * time.Second) },
		func() { g.do(api.Request{Op: api.OpRestart, Stop: &api.StopRequest{Services: []string{"api"}}}) },
		func() { g.stopAll("other") },
		func() { g.stopAll() },
	}
	for n, step := range steps {
		step()
		select {
		case <-killed:
			g.s.Close()
			g.boot()
			afterwards(t, g, kill, p, n >= 4)
			return saves
		default:
		}
	}
	g.noBugs()
	return saves
}

func crashIf(g *stage, name string) {
	if slices.Contains(g.f.Live(), name) {
		g.f.Crash(name, 1)
	}
}

func afterwards(t *testing.T, g *stage, kill int, p project.Project, stopping bool) {
	sleep(time.Minute)
	if stopping {
		// The client asks again.
		g.must(g.stopAll())
		sleep(time.Minute)
		if live := g.f.Live(); len(live) > 0 {
			t.Errorf("killed at save %d: %v run after the stop", kill, live)
		}
	}
	g.must(g.up(p))
	g.wantStates("api-1=running db-1=running:healthy other-1=running web-1=running")
	g.must(g.do(api.Request{Op: api.OpDown}))
	if live := g.f.Live(); len(live) > 0 || len(g.f.Made) > 0 {
		t.Errorf("killed at save %d: %v and %v are left", kill, live, g.f.Made)
	}
	g.noBugs()
}

func TestCorruptRecords(t *testing.T) {
	dir := t.TempDir()
	dirs := state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")}
	f := kerneltest.New(t)
	cfg := Config{Name: "demo", Dirs: dirs, Runtime: f}
	path := dirs.StateFile("demo")
	s, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	g := &stage{t: t, f: f, dirs: dirs, s: s}
	g.must(g.up(proj(svc("a"))))
	s.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var bad [][]byte
	for n := 0; n < len(good); n++ {
		bad = append(bad, good[:n])
	}
	for n := 0; n < len(good); n += 7 {
		flipped := slices.Clone(good)
		flipped[n] ^= 0x15
		bad = append(bad, flipped)
	}
	for n, b := range bad {
		// A record that is not so bad was read, and `down` has removed the directory.
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := New(t.Context(), cfg)
		if err != nil {
			t.Fatalf("record %d: %v", n, err)
		}
		g.s = s
		if n%50 == 0 {
			g.must(g.do(api.Request{Op: api.OpDown}))
		}
		s.Close()
		removeAside(t, path)
	}
}

// removeAside deletes the records that were set aside, so that a thousand of
// them do not slow the test down.
func removeAside(t *testing.T, path string) {
	aside, err := filepath.Glob(path + ".corrupt-*")
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range aside {
		os.Remove(a)
	}
}

func TestOneSupervisorPerProject(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		_, err := New(t.Context(), Config{Name: "demo", Dirs: g.dirs, Runtime: g.f})
		if err == nil || !strings.Contains(err.Error(), "another supervisor") {
			t.Errorf("error %v", err)
		}
	})
}
