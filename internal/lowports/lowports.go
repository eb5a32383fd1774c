// Package lowports decides what becomes of published ports that an ordinary user
// may not bind: an error, or another port that he may.
package lowports

import (
	"fmt"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/netstack/ports"
	"github.com/mocker-compose/mocker-compose/project"
)

// Flag is --ports, or the variable MOCKER_PORTS if it is not given.
type Flag struct{ value string }

// Register defines the flag in fs.
func (f *Flag) Register(fs *pflag.FlagSet) {
	fs.StringVar(&f.value, "ports", "", "`HOW` to publish ports that only root may bind: exact fails, auto takes others, 8080 for 80 (default: MOCKER_PORTS, or exact)")
}

// Apply marks the ports of services that may be mapped. The mark is part of what a
// container is made from: with another one it is replaced.
func (f *Flag) Apply(getenv func(string) string, services ...*project.Service) error {
	how, where := f.value, "--ports"
	if how == "" {
		how, where = getenv("MOCKER_PORTS"), "MOCKER_PORTS"
	}
	switch how {
	case "", "exact":
		return nil
	case "auto":
	default:
		return fmt.Errorf("invalid %s %q: use auto or exact", where, how)
	}
	floor := ports.Floor()
	for _, s := range services {
		for i := range s.Ports {
			p := &s.Ports[i]
			p.Auto = p.HostPort != 0 && int(max(p.HostPort, p.HostPortEnd)) < floor
		}
	}
	return nil
}
