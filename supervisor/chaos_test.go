package supervisor

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// TestFiftyClients lets fifty clients give random commands at random times, and
// containers crash meanwhile. Nothing may hang, no rule of the runtime may be
// broken, and what is given last must hold.
func TestFiftyClients(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) { fiftyClients(t, seed) })
	}
}

func fiftyClients(t *testing.T, seed uint64) {
	g := newStage(t)
	g.f.Set("db", program{Probe: ok(0), Slow: 30 * time.Millisecond, Dying: 20 * time.Millisecond})
	g.f.Set("api", program{Life: 700 * time.Millisecond, Code: 1})
	g.f.Set("web", program{Stubborn: true})
	p := chain()
	for n := range p.Services {
		p.Services[n].Restart = project.RestartPolicy{Mode: project.RestartAlways}
	}
	g.must(g.up(p))
	var clients sync.WaitGroup
	for n := range 50 {
		rnd := rand.New(rand.NewPCG(seed, uint64(n)))
		clients.Go(func() {
			for range 4 {
				time.Sleep(time.Duration(rnd.IntN(3000)) * time.Millisecond)
				if r := g.do(randomRequest(rnd, p)); !r.done {
					t.Error("a request was not answered")
				}
			}
		})
	}
	clients.Wait()
	if seed%2 == 0 {
		g.must(g.do(api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: seconds(0)}}))
		sleep(time.Hour)
		if live := g.f.Live(); len(live) > 0 {
			t.Errorf("seed %d: %v run after the last stop", seed, live)
		}
	} else {
		g.f.Set("api", program{})
		g.must(g.up(limitedTo(p, 999)))
		sleep(10 * time.Second)
		for _, c := range g.f.Live() {
			g.wantLimit(c, 999)
		}
		g.wantStates("api-1=running db-1=running:healthy other-1=running web-1=running")
	}
	g.noBugs()
}

// limitedTo is p with a limit of memory, in MiB, for each service.
func limitedTo(p project.Project, mib int64) project.Project {
	p.Services = slices.Clone(p.Services)
	for n := range p.Services {
		memory(mib)(&p.Services[n])
	}
	return p
}

func randomRequest(rnd *rand.Rand, p project.Project) api.Request {
	var services []string
	if rnd.IntN(2) == 0 {
		services = []string{p.Services[rnd.IntN(len(p.Services))].Name}
	}
	timeout := time.Duration(rnd.IntN(3)) * time.Second
	stop := &api.StopRequest{Services: services, Timeout: &timeout}
	p = limitedTo(p, 100+rnd.Int64N(3))
	switch rnd.IntN(8) {
	case 0:
		recreate := []api.Recreate{api.RecreateDiverged, api.RecreateForce, api.RecreateNever}[rnd.IntN(3)]
		return api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: p, Services: services, Recreate: recreate, Timeout: &timeout}}
	case 1:
		return api.Request{Op: api.OpStop, Stop: stop}
	case 2:
		return api.Request{Op: api.OpRestart, Stop: stop}
	case 3:
		return api.Request{Op: api.OpStart, Start: &api.StartRequest{Services: services}}
	case 4:
		return api.Request{Op: api.OpKill, Kill: &api.KillRequest{Services: services}}
	case 5:
		// Never the whole project: that would be the end of the test.
		return api.Request{Op: api.OpDown, Down: &api.DownRequest{Services: []string{p.Services[rnd.IntN(len(p.Services))].Name}, Timeout: &timeout}}
	case 6:
		return api.Request{Op: api.OpPS}
	}
	return api.Request{Op: api.OpUp, Up: &api.UpRequest{Project: p, Wait: true, WaitTimeout: 2 * time.Second, RemoveOrphans: true}}
}

func TestADownInTheMiddleLetsTheQueueGoOn(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		g.f.Set("a", program{Dying: time.Second})
		p := proj(svc("a"))
		g.must(g.up(p))
		down, up := make(chan reply), make(chan reply)
		go func() { down <- g.do(api.Request{Op: api.OpDown}) }()
		sleep(500 * time.Millisecond)
		go func() { up <- g.up(p) }()
		g.must(<-down)
		g.must(<-up)
		g.wantStates("a-1=running")
		g.must(g.do(api.Request{Op: api.OpDown}))
		if r := g.up(p); r.done {
			t.Error("an up after the end of the project was answered; its client must ask the next supervisor")
		}
	})
}
