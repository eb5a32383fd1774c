package delegate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// Report is what Probe found out.
type Report struct {
	// Delegation is what a project would get; its Dir is that of the probe, and gone.
	Delegation
	// None is set when there is no way.
	None *NoneError `json:"none,omitempty"`
	// Linger: the user's manager outlives the last session (loginctl(1)). Always true
	// for root, whose manager is the system's.
	Linger bool `json:"linger"`
	// LingerRemedy is the command that makes it so, "" if it is.
	LingerRemedy string `json:"linger_remedy,omitempty"`
	// Bus is the address of the bus or socket on which systemd answered, "" = none.
	Bus string `json:"bus,omitempty"`
	// Hybrid: controllers are those of cgroup v1, so v2 cannot have them.
	Hybrid bool `json:"hybrid,omitempty"`
}

// Probe tries what Obtain does, with a process of its own in place of a project.
// Nothing of it is left. It works outside of the user namespace as well as inside.
// The current cgroup is looked at, and not divided: the caller's other processes are
// in it.
func Probe(ctx context.Context, start Starter) (r Report) {
	ctx, cancel := context.WithTimeout(ctx, obtainLimit)
	defer cancel()
	s, err := newSearch(Request{Project: "probe", Supervisor: os.Getpid(), Start: start})
	if err != nil {
		r.none(err)
		return r
	}
	r.Hybrid, r.Linger = s.h.v1, s.user.lingers()
	if !r.Linger {
		r.LingerRemedy = "loginctl enable-linger " + s.user.name()
	}
	if dir := os.Getenv(HandOver); dir != "" {
		g, err := s.handedGroup(dir)
		if err == nil {
			err = r.tryGroup(s, ByHandedOver, g)
		}
		r.none(err)
		return r
	}
	asked := s.probeSystemd(ctx, &r)
	if asked == nil {
		return r
	}
	g, here := s.currentGroup()
	if here == nil {
		here = r.tryGroup(s, ByCurrent, g)
	}
	if here != nil {
		r.none(s.why(asked, here))
	}
	return r
}

func (r *Report) none(err error) {
	if err != nil && !errors.As(err, &r.None) {
		r.None = &NoneError{Cause: err.Error()}
	}
}

// probeSystemd has systemd make a scope for the process that asks, which looks about
// there and ends, and the scope with it.
func (s *search) probeSystemd(ctx context.Context, r *Report) error {
	addresses := reachable(s.user.sockets())
	if os.Getenv("MOCKER_FORCE_NO_SYSTEMD") != "" || len(addresses) == 0 {
		return errNoSystemd
	}
	a, err := ask(ctx, s.Start, Question{
		Op: OpProbe, Unit: scopeName("", fmt.Sprintf("probe %d", os.Getpid())), Description: "mocker-compose looks what it may do",
		UID: s.user.uid, Addresses: addresses,
	})
	switch {
	case err != nil:
		return err
	case a.Unreachable:
		return fmt.Errorf("%w: %s", errNoSystemd, a.Error)
	case a.Error != "":
		return fmt.Errorf("systemd makes no scope: %s", a.Error)
	}
	dir, err := s.h.dir(a.Group)
	if err != nil {
		return err
	}
	r.Bus = a.Address
	r.Delegation = Delegation{Dir: dir, By: BySystemd}
	r.found(s, a.Controllers)
	return nil
}

// found fills in what controllers there are, and what is missing.
func (r *Report) found(s *search, controllers []string) {
	r.Controllers = controllers
	for _, c := range Wanted {
		if !slices.Contains(controllers, c) {
			r.Missing = append(r.Missing, c)
		}
	}
	r.Cause, r.Remedy = s.lacks(r.Delegation)
	r.Notice = s.notice(r.Delegation)
}

// tryGroup looks whether a project could be below a group, and makes a child there
// for a moment.
func (r *Report) tryGroup(s *search, by string, g *group) error {
	defer g.close()
	const name = prefix + ".probe"
	c, err := g.child(name)
	if err != nil {
		return err
	}
	c.close()
	if err := g.rmdir(name); err != nil {
		return err
	}
	r.Delegation = Delegation{Dir: filepath.Join(g.path, dirName(s.Project)), By: by}
	r.found(s, g.controllers())
	return nil
}

// TryOwn divides the cgroup that the calling process has to itself, as a project's
// would be, and returns the controllers that a child gets. For the process that asks
// systemd, in a scope of its own.
func TryOwn() ([]string, error) {
	h, err := findHierarchy()
	if err != nil {
		return nil, err
	}
	dir, err := h.dirOf(os.Getpid())
	if err != nil {
		return nil, err
	}
	g, err := openGroup(dir)
	if err != nil {
		return nil, err
	}
	defer g.close()
	leaf, err := g.child(Holder)
	if err != nil {
		return nil, err
	}
	defer leaf.close()
	if err := g.pour(leaf); err != nil {
		return nil, err
	}
	g.enable()
	return leaf.controllers(), nil
}
