package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client/logincmd"
)

func (a *app) login() *cobra.Command {
	o := &logincmd.Options{}
	c := &cobra.Command{
		Use: "login [OPTIONS] [SERVER]", Short: "Log in to a registry",
		Long: `Log in to a registry, docker.io if none is named. The credentials are kept where docker
keeps them: in a credential helper, or in ~/.docker/config.json.

  echo "$TOKEN" | mocker-compose login ghcr.io -u me --password-stdin`, Args: atMost(1),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.Check(); err != nil {
				return &usageError{c.CommandPath(), err}
			}
			ctx, stop := interruptible(c.Context())
			defer stop()
			return logincmd.Login(ctx, a.env, o, first(args))
		},
	}
	o.Register(c.Flags())
	return c
}

func (a *app) logout() *cobra.Command {
	return &cobra.Command{
		Use: "logout [SERVER]", Short: "Log out from a registry",
		Long: "Forget the credentials for a registry, docker.io if none is named.", Args: atMost(1),
		RunE: func(c *cobra.Command, args []string) error {
			ctx, stop := interruptible(c.Context())
			defer stop()
			return logincmd.Logout(ctx, a.env, first(args))
		},
	}
}

// first is the first argument, if there is one.
func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}
