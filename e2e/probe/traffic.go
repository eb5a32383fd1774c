package main

import (
	"errors"
	"os"

	"github.com/mocker-compose/mocker-compose/bench/load"
)

// traffic is a server or a client of package load.
func traffic(args []string) error {
	switch {
	case len(args) == 2 && args[0] == "serve":
		return load.Serve(args[1], os.Stdout)
	case len(args) == 1 && args[0] == "agent":
		return load.Agent(os.Stdin, os.Stdout)
	}
	return errors.New("say traffic serve ADDRESS or traffic agent")
}
