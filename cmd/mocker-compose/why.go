package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/whycmd"
)

func (a *app) why() *cobra.Command {
	o := &whycmd.Options{}
	c := &cobra.Command{
		Use: "why [OPTIONS] [SERVICE...]", Short: "Tell why a service does not run, or is not healthy",
		Long: `Tell what is the matter with a service: which condition it waits for, what its last probe
said, how its last run ended and who ended it, its last lines, a time line, and what
mends it. Without a service, of all containers that are not as they should be. It works
after a stop and after a crash too.`,
	}
	o.Register(c.Flags())
	completes(c, "format", "text", "json")
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, services []string) error {
		o.Profiles = a.profiles(ctx, t, services)
		return whycmd.Why(ctx, a.env, t, o, services)
	})
	return c
}

// profiles are those of the services of the files that no active profile enables.
func (a *app) profiles(ctx context.Context, t client.Target, _ []string) map[string][]string {
	out := map[string][]string{}
	if t.Project == nil || len(t.Project.Disabled) == 0 {
		return out
	}
	loaded, err := a.look(ctx, nil, false)
	if err != nil {
		return out
	}
	for _, name := range t.Project.Disabled {
		if s, ok := loaded.Model.DisabledServices[name]; ok {
			out[name] = s.Profiles
		}
	}
	return out
}
