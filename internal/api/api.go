// Package api is what the command line and a project's supervisor say to each
// other over the project's socket (internal/wire carries it): one request per
// connection; then a stream of answers, the last of them with Done set.
package api

import (
	"encoding/json"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// Op names a request.
type Op string

// The requests.
const (
	OpUp       Op = "up"       // UpRequest -> Progress..., Done
	OpDown     Op = "down"     // DownRequest -> Progress..., Done; the project ends
	OpStop     Op = "stop"     // StopRequest -> Progress..., Done
	OpStart    Op = "start"    // StartRequest -> Progress..., Done
	OpRestart  Op = "restart"  // StopRequest -> Progress..., Done
	OpKill     Op = "kill"     // KillRequest -> Progress..., Done
	OpPS       Op = "ps"       // PSRequest or no body -> PS, Done
	OpExec     Op = "exec"     // ExecRequest + 3 files (0, 1, 2; none with TTY) -> an empty answer (heard: not to be repeated), Started (+ master with TTY), then Exit, Done; ResizeRequest may follow from the client
	OpCopy     Op = "copy"     // CopyRequest + 1 file, a tar stream -> an empty answer (heard: not to be repeated), Progress..., Done
	OpEvents   Op = "events"   // EventsRequest -> Event..., (Done when the project ends)
	OpInfo     Op = "info"     // no body -> Info, Done
	OpRun      Op = "run"      // RunRequest + file 0 (none with TTY or Detach) -> Progress..., Started (+ master with TTY), Exit; any message back: its log is read; Done
	OpPause    Op = "pause"    // PauseRequest -> Progress..., Done
	OpUnpause  Op = "unpause"  // PauseRequest -> Progress..., Done
	OpWait     Op = "wait"     // WaitRequest -> Waited..., Done
	OpRemove   Op = "rm"       // RemoveRequest -> Progress..., Done
	OpNetworks Op = "networks" // no body -> Networks, Done
	OpStats    Op = "stats"    // no body -> Usage, Done
	OpRecord   Op = "record"   // no body -> Record, Done; changes nothing
	OpAttach   Op = "attach"   // AttachRequest -> Started (+ what feeds its input), then Exit, Done
)

// Request is the first message of a connection. Body fields not of the Op are nil.
type Request struct {
	Op Op `json:"op"`
	// Parallel is how many operations of the plan are carried out at a time, 0 = all that may.
	Parallel int `json:"parallel,omitempty"`

	Up     *UpRequest     `json:"up,omitempty"`
	Down   *DownRequest   `json:"down,omitempty"`
	Stop   *StopRequest   `json:"stop,omitempty"`
	Start  *StartRequest  `json:"start,omitempty"`
	Kill   *KillRequest   `json:"kill,omitempty"`
	Exec   *ExecRequest   `json:"exec,omitempty"`
	Resize *ResizeRequest `json:"resize,omitempty"`
	Copy   *CopyRequest   `json:"copy,omitempty"`
	Events *EventsRequest `json:"events,omitempty"`
	PS     *PSRequest     `json:"ps,omitempty"`
	Run    *RunRequest    `json:"run,omitempty"`
	Pause  *PauseRequest  `json:"pause,omitempty"`
	Wait   *WaitRequest   `json:"wait,omitempty"`
	Remove *RemoveRequest `json:"remove,omitempty"`
	Attach *AttachRequest `json:"attach,omitempty"`
}

// PSRequest asks for the containers.
type PSRequest struct {
	// Labels asks for labels too: with fifty containers they are half of the answer.
	Labels bool `json:"labels,omitempty"`
}

// Answer is one message back.
type Answer struct {
	Progress *Progress   `json:"progress,omitempty"`
	PS       []Container `json:"ps,omitempty"`
	Trouble  string      `json:"trouble,omitempty"` // with PS: what of the project does not work at present
	Started  *Started    `json:"started,omitempty"`
	Exit     *Exit       `json:"exit,omitempty"`
	Event    *Event      `json:"event,omitempty"`
	Waited   *Waited     `json:"waited,omitempty"`
	Info     *Info       `json:"info,omitempty"`
	Networks []Network   `json:"networks,omitempty"`
	Usage    []Usage     `json:"usage,omitempty"`
	// Record is a record.Live of package supervisor/record: what a plan is made of.
	Record json.RawMessage `json:"record,omitempty"`
	// Turn says that the request waits for the end of others, or that it has its turn.
	Turn  Turn   `json:"turn,omitempty"`
	Done  bool   `json:"done,omitempty"`
	Error *Error `json:"error,omitempty"` // only with Done
}

// Queues reports that a request changes the project: one does so at a time, and is told
// when that begins.
func (o Op) Queues() bool {
	switch o {
	case OpUp, OpDown, OpStop, OpStart, OpRestart, OpPause, OpUnpause, OpRemove, OpRun:
		return true
	}
	return false
}

// Turn is where a request stands that Queues.
type Turn string

// The turns.
const (
	TurnWaits Turn = "waits"
	TurnHas   Turn = "has"
)

// Error is a failure as the user shall read it.
type Error struct {
	Message  string `json:"message"`             // what failed, on which object, why
	Hint     string `json:"hint,omitempty"`      // the remedy
	ExitCode int    `json:"exit_code,omitempty"` // 0 = 1
	// Port is an address of the host that is in use by a process that only the
	// client may be able to see; "" = none.
	Port string `json:"port,omitempty"`
	// Container is the name of the one that is to blame; "" = none, or not known.
	Container string `json:"container,omitempty"`
}

// Recreate says which existing containers an up replaces.
type Recreate string

// The recreate policies of up.
const (
	RecreateDiverged Recreate = ""      // those whose configuration changed
	RecreateForce    Recreate = "force" // all
	RecreateNever    Recreate = "never" // none
)

// UpRequest brings a project, or some services with their dependencies, up.
type UpRequest struct {
	Project  project.Project `json:"project"`
	Services []string        `json:"services,omitempty"` // empty = all
	Recreate Recreate        `json:"recreate,omitempty"`
	// RecreateDeps is Recreate for those services that are not named but needed.
	RecreateDeps  Recreate `json:"recreate_deps,omitempty"`
	NoDeps        bool     `json:"no_deps,omitempty"`
	NoStart       bool     `json:"no_start,omitempty"`
	RemoveOrphans bool     `json:"remove_orphans,omitempty"`
	IgnoreOrphans bool     `json:"ignore_orphans,omitempty"` // say nothing of them
	RenewVolumes  bool     `json:"renew_volumes,omitempty"`  // recreated containers do not inherit anonymous volumes
	// Discard names the volumes that may be made anew because the file has changed
	// them: what is in them is lost, and the user was asked.
	Discard     []string       `json:"discard,omitempty"`
	Timeout     *time.Duration `json:"timeout,omitempty"`
	Wait        bool           `json:"wait,omitempty"`
	WaitTimeout time.Duration  `json:"wait_timeout,omitempty"`
}

// DownRequest ends a project (or removes the containers of some services).
type DownRequest struct {
	Services      []string       `json:"services,omitempty"`
	Volumes       bool           `json:"volumes,omitempty"`
	RemoveOrphans bool           `json:"remove_orphans,omitempty"`
	Timeout       *time.Duration `json:"timeout,omitempty"`
	// Known are the services that the compose file defines now; empty when
	// the command has no file. What is not in it is an orphan.
	Known []string `json:"known,omitempty"`
	// Left are the volumes of the file that exist; with Volumes they go too, even
	// when an earlier down has left nothing else of the project.
	Left []project.Volume `json:"left,omitempty"`
}

// StopRequest stops or restarts services (all if none is named).
type StopRequest struct {
	Services []string       `json:"services,omitempty"`
	Timeout  *time.Duration `json:"timeout,omitempty"`
	NoDeps   bool           `json:"no_deps,omitempty"` // restart only
}

// StartRequest starts existing containers.
type StartRequest struct {
	Services    []string       `json:"services,omitempty"`
	Uplink      project.Uplink `json:"uplink,omitempty"` // "" = as it is
	Wait        bool           `json:"wait,omitempty"`
	WaitTimeout time.Duration  `json:"wait_timeout,omitempty"`
}

// KillRequest sends a signal ("" = SIGKILL).
type KillRequest struct {
	Services      []string `json:"services,omitempty"`
	Container     string   `json:"container,omitempty"` // the id of the only one that is meant
	Signal        string   `json:"signal,omitempty"`
	RemoveOrphans bool     `json:"remove_orphans,omitempty"`
}

// ExecRequest executes a command in a running container.
type ExecRequest struct {
	Service    string   `json:"service"`
	Index      int      `json:"index,omitempty"` // 0 = the first that runs
	Args       []string `json:"args"`
	Env        []string `json:"env,omitempty"`
	User       string   `json:"user,omitempty"`
	WorkingDir string   `json:"working_dir,omitempty"`
	Privileged bool     `json:"privileged,omitempty"`
	TTY        bool     `json:"tty,omitempty"`
	Detach     bool     `json:"detach,omitempty"`
	Rows       uint16   `json:"rows,omitempty"`
	Cols       uint16   `json:"cols,omitempty"`
}

// CopyRequest copies files from or to a container.
type CopyRequest struct {
	Container string `json:"container"` // its name
	In        bool   `json:"in,omitempty"`
	Path      string `json:"path"`              // in the container
	Follow    bool   `json:"follow,omitempty"`  // a link at the end of Path, when it is the source
	Archive   bool   `json:"archive,omitempty"` // the stream is the user's own, Path must be a directory
	Owners    bool   `json:"owners,omitempty"`  // keep the ids of the entries
	// Mirror, with In: names below Path become what the stream says of them, which may be
	// that they go (copytar.Mirror). A supervisor that does not know it unpacks an archive.
	Mirror bool `json:"mirror,omitempty"`
}

// ResizeRequest follows an exec with TTY. (The client resizes the master itself; this is for clients that hold none.)
type ResizeRequest struct {
	Rows uint16 `json:"rows"`
	Cols uint16 `json:"cols"`
}

// EventsRequest subscribes to events. Replay first sends one event "exists"
// per container with its present state, so that a subscriber misses nothing.
type EventsRequest struct {
	Services []string `json:"services,omitempty"`
	Replay   bool     `json:"replay,omitempty"`
	// Since asks for what is remembered from that time on, first.
	Since time.Time `json:"since,omitzero"`
	// Past asks for nothing else: it is over when that is told.
	Past bool `json:"past,omitempty"`
	// All asks for attributes, and for the events of executed commands and of networks.
	All bool `json:"all,omitempty"`
}

// Progress is one line of docker compose's plain progress: " Container demo-web-1  Started".
type Progress struct {
	Kind   string `json:"kind"` // Network, Volume, Container
	Name   string `json:"name"`
	Status string `json:"status"`         // Creating, Created, Starting, Started, Waiting, Healthy, Exited, Stopping, Stopped, Killing, Killed, Removing, Removed, Recreate, Recreated, Running, Restarting, Error, Skipped
	Text   string `json:"text,omitempty"` // more, for errors and warnings
}

// Container is a container as ps shows it.
type Container struct {
	ID       string    `json:"id"`
	Name     string    `json:"name"`
	Project  string    `json:"project"`
	Service  string    `json:"service"`
	Number   int       `json:"number"`
	Image    string    `json:"image"`
	Command  []string  `json:"command"`
	Created  time.Time `json:"created"`
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	State    string    `json:"state"`  // docker's: created, running, restarting, exited, dead
	Health   string    `json:"health"` // "", starting, healthy, unhealthy
	// HealthReason is what the last probe said, unless it is healthy.
	HealthReason string            `json:"health_reason,omitempty"`
	ExitCode     int               `json:"exit_code"`
	OOM          bool              `json:"oom,omitempty"`    // its last run ended because memory was short
	Reason       string            `json:"reason,omitempty"` // why it stopped, in words
	Restarts     int               `json:"restarts,omitempty"`
	PID          int               `json:"pid,omitempty"`
	Ports        []Port            `json:"ports,omitempty"`
	Networks     []string          `json:"networks,omitempty"`
	Addresses    map[string]string `json:"addresses,omitempty"` // network name -> IPv4
	Labels       map[string]string `json:"labels,omitempty"`
	// Mounts are, where labels were asked for, the volumes, by name, and the sources of binds
	// and images; of anonymous volumes only how many there are is known here.
	Mounts    []string          `json:"mounts,omitempty"`
	Volumes   int               `json:"volumes,omitempty"` // named and anonymous ones
	LogDir    string            `json:"log_dir"`           // absolute
	LogDriver project.LogDriver `json:"log_driver,omitempty"`
	OneOff    bool              `json:"one_off,omitempty"` // made by run
	Step      bool              `json:"step,omitempty"`    // a one-off container that carries out a step of pre_start
}

// Port is a published port as ps shows it.
type Port struct {
	HostIP    string `json:"host_ip"`
	Published uint16 `json:"published"`
	Target    uint16 `json:"target"`
	Protocol  string `json:"protocol"`
}

// Started says that an exec, a run or an attachment has begun.
type Started struct {
	PID int `json:"pid"`
	// Container is what a run made, or what an attach found.
	Container *Container `json:"container,omitempty"`
	// TTY: the container has a terminal.
	TTY bool `json:"tty,omitempty"`
	// Held: the first file that came along keeps the log from rotation while it is open.
	Held bool `json:"held,omitempty"`
}

// Exit is how a run ended.
type Exit struct {
	Code   int `json:"code"`
	Signal int `json:"signal,omitempty"`
}

// NetworkEvent is the type of what happens to networks: create, destroy, and
// connect and disconnect of containers.
const NetworkEvent = "network"

// Event is one thing that happened.
type Event struct {
	Time     time.Time `json:"time"`
	Type     string    `json:"type,omitempty"` // "" = container; others only for who asks for All: NetworkEvent, uplink
	Action   string    `json:"action"`         // create, start, die, restart, kill, stop, destroy, health_status: healthy, oom, exec_create: CMD, exec_start: CMD, exec_die, exists
	Service  string    `json:"service"`
	Name     string    `json:"name"`
	ID       string    `json:"id"`
	State    string    `json:"state"`
	Health   string    `json:"health,omitempty"`
	ExitCode int       `json:"exit_code,omitempty"`
	OOM      bool      `json:"oom,omitempty"` // its last run ended because memory was short
	// Final: the container has stopped and no restart will follow.
	Final  bool   `json:"final,omitempty"`
	Reason string `json:"reason,omitempty"`
	// Attributes are docker's: labels, image, name, exitCode, signal, execID.
	Attributes map[string]string `json:"attributes,omitempty"`
	OneOff     bool              `json:"one_off,omitempty"`
}

// Info tells what a supervisor serves.
type Info struct {
	Project     string           `json:"project"`
	WorkingDir  string           `json:"working_dir"`
	ConfigFiles []string         `json:"config_files"`
	Version     string           `json:"version"`
	PID         int              `json:"pid"`
	DataDir     string           `json:"data_dir"`
	Notices     []project.Notice `json:"notices,omitempty"` // what this machine cannot do for the project
}
