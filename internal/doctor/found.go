package doctor

import (
	"errors"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// Tried is how an attempt ended.
type Tried struct {
	Errno syscall.Errno `json:"errno,omitempty"`
	Text  string        `json:"text,omitempty"` // the error's; "" = it succeeded
}

func tried(err error) Tried {
	if err == nil {
		return Tried{}
	}
	t := Tried{Text: oneLine(err.Error())}
	errors.As(err, &t.Errno) // 0 if the kernel was not asked
	return t
}

// Err is the error again; nil if there was none.
func (t Tried) Err() error {
	switch {
	case t.Text == "":
		return nil
	case t.Errno == 0:
		return errors.New(t.Text)
	}
	return said{t}
}

// said is an error of another process.
type said struct{ t Tried }

func (s said) Error() string { return s.t.Text }
func (s said) Unwrap() error { return s.t.Errno }

// found is all that was found out by doing: what judges need beside the files of
// the host.
type found struct {
	userNS Tried // of the child that has the ids of projects, or one id
	maps   Tried // of newuidmap
	ids    uint64
	single bool // the child had one id only
	direct bool // we are root

	tools [2]mapTool // newuidmap, newgidmap

	data, run dirFound
	runShared bool // there is no run directory of the session
	socket    Tried

	files, processes uint64 // hard limits
	instances, watch Tried  // of inotify
	ping             Tried
	port             Tried // of binding one below 1024

	cgroup delegate.Report

	inside *inside // nil: there was no user namespace
}

type mapTool struct {
	name, path         string
	nosuid, privileged bool
}

// dirFound is what is known of a directory of ours, or of the nearest that exists above.
type dirFound struct {
	dir           cause.Dir
	fs            string // "ext4"; "" = not known
	bytes, inodes uint64 // left to us
	noInodes      bool   // the file system does not count them
	write, exec   Tried
}

// inside is what the child in the user namespace has found out.
type inside struct {
	Namespaces map[string]Tried `json:"namespaces"` // by the name of the kind: "net"
	Calls      []string         `json:"calls"`      // that are missing
	Proc       Tried            `json:"proc"`
	Seccomp    Tried            `json:"seccomp"`
	Keyring    Tried            `json:"keyring"`
	NoKeyrings bool             `json:"no_keyrings"`
	Bridge     Tried            `json:"bridge"`
	Veth       Tried            `json:"veth"`
	Rules      Tried            `json:"rules"`
	Packet     Tried            `json:"packet"`
	Overlay    Tried            `json:"overlay"`
	Fuse       Tried            `json:"fuse"`
	Device     lack             `json:"device"`
	Uplinks    map[string]way   `json:"uplinks"`
}

// lack is what a helper, or the device, needs and has not.
type lack struct{ What, Fix string }

// way is what was found of an uplink's helper.
type way struct {
	Version string
	Lack    lack
	Failed  string // it was started, and did not run
}
