package client

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// RemoveOptions are the flags of rm.
type RemoveOptions struct{ Force, Stop, Volumes bool }

// Register defines the flags in fs.
func (o *RemoveOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVarP(&o.Force, "force", "f", false, "do not ask")
	fs.BoolVarP(&o.Stop, "stop", "s", false, "stop the containers first")
	fs.BoolVarP(&o.Volumes, "volumes", "v", false, "remove their anonymous volumes too")
	fs.BoolP("all", "a", false, "") // docker compose takes it, and does nothing
	_ = fs.MarkHidden("all")        // fails only for a flag that does not exist
}

// Remove removes containers that do not run; of those that run has made, the
// ones that are named.
func (e *Env) Remove(ctx context.Context, t Target, o *RemoveOptions, services []string) error {
	if o.Stop {
		err := e.Stop(ctx, t, &StopOptions{Timeout: -1}, services)
		if err != nil && !errors.Is(err, errUnknown) {
			return err
		}
	}
	all, err := e.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	if err := UnknownService(t, all, services); err != nil {
		return err
	}
	var names []string
	for i := range all {
		c := &all[i]
		ours := !c.OneOff && (t.Project == nil || defines(t.Project, c.Service)) || Called(c, services)
		if ours && chosen(c, services) && (o.Stop && e.Global.DryRun || c.State == "exited" || c.State == "created" || c.State == "dead") {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		fmt.Fprintln(e.Stderr, "No stopped containers")
		return nil
	}
	slices.Sort(names)
	if yes, err := e.confirm(o.Force || e.Global.DryRun, "Going to remove "+strings.Join(names, ", ")); !yes || err != nil {
		return err
	}
	return e.change(ctx, t.Name, api.Request{Op: api.OpRemove, Remove: &api.RemoveRequest{Names: names, Volumes: o.Volumes}})
}

// Discard removes containers by name, without a word, and returns which it has
// removed: what runs by now, or is about to, stays.
func (e *Env) Discard(ctx context.Context, project string, names []string) (gone []string, err error) {
	req := api.Request{Op: api.OpRemove, Remove: &api.RemoveRequest{Names: names, Idle: true}}
	err = e.Demand(ctx, project, req, func(a *api.Answer) error {
		if p := a.Progress; p != nil && p.Kind == "Container" && p.Status == "Removed" && !slices.Contains(gone, p.Name) {
			gone = append(gone, p.Name)
		}
		return nil
	})
	return gone, err
}

// confirm says what is about to happen and, unless forced, asks. No answer is no.
func (e *Env) confirm(force bool, text string) (bool, error) {
	if _, err := fmt.Fprintln(e.Stdout, text); err != nil || force {
		return force, err
	}
	if _, err := fmt.Fprint(e.Stdout, "Are you sure? [yN] "); err != nil {
		return false, err
	}
	line, err := bufio.NewReader(e.Stdin).ReadString('\n')
	if err != nil && line == "" {
		e.Println() // the answer that did not come would have ended the line
	}
	answer := strings.ToLower(strings.TrimSpace(line))
	return answer == "y" || answer == "yes", nil
}
