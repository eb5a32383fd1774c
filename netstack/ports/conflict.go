package ports

import (
	"fmt"
	"net/netip"
)

// ConflictError says that a port of the host is in use, and by whom as far as
// can be seen.
type ConflictError struct {
	Protocol string
	Addr     netip.AddrPort
	Own      string // "container web-1" or "service web" of this project, "" = none
	Project  string // another project, "" = none
	Holder   Holder
	Err      error
}

const inUseBy = ": the port is in use by "

// Error names the holder.
func (e *ConflictError) Error() string {
	who := e.Holder.String()
	switch {
	case e.Own != "":
		who = e.Own + " of this project"
	case e.Project != "":
		who = "project " + e.Project
	}
	return fmt.Sprintf("bind %s/%s"+inUseBy+"%s", e.Addr, e.Protocol, who)
}

// Remedy is what the user can do.
func (e *ConflictError) Remedy() string {
	switch {
	case e.Own != "":
		return "publish another port, or a range such as 8080-8090 for several replicas"
	case e.Project != "":
		return "take it down with `mocker-compose -p " + e.Project + " down`, or publish another port"
	case e.Holder.PID == 0:
		return fmt.Sprintf("find it with `ss -l%snp 'sport = :%d'` (as root it shows every process), or publish another port",
			e.Protocol[:1], e.Addr.Port())
	}
	return "stop it, or publish another port"
}

// Unwrap returns the system's error.
func (e *ConflictError) Unwrap() error { return e.Err }

// conflict finds out who has the port. t.mu is held.
func (t *Table) conflict(protocol string, at netip.AddrPort, err error) error {
	c := &ConflictError{Protocol: protocol, Addr: at, Err: err}
	if c.Own = t.holderOf(protocol, at); c.Own != "" {
		return c
	}
	c.Holder = FindHolder(protocol, at)
	if c.Holder.PID != 0 {
		c.Project = t.w.ProjectOf(c.Holder.PID)
	}
	return c
}
