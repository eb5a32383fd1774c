package host

import (
	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// record is what has to be known of a container after the supervisor died.
type record struct {
	Lower     string                     `json:"lower,omitempty"`  // the topmost read-only layer; "" = the host's root file system
	Below     []string                   `json:"below,omitempty"`  // the layers below it, the topmost first
	Data      []string                   `json:"data,omitempty"`   // further ones, for contents alone
	Own       exchange.IDs               `json:"own,omitzero"`     // the ids that have changed places
	Copied    bool                       `json:"copied,omitempty"` // the container has a copy of all layers
	Fuse      bool                       `json:"fuse,omitempty"`   // fuse-overlayfs serves the root
	Mounts    []mounted                  `json:"mounts,omitempty"`
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

// layers are the read-only layers, the topmost first.
func (r *record) layers() []string { return append([]string{r.Lower}, r.Below...) }

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
