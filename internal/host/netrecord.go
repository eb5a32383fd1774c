package host

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

// The kernel keeps a network's bridge with its addresses and most settings. What it
// has no place for is in a scratch file, which dies with the bridges: how the file
// calls the network, and from which of its addresses containers get theirs.

// networksName is the name of the record. No container's name begins so.
const networksName = ".networks.json"

// saveNetworks records the networks that exist.
func (r *Runtime) saveNetworks(networks []project.Network) error {
	if len(networks) == 0 {
		err := os.Remove(r.scratchPath(networksName))
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	return state.Save(r.scratchPath(networksName), networks)
}

// recordNetworks adds networks to those on record, each by its name.
func (r *Runtime) recordNetworks(made []project.Network) error {
	var known []project.Network
	if _, err := state.Load(r.scratchPath(networksName), &known); err != nil {
		known = nil // unreadable: what is made now is known
	}
	all := made
	for _, k := range known {
		if !containsNetwork(made, k.Name) {
			all = append(all, k)
		}
	}
	return r.saveNetworks(all)
}

func containsNetwork(list []project.Network, name string) bool {
	for _, n := range list {
		if n.Name == name {
			return true
		}
	}
	return false
}

// adoptNetworks gives the networks that an earlier supervisor made what the kernel
// does not tell of them.
func (r *Runtime) adoptNetworks() {
	var known []project.Network
	_, err := state.Load(r.scratchPath(networksName), &known)
	if errors.Is(err, fs.ErrNotExist) {
		return // none was made
	}
	if err != nil {
		r.report(fmt.Sprintf("the record of the networks cannot be read (%v): addresses come from all of their subnets until the next up", err))
		return
	}
	for _, n := range known {
		if n.External {
			continue // what others share tells of itself
		}
		if err := r.net.AdoptNetwork(networkSpec(n)); err != nil {
			r.report(err.Error())
		}
	}
}
