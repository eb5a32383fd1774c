package host

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/uplinks"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// openUplink gives the networks a keeper of their way out.
func (r *Runtime) openUplink() {
	r.uplink = uplinks.Open(uplinks.Config{
		Net: r.net, Holder: childHolder{r}, Router: r.router,
		Log:  filepath.Join(r.dirs.ProjectRun(r.project), "uplink.log"),
		Tell: r.tellUplink,
	})
}

// CheckUplink says why an uplink cannot be had here.
func (r *Runtime) CheckUplink(_ context.Context, u project.Uplink) error {
	return r.uplink.Check(string(u))
}

// happeningsKept bounds what waits for the supervisor; more is lost.
const happeningsKept = 64

// Happenings are what has happened to no container.
func (r *Runtime) Happenings() <-chan supervisor.Happening { return r.happens }

// tellUplink passes on what happens to the helper, and does not wait.
func (r *Runtime) tellUplink(action, helper, why string) {
	if action == uplinks.Died {
		r.notice("uplink " + helper + ": the helper has ended, and is started again: " + why)
	}
	select {
	case r.happens <- supervisor.Happening{At: time.Now(), Type: "uplink", Action: action, Name: helper, Reason: why}:
	default:
	}
}

// Trouble says that the helper of the uplink does not run.
func (r *Runtime) Trouble() string { return r.uplink.Trouble() }

// sayHostGateway says once what an uplink does not do for the file.
func (r *Runtime) sayHostGateway(p *project.Project) {
	if way := r.net.WayOut(); way != netstack.Relay {
		for i := range p.Services {
			if s := &p.Services[i]; slices.ContainsFunc(s.ExtraHosts, func(h string) bool { return strings.HasSuffix(h, "=host-gateway") }) {
				r.notice(fmt.Sprintf("service %s: host-gateway leads to this machine through the relay only, not with the uplink %s", s.Name, way))
			}
		}
	}
}
