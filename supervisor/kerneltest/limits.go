package kerneltest

import (
	"context"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Limit implements kernel.Runtime.
func (f *Kernel) Limit(_ context.Context, c *kernel.Container) error {
	f.Mu.Lock()
	defer f.Mu.Unlock()
	f.calls = append(f.calls, "limit "+c.Name)
	if f.OnLimit != nil {
		if err := f.OnLimit(c); err != nil {
			return err
		}
	}
	f.Hold(c)
	return nil
}

// Hold makes the limits of a container hold. Called with the lock.
func (f *Kernel) Hold(c *kernel.Container) {
	if f.Limits == nil {
		f.Limits = map[string]project.Resources{}
	}
	f.Limits[c.Name] = c.Service.Resources
}
