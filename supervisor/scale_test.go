package supervisor

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kerneltest"
)

func fifty() project.Project {
	var all []project.Service
	for n := range 50 {
		s := svc(fmt.Sprintf("s%02d", n), restarts("always", 0))
		s.Environment = []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", fmt.Sprintf("N=%d", n)}
		s.Command = []string{"sleep", "infinity"}
		all = append(all, s)
	}
	return proj(all...)
}

func benchStage(b *testing.B) *stage {
	b.Helper()
	dir := b.TempDir()
	g := &stage{t: b, f: kerneltest.New(b), dirs: state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")}}
	g.boot()
	b.Cleanup(func() { g.s.Close() })
	return g
}

// BenchmarkUpDown50 is what the supervisor itself costs in an up and a removal
// of fifty services; the fake kernel costs next to nothing.
func BenchmarkUpDown50(b *testing.B) {
	g, p := benchStage(b), fifty()
	for b.Loop() {
		g.must(g.up(p))
		names := make([]string, 0, 50)
		for n := range p.Services {
			names = append(names, p.Services[n].Name)
		}
		g.must(g.do(api.Request{Op: api.OpDown, Down: &api.DownRequest{Services: names, Timeout: seconds(0)}}))
	}
}

// BenchmarkUpUnchanged50 is an up that finds everything as it should be.
func BenchmarkUpUnchanged50(b *testing.B) {
	g, p := benchStage(b), fifty()
	g.must(g.up(p))
	for b.Loop() {
		g.must(g.up(p))
	}
}

func BenchmarkPS50(b *testing.B) {
	g := benchStage(b)
	g.must(g.up(fifty()))
	for b.Loop() {
		g.must(g.do(api.Request{Op: api.OpPS}))
	}
}

// TestFiftyServicesStaySmall bounds what the supervisor itself holds for fifty
// services, and that nothing of it stays behind.
func TestFiftyServicesStaySmall(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		before := heap()
		g.must(g.up(fifty()))
		if grown := heap() - before; grown > 2<<20 {
			t.Errorf("fifty services take %d KiB", grown>>10)
		}
		g.must(g.stopAll())
		g.must(g.do(api.Request{Op: api.OpDown}))
		_ = g.s.loop.Ask(func() {
			if len(g.s.loop.Instances) > 0 {
				t.Errorf("left: %d instances", len(g.s.loop.Instances))
			}
		})
	})
}

func heap() int {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

func TestAFullDiskRefusesStartsAndAllowsStops(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		p := proj(svc("a"), svc("b"))
		g.must(g.up(p))
		// Without its directory the record cannot be written.
		if err := os.RemoveAll(g.dirs.ProjectData("demo")); err != nil {
			t.Fatal(err)
		}
		g.must(g.stopAll("a"))
		g.wantStates("a-1=exited b-1=running")
		if r := g.do(api.Request{Op: api.OpStart}); r.err == nil {
			t.Error("a start was accepted that could not be recorded")
		}
		if r := g.up(p); r.err == nil {
			t.Error("an up was accepted that could not be recorded")
		}
		g.wantStates("a-1=exited b-1=running")
		if err := os.MkdirAll(g.dirs.ProjectData("demo"), 0o700); err != nil {
			t.Fatal(err)
		}
		g.must(g.up(p))
		g.wantStates("a-1=running b-1=running")
	})
}
