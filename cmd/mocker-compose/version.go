package main

import (
	"github.com/spf13/cobra"

	"github.com/mocker-compose/mocker-compose/internal/client"
)

func (a *app) version() *cobra.Command {
	o := &client.VersionOptions{}
	c := &cobra.Command{
		Use: "version [OPTIONS]", Short: "Print the version", Args: none,
		Long: "Print the version: of this program, not of docker compose, whose commands it has.",
		RunE: func(*cobra.Command, []string) error { return a.env.ShowVersion(o) },
	}
	o.Register(c.Flags())
	return c
}
