package delegate

import (
	"context"
	"os"
)

// The ways to a delegated subtree, as Delegation.By has them.
const (
	BySystemd    = "systemd"
	ByCurrent    = "current"
	ByHandedOver = "handed over"
)

// Delegation is a subtree that is ours: D.
type Delegation struct {
	// Dir is D, an absolute path below a mount of cgroup v2.
	Dir string `json:"dir"`
	// By is the way it came: BySystemd, ByCurrent or ByHandedOver.
	By string `json:"by"`
	// Unit is the name of the scope; "" without systemd.
	Unit string `json:"unit,omitempty"`
	// Controllers are those that D's children can have (cgroup.controllers of D).
	Controllers []string `json:"controllers"`
	// Missing are those of Wanted that are not among them.
	Missing []string `json:"missing,omitempty"`
	// Cause says why they are missing, Remedy is the command that adds them; both ""
	// if nothing is missing.
	Cause  string `json:"cause,omitempty"`
	Remedy string `json:"remedy,omitempty"`
	// Notice is what the user should know about how long it lasts; "" for nothing.
	Notice string `json:"notice,omitempty"`

	From  string `json:"from,omitempty"` // the cgroup from which the supervisor came
	Inode uint64 `json:"inode"`          // of Dir: a directory of the same name made later has another
}

// Wanted are the controllers that keys of a compose file need.
var Wanted = []string{"cpu", "cpuset", "io", "memory", "pids"}

// NoneError says that there is no subtree for us.
type NoneError struct {
	// Cause is why, for people: part of a sentence, without a period.
	Cause string `json:"cause"`
	// Remedy is the command that changes it, "" if none does.
	Remedy string `json:"remedy,omitempty"`
}

func (e *NoneError) Error() string { return "no cgroup of our own: " + e.Cause }

// Starter runs our own binary in a role, as rootless.RunRole does.
type Starter func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error)

// Request is what Obtain needs to know.
type Request struct {
	Project string
	// Record is the file where D is kept on record, in the project's run directory.
	Record string
	// Holder and Supervisor are process ids in the pid namespace of systemd, which is
	// the host's: those of the project holder and of the supervisor that asks.
	Holder, Supervisor int
	Start              Starter
}
