package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/copycmd"
)

func (a *app) cp() *cobra.Command {
	o := &copycmd.Options{}
	c := &cobra.Command{
		Use:   "cp [OPTIONS] SERVICE:SRC_PATH DEST_PATH|-\n  mocker-compose cp [OPTIONS] SRC_PATH|- SERVICE:DEST_PATH",
		Short: "Copy files between a container and this side",
		Long: `Copy files or directories out of a service's container, or into all containers of a
service, whether they run or not. "-" is a tar archive on standard output or input.

A source directory that ends in /. means its content. Into a directory that exists a
source goes by its name; else it becomes the destination, whose parent must exist.

Files that are copied out belong to you. Files that are copied in belong to root in the
container, or with -a to those users and groups that they belong to here.`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 2 {
				return nil
			}
			return &usageError{c.CommandPath(), fmt.Errorf("%q requires exactly 2 arguments, a source and a destination", c.CommandPath())}
		},
	}
	o.Register(c.Flags())
	c.RunE = a.onServices(func(ctx context.Context, t client.Target, args []string) error {
		return copycmd.Copy(ctx, a.env, t, o, args)
	})
	return c
}
