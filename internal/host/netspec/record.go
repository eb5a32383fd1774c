package netspec

import (
	"errors"
	"io/fs"
	"os"
	"slices"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

// Record is the file of the project's networks.
type Record struct {
	Path string // as this process sees it
}

// Save records the networks that exist.
func (r Record) Save(networks []project.Network) error {
	if len(networks) == 0 {
		err := os.Remove(r.Path)
		if os.IsNotExist(err) {
			return nil
		}
		return err
	}
	return state.Save(r.Path, networks)
}

// Add adds networks to those on record, each by its name.
func (r Record) Add(made []project.Network) error {
	var known []project.Network
	if _, err := state.Load(r.Path, &known); err != nil {
		known = nil // unreadable: what is made now is known
	}
	all := made
	for _, k := range known {
		if !slices.ContainsFunc(made, func(n project.Network) bool { return n.Name == k.Name }) {
			all = append(all, k)
		}
	}
	return r.Save(all)
}

// Load are the networks on record; none if none was made.
func (r Record) Load() (known []project.Network, err error) {
	if _, err = state.Load(r.Path, &known); errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return known, err
}
