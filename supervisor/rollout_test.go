package supervisor

import (
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// TestRollout: groups, delay, and what follows when the new ones fail.
func TestRollout(t *testing.T) {
	second := time.Second
	for _, c := range []struct {
		name   string
		update project.Update
		next   program // of the new ones
		fails  string  // of the up; "" = it succeeds
		calls  string
		states string
		took   time.Duration
	}{
		{"one by one", project.Update{Parallelism: 1, Delay: 5 * second, Monitor: 2 * second}, program{}, "",
			"remove a-1, start a-1, remove a-2, start a-2, remove a-3, start a-3", "a-1=running a-2=running a-3=running", 16 * second},
		{"start first", project.Update{Parallelism: 2, StartFirst: true}, program{}, "",
			"start a-4, start a-5, remove a-1, remove a-2, start a-6, remove a-3", "a-4=running a-5=running a-6=running", 0},
		{"paused", project.Update{Parallelism: 1, Monitor: 2 * second}, program{Life: second, Code: 3}, "it is paused",
			"remove a-1, start a-1", "a-1=exited a-2=running a-3=running", second},
		{"it lives longer than it is watched", project.Update{Parallelism: 3, Monitor: second}, program{Life: 2 * second, Code: 3}, "",
			"", "a-1=running a-2=running a-3=running", second},
		{"goes on", project.Update{Parallelism: 1, Monitor: 2 * second, OnFailure: project.UpdateContinue}, program{Life: second, Code: 3}, "",
			"remove a-1, start a-1, remove a-2, start a-2, remove a-3, start a-3", "a-1=exited a-2=exited a-3=exited", 3 * second},
		{"few failures", project.Update{Parallelism: 1, Monitor: 2 * second, MaxFailureRatio: 0.5}, program{Life: second, Code: 3}, "it is paused",
			"remove a-1, start a-1, remove a-2, start a-2", "a-1=exited a-2=exited a-3=running", 2 * second},
		{"rolled back", project.Update{Parallelism: 2, Monitor: 2 * second, OnFailure: project.UpdateRollback}, program{Life: second, Code: 3}, "it was rolled back",
			"", "a-1=running a-2=running a-3=running", second},
		{"rolled back, start first", project.Update{Parallelism: 1, StartFirst: true, Monitor: 2 * second, OnFailure: project.UpdateRollback}, program{Life: second, Code: 3}, "it was rolled back",
			"start a-4, remove a-4", "a-1=running a-2=running a-3=running", second},
		{"a start fails", project.Update{Parallelism: 1, OnFailure: project.UpdateRollback}, program{StartErr: &StartError{Stage: "exec", Object: "x"}}, "roll back: start container demo-a-1",
			"", "a-1=running a-2=exited a-3=running", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			scene(t, func(t *testing.T, g *stage) {
				s := svc("a")
				s.Scale, s.Update = 3, &c.update
				g.must(g.up(proj(s)))
				g.f.ClearCalls()
				g.f.Set("a", c.next)
				s.Environment = []string{"VERSION=2"}
				begin := time.Now()
				r := g.up(proj(s))
				took := time.Since(begin)
				switch {
				case c.fails == "":
					g.must(r)
				case r.err == nil || !strings.Contains(r.err.Message, c.fails):
					t.Fatalf("up: %+v", r.err)
				}
				if took != c.took {
					t.Errorf("took %v", took)
				}
				var calls []string
				for _, call := range strings.Split(g.calls(), ", ") {
					if strings.HasPrefix(call, "start") || strings.HasPrefix(call, "remove") {
						calls = append(calls, call)
					}
				}
				if got := strings.Join(calls, ", "); c.calls != "" && sortGroups(got) != sortGroups(c.calls) {
					t.Errorf("calls %s", got)
				}
				if c.name == "a start fails" {
					return // what comes back cannot start either
				}
				g.wantStates(c.states)
			})
		})
	}
}

// sortGroups orders the calls of one kind that come together: those of a group are made at
// the same time.
func sortGroups(calls string) string {
	list := strings.Split(calls, ", ")
	for i := range list {
		for j := i; j > 0 && list[j][:2] == list[j-1][:2] && list[j] < list[j-1]; j-- {
			list[j], list[j-1] = list[j-1], list[j]
		}
	}
	return strings.Join(list, ", ")
}
