package kerneltest

import (
	"context"
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// RemoveNetworks implements kernel.Runtime.
func (f *Kernel) RemoveNetworks(context.Context) ([]string, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	clear(f.Bridges)
	return nil, nil
}

// EnsureNetworks implements kernel.Runtime.
func (f *Kernel) EnsureNetworks(_ context.Context, p *project.Project) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	for _, n := range p.Networks {
		f.Bridges[n.Name] = true
	}
	return nil
}

// Attachments implements kernel.Runtime.
func (f *Kernel) Attachments(c *kernel.Container) []kernel.Attachment {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	return slices.Clone(f.At[c.Name])
}

// attach makes a container stand where its service says.
func (f *Kernel) attach(c *kernel.Container) error {
	at := []kernel.Attachment{}
	for _, e := range c.Service.Endpoints {
		name := c.NetworkName(e.Network)
		if !f.Bridges[name] {
			return fmt.Errorf("network %s does not exist", name)
		}
		at = append(at, kernel.Attachment{Network: name, Key: e.Network, IPv4: e.IPv4Address})
	}
	f.At[c.Name] = at
	return nil
}

// Rewire implements kernel.Runtime.
func (f *Kernel) Rewire(_ context.Context, c *kernel.Container) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	f.calls = append(f.calls, "rewire "+c.Name)
	if !f.Made[c.Name] {
		return nil
	}
	if f.OnRewire != nil {
		if err := f.OnRewire(c, func() error { return f.attach(c) }); err != nil {
			return err
		}
	}
	return f.attach(c)
}

// RemoveNetwork implements kernel.Runtime.
func (f *Kernel) RemoveNetwork(_ context.Context, name string) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	for c, at := range f.At {
		if slices.ContainsFunc(at, func(a kernel.Attachment) bool { return a.Network == name }) {
			f.t.Errorf("network %s is removed under %s", name, c)
		}
	}
	f.calls = append(f.calls, "remove network "+name)
	delete(f.Bridges, name)
	return nil
}

// Networks implements kernel.Runtime.
func (f *Kernel) Networks(context.Context) ([]api.Network, error) {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	var list []api.Network
	for n := range f.Bridges {
		list = append(list, api.Network{Name: n})
	}
	return list, nil
}
