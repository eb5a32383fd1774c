package supervisor

import (
	"context"
	"fmt"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/project"
)

func (f *fakeRuntime) RemoveNetworks(context.Context) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.networks)
	return nil, nil
}

func (f *fakeRuntime) EnsureNetworks(_ context.Context, p *project.Project) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range p.Networks {
		f.networks[n.Name] = true
	}
	return nil
}

func (f *fakeRuntime) Attachments(c *Container) []Attachment {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.at[c.Name])
}

// attach makes a container stand where its service says.
func (f *fakeRuntime) attach(c *Container) error {
	at := []Attachment{}
	for _, e := range c.Service.Endpoints {
		name := c.NetworkName(e.Network)
		if !f.networks[name] {
			return fmt.Errorf("network %s does not exist", name)
		}
		at = append(at, Attachment{Network: name, Key: e.Network, IPv4: e.IPv4Address})
	}
	f.at[c.Name] = at
	return nil
}

// Rewire implements Runtime.
func (f *fakeRuntime) Rewire(_ context.Context, c *Container) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "rewire "+c.Name)
	if !f.made[c.Name] {
		return nil
	}
	if f.onRewire != nil {
		if err := f.onRewire(c, func() error { return f.attach(c) }); err != nil {
			return err
		}
	}
	return f.attach(c)
}

// RemoveNetwork implements Runtime.
func (f *fakeRuntime) RemoveNetwork(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c, at := range f.at {
		if slices.ContainsFunc(at, func(a Attachment) bool { return a.Network == name }) {
			f.t.Errorf("network %s is removed under %s", name, c)
		}
	}
	f.calls = append(f.calls, "remove network "+name)
	delete(f.networks, name)
	return nil
}

func (f *fakeRuntime) Networks(context.Context) ([]api.Network, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []api.Network
	for n := range f.networks {
		list = append(list, api.Network{Name: n})
	}
	return list, nil
}
