package kernel

import (
	"context"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/internal/imageconfig"
	"github.com/mocker-compose/mocker-compose/project"
)

// Container is one replica as the runtime sees it.
type Container struct {
	Project string            `json:"project"`
	Dir     string            `json:"dir"`  // the project's working directory
	Name    string            `json:"name"` // project-service-number, or container_name
	ID      string            `json:"id"`   // 64 hex digits, fixed at creation
	Number  int               `json:"number"`
	Service project.Service   `json:"service"` // the file's over the image's
	Image   imageconfig.Image `json:"image,omitzero"`
	Hash    string            `json:"hash"`
	// Made is the service of the file that it was made of, before the image filled in
	// the rest, and as changes in place have left it; nil: a supervisor made it that
	// did not keep this. Its limits and networks are those of Service.
	Made *project.Service `json:"made,omitempty"`
	// Volumes maps the keys of its named volumes to their resolved names.
	Volumes map[string]string `json:"volumes,omitempty"`
	Created time.Time         `json:"created"`
	// On maps the keys of its networks to their resolved names.
	On map[string]string `json:"on,omitempty"`
	// Inherit: it takes the place of a container of its name, and has the anonymous
	// volumes of that one.
	Inherit bool `json:"inherit,omitempty"`
	// Limited is what the limits were before those of Service.Resources, while it is not
	// certain that these hold for what runs; nil: they do.
	Limited *project.Resources `json:"limited,omitempty"`
	OneOff  *OneOff            `json:"one_off,omitempty"` // of run; nil: a replica of the service
	// Stdin is what the next run reads instead of what the service says; nil =
	// that. It is not recorded: who runs the container brings it.
	Stdin *os.File `json:"-"`
	// Again tells Stopped that the container will be started at once.
	Again bool `json:"-"`
}

// Exit tells how a run ended.
type Exit struct {
	Code   int            `json:"code"`             // as the shell has it: 128+signal when killed
	Signal syscall.Signal `json:"signal,omitempty"` // 0 = it ended by itself
	// OOM: the kernel killed it, or a process in its container, because memory was
	// short (oom_kill of memory.events); Limit is the container's limit that was
	// reached, in bytes, 0 = memory was short elsewhere: on the machine, or in a
	// cgroup above.
	OOM   bool      `json:"oom,omitempty"`
	Limit int64     `json:"limit,omitempty"`
	Lost  bool      `json:"lost,omitempty"` // the project's holder died, and the run with it
	At    time.Time `json:"at"`
}

// Run is one start-to-exit episode of a container, or of a command executed in it.
type Run struct {
	ID      string // unique in the project: "NAME/RUN" or "NAME/exec-N"
	PID     int    // in the host's pid namespace
	Started time.Time
	Done    <-chan Exit // one value, then closed
	Handle  any         // the runtime's own; nobody else looks at it
}

// PublishedPort is a bound host port.
type PublishedPort struct {
	project.Port
	Bound uint16 `json:"bound"` // the host port really bound
}

// Attachment is where a container stands in one network.
type Attachment struct {
	Network string `json:"network"` // resolved name
	Key     string `json:"key"`
	IPv4    string `json:"ipv4,omitempty"`
	IPv6    string `json:"ipv6,omitempty"`
	MAC     string `json:"mac,omitempty"`
}

// Happening is an event that is about no container.
type Happening struct {
	At     time.Time
	Type   string // "uplink"
	Action string // start, die
	Name   string
	Reason string
}

// ExecSpec is a command to execute in a running container.
type ExecSpec struct {
	Args       []string `json:"args"`
	Env        []string `json:"env,omitempty"` // added to the container's
	User       string   `json:"user,omitempty"`
	WorkingDir string   `json:"working_dir,omitempty"`
	Privileged bool     `json:"privileged,omitempty"`
	TTY        bool     `json:"tty,omitempty"`
	Detach     bool     `json:"detach,omitempty"` // goes on when its supervisor dies
	Rows, Cols uint16   `json:"-"`
}

// StartError says which step of a start failed, on which object.
type StartError struct {
	Stage  string // "network", "publish", "rootfs", "exec", ...
	Object string // path, port, command
	Err    error
	Hint   string // the remedy, "" if none is known
	// Port is a protocol and an address of the host, "tcp 127.0.0.1:80", that is in
	// use by a process that cannot be seen from here, but perhaps by the client; "" = none.
	Port string
	// Code is the exit code that the failure counts as; 0 = none. As the shell
	// has it: 127 a command that is not there, 126 one that cannot be executed.
	Code int
}

// Runtime is what the supervisor needs of the kernel. Calls for different
// containers may run at the same time; those for one container are made one
// after the other. Every call is bounded in time by its context.
type Runtime interface {
	// EnsureNetworks makes the project's networks that do not exist, and gives
	// them the project's uplink.
	EnsureNetworks(ctx context.Context, p *project.Project) error
	// RemoveNetworks removes all networks of the project, and returns the resolved
	// names of those that stay because other projects are on them.
	RemoveNetworks(ctx context.Context) (stay []string, err error)
	// RemoveNetwork removes one network, on which nothing stands. Idempotent.
	RemoveNetwork(ctx context.Context, name string) error
	// EnsureVolumes makes the named volumes that do not exist.
	EnsureVolumes(ctx context.Context, p *project.Project) error
	// RemoveVolumes removes the project's own named volumes and returns the
	// resolved names of those that are gone: what others use stays.
	RemoveVolumes(ctx context.Context, p *project.Project) ([]string, error)

	// CheckUplink says why the networks cannot have this way out here, and changes
	// nothing. "" is the one that they have.
	CheckUplink(ctx context.Context, u project.Uplink) error

	// KeepContents keeps the contents of configs and secrets, by digest, for the
	// containers that are created from now on, and goes on keeping those that used
	// names, as far as it has them; others are forgotten.
	KeepContents(contents map[string][]byte, used []string) error

	// Images finds what the images of services are, by service: those of the store
	// by their names, those in files after they were read, unless they were
	// before. say is told of each that is read. A service without an image that
	// has a configuration has no entry. The error names all that are missing.
	Images(ctx context.Context, services []project.Service, say func(name, status string)) (imageconfig.Set, error)

	// CheckPorts tells why the ports of services, which are about to be created,
	// could not be published; those that the project has itself count as free.
	CheckPorts(services []*project.Service) error

	// Create acquires all that outlives a run: root file system with its
	// writable layer, network namespace with endpoints and names, log streams.
	// Idempotent.
	Create(ctx context.Context, c *Container) error
	// Start publishes the ports and launches run number run. It returns when
	// user code has been executed, or a *StartError; then nothing of the run is left.
	Start(ctx context.Context, c *Container, run int) (*Run, error)
	// Rewire makes the container stand where c.Service.Endpoints says, whether it
	// runs or not: what stays as it is keeps its connections. One that was not
	// created is left to Create. Idempotent; what an interrupted call left is mended
	// by Adopt.
	Rewire(ctx context.Context, c *Container) error
	// Limit makes the limits of c.Service.Resources hold for the run of a container, in
	// the place of those of c.Limited: its processes stay. With a *LimitError nothing
	// was changed. Without a run, and where no limit is enforced, there is nothing to do.
	// Idempotent.
	Limit(ctx context.Context, c *Container) error
	// Stopped releases what ends with a run: published ports. It drains the
	// log streams first. How the run ended stays known to Adopt until the
	// container is started again or removed.
	Stopped(ctx context.Context, c *Container) error
	// Remove releases everything of a container that does not run. Idempotent.
	// With volumes, its anonymous volumes too.
	Remove(ctx context.Context, c *Container, volumes bool) error

	// Exec executes a command in a running container. files are its standard
	// input, output and error; with spec.TTY files is ignored and the returned
	// file is the terminal's master, to be closed by the caller.
	Exec(ctx context.Context, c *Container, spec ExecSpec, files [3]*os.File) (*Run, *os.File, error)
	// Copy packs files below a container's root into stream, or unpacks them from
	// it, whether the container runs or not. left names what was left out, a
	// sentence each.
	Copy(ctx context.Context, c *Container, job copytar.Job, stream *os.File) (left []string, err error)
	// Signal sends a signal to the main process of a run.
	Signal(r *Run, sig syscall.Signal) error
	// Kill ends every process of a run at once.
	Kill(r *Run) error
	// Pause stops every process of a run until Unpause. Both are idempotent.
	Pause(r *Run) error
	// Unpause lets the processes of a paused run go on.
	Unpause(r *Run) error
	// Input is a duplicate of the end that feeds the container's standard input:
	// the master of its terminal, or the pipe of stdin_open; nil if it has none.
	Input(c *Container) (*os.File, error)
	// Log are files that write into the container's log, into the streams of standard
	// output and error.
	Log(c *Container) ([2]*os.File, error)
	// LogTail are the last lines that a container has written since a time, at most
	// lines of them, complete as far as Stopped has drained them.
	LogTail(ctx context.Context, c *Container, since time.Time, lines int) (string, error)
	// HoldLog keeps what the container writes from being rotated away, until the
	// file and its duplicates are closed: for a reader that comes a little later.
	HoldLog(c *Container) (*os.File, error)
	// Relog makes where the container's lines go, and how many are kept, what its
	// service says now, whether it runs or not.
	Relog(c *Container) error
	// Ignores reports that the run provably does not react to sig: to send it
	// and wait would only waste the grace period.
	Ignores(r *Run, sig syscall.Signal) bool

	// Dial connects to a TCP port of a running container, in its net namespace: on
	// 127.0.0.1, else on ::1, else on an address of its networks.
	Dial(ctx context.Context, c *Container, port uint16) (net.Conn, error)
	// FollowLog hands over each line that the container has written since a time, until
	// found says that it was the one (nil), ctx ends (its error) or the log cannot be
	// read. Of a line that is longer than 64 KiB the beginning is handed over.
	FollowLog(ctx context.Context, c *Container, since time.Time, found func(line []byte) bool) error
	// Notifications hands over what the container says to its socket (x-mocker.ready:
	// notify) until ctx ends (its error). A message is taken out of the socket when on has
	// returned without an error.
	Notifications(ctx context.Context, c *Container, on func(message string) error) error

	// Happenings tells what happens to no container, always the same channel.
	Happenings() <-chan Happening
	// Trouble is what of the project does not work at present, and is being mended;
	// "" = all does.
	Trouble() string
	// Notices is what the user should know of this machine or of an image, a line
	// each, since the last call; nothing is said twice.
	Notices() []string
	// SetHealthy tells of the verdict of a running container's health check, when
	// it changes.
	SetHealthy(c *Container, healthy bool)
	// Ports and Attachments tell what a container has at present. No Attachments,
	// not even an empty list: nothing is known of it.
	Ports(c *Container) []PublishedPort
	Attachments(c *Container) []Attachment
	// Networks are those that the project is on, with the containers that stand
	// there and what went through their interfaces. What the file says of them is
	// left open.
	Networks(ctx context.Context) ([]api.Network, error)

	// Usage tells what the containers that run have used: Name, Run and what was
	// counted; the rest is left open.
	Usage(ctx context.Context) ([]api.Usage, error)

	// Adopt takes over what an earlier supervisor left running. known are all
	// recorded containers with the number of their last run; the answer holds
	// the runs that still live, or that ended unseen (their Done is ready), by
	// container name. What lives but is not known is ended.
	Adopt(ctx context.Context, known map[string]Known) (map[string]*Run, error)
}

// Known is a recorded container at adoption.
type Known struct {
	Container *Container
	Run       int
}
