package supervisor

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// TestExecOfWhatEnds: a command that comes while its container ends says that, whoever has
// seen the end first; one that fails although the container goes on says why.
func TestExecOfWhatEnds(t *testing.T) {
	for ends, want := range map[bool]string{
		true:  "exec in container demo-a-1: it ended while the command was started",
		false: "exec in container demo-a-1: the container does not run",
	} {
		scene(t, func(t *testing.T, g *stage) {
			g.must(g.up(proj(svc("a"))))
			g.f.OnExec = func(*Container) error {
				if ends {
					time.AfterFunc(100*time.Millisecond, func() { g.f.Crash("demo-a-1", 1) })
				}
				return kernel.ErrNotRunning
			}
			null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			r := g.doWith(api.Request{Op: api.OpExec, Exec: &api.ExecRequest{Service: "a", Args: []string{"true"}}}, null, null, null)
			if r.err == nil || !strings.HasPrefix(r.err.Message, want) {
				t.Errorf("ends %t: %+v", ends, r.err)
			}
		})
	}
}
