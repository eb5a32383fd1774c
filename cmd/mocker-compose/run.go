package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/runcmd"
	"github.com/mocker-compose/mocker-compose/internal/client/whycmd"
	"github.com/mocker-compose/mocker-compose/project/loader"
)

func (a *app) run() *cobra.Command {
	o := &runcmd.RunOptions{}
	c := &cobra.Command{
		Use: "run [OPTIONS] SERVICE [COMMAND] [ARGS...]", Short: "Run a command in a container of its own",
		Long: `Run a container of its own from a service, after what the service depends on, with
the command given or the service's. Its ports are not published without -P or -p,
and it does not answer to the service's name. The exit code is the container's.
Ctrl-C and other signals go to the container; Ctrl-P Ctrl-Q leaves its terminal.
logs, stop, kill, exec, attach, wait and rm take its name or id for a service.`,
		Args: atLeast(1),
	}
	o.Register(c.Flags())
	completes(c, "pull", "always", "missing", "never", "build")
	c.RunE = func(c *cobra.Command, args []string) error { return a.runOneOff(c.Context(), o, args[0], args[1:]) }
	return c
}

// runOneOff does not end at a signal: Run answers to signals itself.
func (a *app) runOneOff(ctx context.Context, o *runcmd.RunOptions, service string, command []string) error {
	if err := runcmd.CheckRun(a.env, o); err != nil {
		return err
	}
	loaded, err := a.read(ctx, loader.Options{Services: []string{service}, OneOff: &loader.OneOff{
		Service: service, Command: command, Entrypoint: o.EntrypointGiven(), Env: o.Env, EnvFiles: o.EnvFiles,
		Labels: o.Labels, CapAdd: o.CapAdd, CapDrop: o.CapDrop, Volumes: o.Volumes, Publish: o.Publish,
		User: o.User, WorkingDir: o.WorkingDir, ServicePorts: o.ServicePorts,
		TTY: o.Terminal(a.env), StdinOpen: o.Interactive(),
	}})
	if err != nil {
		return err
	}
	t := client.Target{Name: loaded.Project.Name, Project: loaded.Project}
	return whycmd.PostMortem(a.env, t, runcmd.Run(ctx, a.env, t, o, loaded.OneOff))
}
