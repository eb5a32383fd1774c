package rootless

import "time"

// userRequest is what the command line asks of the user holder.
type userRequest struct {
	// Ensure: start what of this project does not run, and answer when its
	// supervisor accepts connections. "" = only answer.
	Ensure string `json:"ensure,omitempty"`
	// Cgroup: what the caller's MOCKER_CGROUP names, for a project that is started anew.
	Cgroup string `json:"cgroup,omitempty"`
	// Role: run it on the three files that come along, and answer when it has
	// ended. For who cannot join the user namespace.
	Role     []string `json:"role,omitempty"`
	Isolated bool     `json:"isolated,omitempty"`
}

type userAnswer struct {
	Error string `json:"error,omitempty"`
	Code  int    `json:"code,omitempty"` // of the role
	// Notice is a line for the user.
	Notice string `json:"notice,omitempty"`
}

// The requests to a project holder. They are taken in order. Each but keep is
// answered, with its number.
const (
	opKeep     = "keep"     // names + as many files -> (no answer); replaces
	opDrop     = "drop"     // names -> ok
	opKept     = "kept"     // -> names + files, in batches (More)
	opLend     = "lend"     // names -> those names that are there + files; from anybody's supervisor
	opChildren = "children" // -> table + pidfds of the living, in batches (More)
	opLaunch   = "launch"   // Launch + files -> PID + pidfd
	opForget   = "forget"   // name of an ended child -> ok
	opWatch    = "watch"    // -> ok; from now on exits are told on this connection
	opEnd      = "end"      // -> ok, then the holder exits and the project with it
)

type holderRequest struct {
	Seq    int            `json:"seq"`
	Op     string         `json:"op"`
	Name   string         `json:"name,omitempty"`
	Names  []string       `json:"names,omitempty"`
	Launch *launchRequest `json:"launch,omitempty"`
}

// launchRequest comes with files: they become the descriptors 0, 1, 2, ... of the
// child, 3 being the program, 4 where it reports a failure; but for the last one, if
// it is a cgroup.
type launchRequest struct {
	Clone    uintptr       `json:"clone"`              // CLONE_NEW* for the child
	HandOver int           `json:"handover,omitempty"` // where the child finds the socket to hand over on; 0 = it does not
	Limit    time.Duration `json:"limit,omitempty"`    // of its way to there
	Portable bool          `json:"portable,omitempty"`
	Cgroup   bool          `json:"cgroup,omitempty"` // the last file is the directory of the cgroup to be born in
}

type holderAnswer struct {
	Seq      int         `json:"seq"` // 0 = an exit, unasked
	Error    string      `json:"error,omitempty"`
	Names    []string    `json:"names,omitempty"`
	Children []ChildInfo `json:"children,omitempty"`
	More     bool        `json:"more,omitempty"`
	Late     bool        `json:"late,omitempty"` // the child was killed: it did not hand over in time
	Exit     *ChildInfo  `json:"exit,omitempty"`
}

// ChildInfo is a line of the project holder's table.
type ChildInfo struct {
	Name    string    `json:"name"`
	Started time.Time `json:"started"`
	// Ended is set with the wait status when the child is no more.
	Ended  time.Time `json:"ended,omitzero"`
	Status uint32    `json:"status,omitempty"` // wait(2)
}
