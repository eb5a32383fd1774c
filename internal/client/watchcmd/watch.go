package watchcmd

import (
	"context"
	"sync"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/project"
)

// Options are the flags of watch.
type Options struct{ NoUp, Prune, Quiet bool }

// Register defines the flags in fs.
func (o *Options) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&o.NoUp, "no-up", false, "do not build and start services before")
	fs.BoolVar(&o.Prune, "prune", true, "remove the image that a new one replaces")
	fs.BoolVar(&o.Quiet, "quiet", false, "do not show what builds print")
}

// Watch brings services up, and then does what their rules say until ctx ends.
func Watch(ctx context.Context, e *client.Env, t client.Target, o *Options, services []string) error {
	if err := client.Enabled(t.Project, services); err != nil {
		return err
	}
	var mu sync.Mutex
	prefix := ""
	if e.Global.DryRun {
		prefix = "DRY-RUN MODE -  "
	}
	say := func(line string) {
		mu.Lock()
		defer mu.Unlock()
		e.Println(prefix + line)
	}
	up := client.DetachedUp(o.Quiet)
	w, err := client.NewWatching(ctx, e, client.WatchSetup{
		Target: t, Services: services, Up: up, Quiet: o.Quiet, Prune: o.Prune, Say: say, Print: say,
	})
	if err != nil {
		return err
	}
	defer w.Close()
	if !o.NoUp {
		if err := e.Up(ctx, built(t), up, services); err != nil {
			return err
		}
	}
	e.Settle()
	w.Run(ctx, func() { say("Watch enabled") })
	say("Watch disabled")
	return &client.ExitError{Code: client.Interrupted}
}

// built is the target with images that are built whether they are there or not, so that
// what is watched begins as it is now.
func built(t client.Target) client.Target {
	for i := range t.Project.Services {
		if s := &t.Project.Services[i]; rebuilds(s) {
			s.Pull.When = project.PullBuild
		}
	}
	return t
}
