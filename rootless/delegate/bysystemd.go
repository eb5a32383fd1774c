package delegate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// errNoSystemd: there is nobody to ask.
var errNoSystemd = errors.New("no systemd manager to ask")

// bySystemd has systemd make the scope of the project.
func (s *search) bySystemd(ctx context.Context) (Delegation, error) {
	addresses := reachable(s.user.sockets())
	if os.Getenv("MOCKER_FORCE_NO_SYSTEMD") != "" || len(addresses) == 0 {
		return Delegation{}, errNoSystemd
	}
	// Another run directory of this user can have a project of the same name.
	for _, unit := range []string{scopeName(s.Project, ""), scopeName(s.Project, s.Record)} {
		a, err := ask(ctx, s.Start, Question{
			Op: OpScope, Unit: unit, Description: "Project " + s.Project + " of mocker-compose",
			PIDs: []int{s.Holder, s.Supervisor}, UID: s.user.uid, Addresses: addresses,
		})
		if err != nil {
			return Delegation{}, err
		}
		switch {
		case a.Taken && !s.holds(a.Group):
			continue
		case a.Unreachable:
			return Delegation{}, fmt.Errorf("%w: %s", errNoSystemd, a.Error)
		case a.Error != "":
			return Delegation{}, fmt.Errorf("systemd makes no scope: %s", a.Error)
		}
		return s.scope(ctx, unit, a.Group)
	}
	return Delegation{}, fmt.Errorf("the scopes %s and %s are both in use", scopeName(s.Project, ""), scopeName(s.Project, s.Record))
}

// holds tells whether the project's holder is in a unit that lives: a supervisor
// that died between the scope and its record made it.
func (s *search) holds(cgroup string) bool {
	own, err := groupOf(s.Holder)
	return err == nil && below(own, cgroup)
}

// scope is the Delegation of a scope.
func (s *search) scope(ctx context.Context, unit, cgroup string) (Delegation, error) {
	dir, err := s.h.dir(cgroup)
	if err != nil {
		return Delegation{}, err
	}
	d := Delegation{Dir: dir, By: BySystemd, Unit: unit, From: s.from, Inode: inode(dir)}
	if err := s.settle(ctx, d); err != nil {
		return d, fmt.Errorf("the scope %s cannot be used: %w", unit, err)
	}
	return d, nil
}

// Populated tells whether there are processes in a cgroup, named as systemd does.
func Populated(cgroup string) bool {
	h, err := findHierarchy()
	if err != nil {
		return false
	}
	dir, err := h.dir(filepath.Clean(cgroup))
	if err != nil {
		return false
	}
	g, err := openGroup(dir)
	if err != nil {
		return false
	}
	defer g.close()
	return !g.emptied()
}
