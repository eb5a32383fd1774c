package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// The outcome of a container that is replaced in a group says which, in which order, and
// who takes its place; that of any other says nothing of groups.
func TestGroupsOfOutcomes(t *testing.T) {
	for _, c := range []struct {
		name   string
		u      *project.Update
		change func(*project.Project, *Observed)
		want   string
	}{
		{"none", nil, nil, "1 -, 2 -, 3 -"},
		{"one by one", &project.Update{Parallelism: 1}, nil, "1 1/3 of 1 stop-first 1, 2 2/3 of 1 stop-first 2, 3 3/3 of 1 stop-first 3"},
		{"all at once", &project.Update{}, nil, "1 1/1 of 3 stop-first 1, 2 1/1 of 3 stop-first 2, 3 1/1 of 3 stop-first 3"},
		{"two at a time, start first", &project.Update{Parallelism: 2, StartFirst: true}, nil, "1 1/2 of 2 start-first 4, 2 1/2 of 2 start-first 5, 3 2/2 of 2 start-first 6"},
		{"one is not diverged", &project.Update{Parallelism: 1}, func(p *project.Project, o *Observed) { o.Containers[2].Hash = p.Hash(&p.Services[1]) }, "1 1/2 of 1 stop-first 1, 2 -, 3 2/2 of 1 stop-first 3"},
		{"a surplus one", &project.Update{Parallelism: 1}, func(p *project.Project, _ *Observed) { p.Services[1].Scale = 2 }, "1 1/2 of 1 stop-first 1, 2 2/2 of 1 stop-first 2, 3 -"},
		{"one does not run", &project.Update{StartFirst: true}, func(_ *project.Project, o *Observed) { o.Containers[1].State = Exited }, "1 1/1 of 3 stop-first 1, 2 1/1 of 3 start-first 4, 3 1/1 of 3 start-first 5"},
		{"one has volumes that no other can have", &project.Update{StartFirst: true}, func(_ *project.Project, o *Observed) { o.Containers[1].Anonymous = true }, "1 1/1 of 3 stop-first 1, 2 1/1 of 3 start-first 4, 3 1/1 of 3 start-first 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, o := diverged(c.u, 3)
			if c.change != nil {
				c.change(p, &o)
			}
			plan, err := Make(p, o, Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, out := range plan.Outcomes {
				switch g := out.Group; {
				case out.Service != "web":
				case g == nil:
					got = append(got, fmt.Sprint(out.Number, " -"))
				default:
					got = append(got, fmt.Sprintf("%d %d/%d of %d %s %s", out.Number, g.Number, g.Of, g.Size, g.Order(), strings.TrimPrefix(g.Successor, "demo-web-")))
				}
			}
			if text := strings.Join(got, ", "); text != c.want {
				t.Errorf("%s\nwant %s\n%s", text, c.want, plan)
			}
		})
	}
}
