package host

import (
	"github.com/mocker-compose/mocker-compose/internal/host/mounts"
	"github.com/mocker-compose/mocker-compose/internal/host/roots"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// record is what has to be known of a container after the supervisor died.
type record struct {
	roots.Root
	Mounts    []mounts.Mount             `json:"mounts,omitempty"`
	HostNet   bool                       `json:"host_net,omitempty"`
	Joined    string                     `json:"joined,omitempty"`   // network_mode, if the net namespace is another container's
	NetOf     string                     `json:"net_of,omitempty"`   // with Joined: whose it was at the last start
	PID       string                     `json:"pid,omitempty"`      // whose pid namespace it has; "" = its own
	MountNS   uint64                     `json:"mount_ns,omitempty"` // with PID: of the latest run
	Network   netstack.SandboxSpec       `json:"network"`
	Endpoints []netstack.EndpointInfo    `json:"endpoints,omitempty"`
	Coming    []netstack.EndpointInfo    `json:"coming,omitempty"` // being made; see rewire.go
	Ports     []netstack.Published       `json:"ports,omitempty"`
	Bound     []supervisor.PublishedPort `json:"bound,omitempty"`
}

// recordName ends the name of a container's record. It is a scratch file: all
// that it names dies with the holder.
const recordName = "runtime.json"

func (r *Runtime) save(c *container) error {
	here, _ := r.scratchFile(c.name, recordName)
	return state.Save(here, c.rec)
}

func (r *Runtime) load(name string) (rec record, err error) {
	here, _ := r.scratchFile(name, recordName)
	_, err = state.Load(here, &rec)
	return rec, err
}
