package netstack

import (
	"fmt"
	"net/netip"
)

// ConflictError says that a port of the host is in use, and by whom as far as
// can be seen.
type ConflictError struct {
	Addr      netip.AddrPort
	Container string // of this project, "" = none
	Project   string // another project, "" = none
	Holder    Holder
	Err       error
}

// Error names the holder.
func (e *ConflictError) Error() string {
	who := e.Holder.String()
	switch {
	case e.Container != "":
		who = "container " + e.Container + " of this project"
	case e.Project != "":
		who = "project " + e.Project
	}
	return fmt.Sprintf("bind %s: the port is in use by %s", e.Addr, who)
}

// Remedy is what the user can do.
func (e *ConflictError) Remedy() string {
	switch {
	case e.Container != "":
		return "publish another port, or a range such as 8080-8090 for several replicas"
	case e.Project != "":
		return "take it down with `mocker-compose -p " + e.Project + " down`, or publish another port"
	case e.Holder.PID == 0:
		return fmt.Sprintf("find it with `ss -ltnp 'sport = :%d'` (as root it shows every process), or publish another port", e.Addr.Port())
	}
	return "stop it, or publish another port"
}

// Unwrap returns the system's error.
func (e *ConflictError) Unwrap() error { return e.Err }

// conflict finds out who has the port. s.mu is held.
func (s *Stack) conflict(at netip.AddrPort, err error) error {
	c := &ConflictError{Addr: at, Err: err}
	for id, sb := range s.sandboxes {
		for _, p := range sb.ports {
			if p.Bound == at.Port() {
				c.Container = id
				return c
			}
		}
	}
	c.Holder = FindHolder(at)
	if c.Holder.PID != 0 {
		c.Project = s.projectOf(c.Holder.PID)
	}
	return c
}
