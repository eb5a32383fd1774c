package inside

import (
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/project"
)

// hostname is that of every step: what a step makes must not depend on chance.
const hostname = "buildkitsandbox"

// network gives every running step a net namespace. It is opened by the first one
// that needs it.
type network struct {
	router *os.File
	notice func(string)

	once  sync.Once
	stack *netstack.Stack
	err   error

	mu   sync.Mutex
	made int
	idle map[string][]*place // by key
}

// place is a net namespace, and what it was made for.
type place struct {
	key, id string
	box     *netstack.Sandbox
}

// nobody is a keeper of files that nobody will ask for: no network here outlives us.
type nobody struct{}

func (nobody) KeepAll(map[string]*os.File) error { return nil }
func (nobody) DropAll([]string) error            { return nil }
func (nobody) Kept() map[string]*os.File         { return nil }

// theNetwork is the one that all steps with a network are on.
const theNetwork = "build"

func (n *network) open() error {
	n.once.Do(func() {
		if n.stack, n.err = netstack.Open(n.router, nobody{}, n.notice); n.err == nil {
			_, n.err = n.stack.EnsureNetwork(netstack.Network{Name: theNetwork})
		}
	})
	return n.err
}

func (n *network) close() error {
	n.once.Do(func() { n.err = errors.New("the build is over") })
	var err error
	if n.stack != nil {
		err = n.stack.Close()
	}
	return errors.Join(err, n.router.Close())
}

// take returns a net namespace in which nobody is; loopback: with no way to anywhere.
func (n *network) take(m *build.Machine, loopback bool) (*place, error) {
	if err := n.open(); err != nil {
		return nil, err
	}
	key := strings.Join(m.Hosts, "\n")
	if loopback {
		key = "none"
	}
	n.mu.Lock()
	if list := n.idle[key]; len(list) > 0 {
		p := list[len(list)-1]
		n.idle[key] = list[:len(list)-1]
		n.mu.Unlock()
		return p, nil
	}
	n.made++
	id := fmt.Sprintf("step%d", n.made)
	n.mu.Unlock()
	box, err := n.stack.CreateSandbox(id, boxSpec(m, loopback))
	if err != nil {
		return nil, err
	}
	return &place{key, id, box}, nil
}

// give takes a namespace back whose processes have all ended. dirty: they could change it.
func (n *network) give(p *place, dirty bool) {
	if dirty {
		_ = n.stack.RemoveSandbox(p.id) // what stays goes with us
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.idle == nil {
		n.idle = map[string][]*place{}
	}
	n.idle[p.key] = append(n.idle[p.key], p)
}

func boxSpec(m *build.Machine, loopback bool) netstack.SandboxSpec {
	spec := netstack.SandboxSpec{Hostname: hostname, NoNetwork: loopback}
	if loopback {
		return spec
	}
	spec.Endpoints = []netstack.EndpointSpec{{Network: theNetwork}}
	spec.HostGateway = slices.ContainsFunc(m.Hosts, func(h string) bool { return strings.HasSuffix(h, "="+project.HostGateway) })
	spec.Resolve.Hosts = map[string][]netip.Addr{}
	for _, line := range m.Hosts {
		name, address, _ := strings.Cut(line, "=")
		if address == project.HostGateway {
			spec.Resolve.HostNames = append(spec.Resolve.HostNames, name)
		} else if a, err := netip.ParseAddr(strings.Trim(address, "[]")); err == nil {
			spec.Resolve.Hosts[name] = append(spec.Resolve.Hosts[name], a.Unmap())
		}
	}
	return spec
}
