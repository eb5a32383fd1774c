package supervisor

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// secret is a project whose one service has a secret of that content, and the name of it
// as its version.
func secret(content string, opts ...func(*project.Service)) project.Project {
	s := svc("a", opts...)
	s.Environment = []string{"VERSION=" + content}
	s.Files = []project.File{{Kind: project.FileSecret, Source: "word", Target: "/run/secrets/word", Digest: "digest of " + content}}
	p := proj(s)
	p.Contents = map[string][]byte{"digest of " + content: []byte(content)}
	return p
}

// kept are the contents that the runtime has.
func (g *stage) kept() string {
	g.f.Mu.Lock()
	defer g.f.Mu.Unlock()
	var list []string
	for _, digest := range slices.Sorted(maps.Keys(g.f.Contents)) {
		list = append(list, string(g.f.Contents[digest]))
	}
	return strings.Join(list, " ")
}

func (g *stage) wantKept(want string) {
	g.t.Helper()
	if got := g.kept(); got != want {
		g.t.Errorf("kept: %q, want %q", got, want)
	}
}

// TestContentsAreKeptForTheRollback: what a container was made of is there until it is
// replaced for good, so that it can come back; and no longer.
func TestContentsAreKeptForTheRollback(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		rolls := func(s *project.Service) {
			s.Scale = 2
			s.Update = &project.Update{Parallelism: 1, Monitor: 2 * time.Second, OnFailure: project.UpdateRollback}
		}
		g.must(g.up(secret("one", rolls)))
		g.wantKept("one")
		g.must(g.up(secret("two", rolls)))
		g.wantKept("two")
		g.f.Pick = func(c *Container) *program {
			if c.Service.Environment[0] == "VERSION=three" {
				return &program{Life: time.Second, Code: 1}
			}
			return nil
		}
		if r := g.up(secret("three", rolls)); r.err == nil || !strings.Contains(r.err.Message, "it was rolled back") {
			t.Fatalf("up: %+v", r.err)
		}
		g.wantStates("a-1=running a-2=running")
		all, err := g.s.loop.Replicas(nil)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		for _, r := range all {
			if got := r.Service.Files[0].Digest; got != "digest of two" {
				t.Errorf("%s has the %s", r.Name, got)
			}
		}
		g.wantKept("three two") // what runs, and what the file says
		g.must(g.up(secret("two", rolls)))
		g.wantKept("two")
	})
}

// TestContentsOfAnUpThatWaits: a command that comes while another is under way takes
// nothing away that the other needs, and the other nothing of its own. It is told that it
// waits.
func TestContentsOfAnUpThatWaits(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		after := func(s *project.Service) { s.DependsOn = []project.Dependency{{Service: "b", Required: true}} }
		p, q := secret("one", after), secret("two", after)
		p.Services = append(p.Services, svc("b"))
		q.Services = append(q.Services, svc("b"))
		g.f.Set("b", program{Slow: time.Minute})
		first, second := make(chan reply, 1), make(chan reply, 1)
		go func() { first <- g.up(p) }()
		sleep(time.Second)
		go func() { second <- g.up(q) }()
		if r := g.must(<-first); !slices.Equal(r.turns, []api.Turn{api.TurnHas}) {
			t.Errorf("the first was told %v", r.turns)
		}
		if r := g.must(<-second); !slices.Equal(r.turns, []api.Turn{api.TurnWaits, api.TurnHas}) {
			t.Errorf("the second was told %v", r.turns)
		}
		g.wantStates("a-1=running b-1=running")
		g.wantKept("two")
	})
}

// TestStepsTakeOverLimits: what changed of a service under its steps is in place while it
// runs, and holds for the steps that are still to come.
func TestStepsTakeOverLimits(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		with := func(memory int64) project.Project {
			s := svc("a")
			s.Resources.Memory = memory
			step := s
			step.Command = []string{"migrate"}
			s.PreStart = []project.InitContainer{{Service: step, PerReplica: true}}
			return proj(s)
		}
		g.f.Pick = func(c *Container) *program {
			if c.OneOff != nil {
				return &program{Life: time.Second}
			}
			return nil
		}
		g.must(g.up(with(50 << 20)))
		g.f.ClearCalls()
		g.must(g.up(with(60 << 20)))
		if calls := strings.Join(g.f.Calls(), ", "); calls != "limit demo-a-1" {
			t.Errorf("calls %s", calls)
		}
		r := g.s.loop.Replica("demo-a-1")
		if own, step := r.Service.Resources.Memory, r.Service.PreStart[0].Service.Resources.Memory; own != 60<<20 || step != 60<<20 {
			t.Errorf("on record: %d, of the step %d", own, step)
		}
		g.f.ClearCalls()
		g.must(g.up(with(60 << 20)))
		if calls := g.f.Calls(); len(calls) > 0 {
			t.Errorf("again: %v", calls)
		}
	})
}
