package client

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
)

// WaitOptions are the flags of wait.
type WaitOptions struct{ DownProject bool }

// Register defines the flags in fs.
func (o *WaitOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&o.DownProject, "down-project", false, "take the project down when the containers have ended")
}

// Wait waits for the ends of the containers of services that run, one-off ones
// too, and ends with the exit code of the last.
func (e *Env) Wait(ctx context.Context, t Target, o *WaitOptions, services []string) error {
	all, err := e.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	if err := UnknownService(t, all, services); err != nil {
		return err
	}
	names := map[string]bool{}
	req := &api.WaitRequest{}
	for i := range all {
		if c := &all[i]; chosen(c, services) && Alive(*c) {
			req.IDs = append(req.IDs, c.ID)
			names[c.ID] = true
		}
	}
	if len(req.IDs) == 0 {
		return fmt.Errorf("no containers for project %q", t.Name)
	}
	code := 0
	err = e.Call(ctx, t.Name, api.Request{Op: api.OpWait, Wait: req}, func(a *api.Answer) error {
		if a.Waited == nil || !names[a.Waited.ID] {
			return nil // told before, by a supervisor that died
		}
		delete(names, a.Waited.ID)
		code = a.Waited.Code
		_, err := fmt.Fprintf(e.Stdout, "container %q exited with status code %d\n", a.Waited.ID, code)
		return err
	})
	if errors.Is(err, reach.ErrNotRunning) {
		return fmt.Errorf("project %s has ended, and its containers with it", t.Name)
	}
	if err == nil && o.DownProject {
		err = e.Down(ctx, t, &DownOptions{RemoveOrphans: true, Timeout: -1}, nil)
	}
	if err == nil && code != 0 {
		return &ExitError{Code: code}
	}
	return err
}
