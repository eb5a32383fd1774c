package host

import (
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// record is what has to be known of a container after the supervisor died.
type record struct {
	Lower     string                     `json:"lower,omitempty"` // "" = the host's root file system
	HostNet   bool                       `json:"host_net,omitempty"`
	Network   netstack.SandboxSpec       `json:"network"`
	Endpoints []netstack.EndpointInfo    `json:"endpoints,omitempty"`
	Ports     []netstack.Published       `json:"ports,omitempty"`
	Bound     []supervisor.PublishedPort `json:"bound,omitempty"`
}

func (r *Runtime) recordFile(name string) string {
	return filepath.Join(r.dirs.ContainerData(r.project, name), "runtime.json")
}

func (r *Runtime) save(c *container) error { return state.Save(r.recordFile(c.name), c.rec) }

// load reads a container's record; sameBoot is false when nothing it names can live.
func (r *Runtime) load(name string) (rec record, sameBoot bool, err error) {
	sameBoot, err = state.Load(r.recordFile(name), &rec)
	return rec, sameBoot, err
}
