package supervisor

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

// With a bound of one, a container is started before the next one begins.
func TestUpInTurn(t *testing.T) {
	scene(t, func(t *testing.T, g *stage) {
		var all []project.Service
		for n := range 5 {
			all = append(all, svc(fmt.Sprint("s", n)))
		}
		lines := g.must(g.do(api.Request{Op: api.OpUp, Parallel: 1, Up: &api.UpRequest{Project: proj(all...)}})).lines
		lines = slices.DeleteFunc(lines, func(l string) bool { return !strings.HasSuffix(l, " Starting") && !strings.HasSuffix(l, " Started") })
		if len(lines) != 10 {
			t.Fatalf("lines %q", lines)
		}
		for n := 0; n < len(lines); n += 2 {
			if strings.TrimSuffix(lines[n], " Starting") != strings.TrimSuffix(lines[n+1], " Started") {
				t.Errorf("%q, then %q", lines[n], lines[n+1])
			}
		}
		g.must(g.do(api.Request{Op: api.OpDown, Parallel: 1}))
	})
}
