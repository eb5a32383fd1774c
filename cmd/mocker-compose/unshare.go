package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) unshare() *cobra.Command {
	c := &cobra.Command{
		Use: "unshare COMMAND [ARGS...]", Short: "Run a command inside the user namespace",
		Long: `Run a command where containers' file owners are what they see: as root of the user
namespace, on your file system. It removes or takes over files that a service wrote
as another user:

  mocker-compose unshare rm -r ./data
  mocker-compose unshare chown -R 0:0 ./data   # 0 in there is you out here`,
		Args: atLeast(1),
		RunE: func(c *cobra.Command, args []string) error {
			code, err := client.Unshare(c.Context(), a.env.Dirs, args, a.env.Warn)
			if err == nil && code != 0 {
				err = &client.ExitError{Code: code}
			}
			return err
		},
	}
	c.Flags().SetInterspersed(false)
	return c
}
