package supervisor

import (
	"context"

	"github.com/mocker-compose/mocker-compose/project"
)

// fakeLimits are the limits that hold for what runs.
type fakeLimits struct {
	limits  map[string]project.Resources // by container
	onLimit func(c *Container) error     // before a change, with the lock
}

// Limit implements Runtime.
func (f *fakeRuntime) Limit(_ context.Context, c *Container) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls = append(f.calls, "limit "+c.Name)
	if f.onLimit != nil {
		if err := f.onLimit(c); err != nil {
			return err
		}
	}
	f.limit(c)
	return nil
}

// limit makes the limits of a container hold. Called with the lock.
func (f *fakeRuntime) limit(c *Container) {
	if f.limits == nil {
		f.limits = map[string]project.Resources{}
	}
	f.limits[c.Name] = c.Service.Resources
}
