package host

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/host/netspec"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// publish binds the service's ports and records them.
func (r *Runtime) publish(c *container, sc *supervisor.Container) error {
	switch {
	case c.rec.HostNet:
		return nil // on the host's network a port is published by listening on it
	case len(sc.Service.Ports) == 0:
		return r.net.PortsSettled(c.name)
	}
	service := sc.Service.Name
	if sc.OneOff != nil {
		service = "" // no replica
	}
	var ports []netstack.Published
	var bound []supervisor.PublishedPort
	for _, p := range sc.Service.Ports {
		spec := netspec.Port(p, service)
		spec.Number = sc.Number
		got, err := r.net.Publish(c.name, spec)
		if err != nil {
			return netspec.PublishError(p, err)
		}
		ports = append(ports, got)
		for _, a := range got.Addresses {
			at := p
			at.HostIP = a.String()
			bound = append(bound, supervisor.PublishedPort{Port: at, Bound: got.Bound})
		}
	}
	if err := r.net.PortsSettled(c.name); err != nil {
		return err
	}
	r.mu.Lock()
	c.rec.Ports, c.rec.Bound = ports, bound
	r.mu.Unlock()
	return r.save(c)
}

// CheckPorts tells why the ports of services cannot be published now.
func (r *Runtime) CheckPorts(services []*project.Service) error {
	return netspec.CheckError(r.net.CheckPorts(netspec.Ports(services)))
}

// unpublish frees the container's ports; again: it will be started at once.
func (r *Runtime) unpublish(c *container, again bool) error {
	if c.box == nil {
		return nil
	}
	err := r.net.Unpublish(c.name, again)
	if len(c.rec.Ports) == 0 {
		return err // nothing was on record: none, or a publish that failed half-way
	}
	r.mu.Lock()
	c.rec.Ports, c.rec.Bound = nil, nil
	r.mu.Unlock()
	return errors.Join(err, r.save(c))
}

// Ports are the ports of the container that are bound now.
func (r *Runtime) Ports(sc *supervisor.Container) []supervisor.PublishedPort {
	c := r.lookup(sc.Name)
	if c == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(c.rec.Bound)
}

// SetHealthy tells of the verdict of the container's health check.
func (r *Runtime) SetHealthy(sc *supervisor.Container, healthy bool) {
	r.net.SetHealthy(sc.Name, healthy)
}

// Attachments tell where the container stands in its networks.
func (r *Runtime) Attachments(sc *supervisor.Container) []supervisor.Attachment {
	c := r.lookup(sc.Name)
	if c == nil {
		return nil
	}
	out := []supervisor.Attachment{}
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, e := range c.rec.Endpoints {
		a := supervisor.Attachment{Network: e.Network, MAC: e.MAC}
		if e.IPv4.IsValid() {
			a.IPv4 = e.IPv4.String()
		}
		if e.IPv6.IsValid() {
			a.IPv6 = e.IPv6.String()
		}
		if i < len(sc.Service.Endpoints) {
			a.Key = sc.Service.Endpoints[i].Network
		}
		out = append(out, a)
	}
	return out
}

// projectOf names the project whose supervisor or holder a process is, "" if it
// is none of ours: both have the listeners.
func projectOf(dirs state.Dirs, pid int) string {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err != nil {
		return ""
	}
	args := strings.Split(strings.TrimRight(string(b), "\x00"), "\x00")
	i := slices.Index(args, rootless.RoleArg)
	if i < 0 || len(args) < i+5 || filepath.Clean(args[i+2]) != filepath.Clean(dirs.Run) {
		return ""
	}
	if role := args[i+1]; role != rootless.RoleSupervisor && role != rootless.RoleProjectHolder {
		return ""
	}
	return args[i+4]
}
