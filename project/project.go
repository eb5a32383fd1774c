package project

import "time"

// Project is one loaded set of compose files, reduced to what we honour.
// It holds no pointer into the loader, and marshals to JSON: the command line
// loads it, the supervisor receives it.
type Project struct {
	// Name is the project's name, normalised as the compose spec demands.
	Name string `json:"name"`
	// Separator stands between the parts of a container's name: "" = "-", else "_",
	// as with --compatibility.
	Separator string `json:"separator,omitempty"`
	// WorkingDir is the absolute project directory.
	WorkingDir string `json:"working_dir"`
	// ConfigFiles are the absolute paths of the compose files, in order.
	ConfigFiles []string `json:"config_files"`
	// Services are the enabled services, sorted by name.
	Services []Service `json:"services"`
	// BuildOnly are services that no active profile enables, and whose images other
	// builds take files from.
	BuildOnly []Service `json:"-"`
	// Providers are the enabled services that programs of the user's provide, sorted.
	// They are not among Services.
	Providers []Provider `json:"providers,omitempty"`
	// Variables are those that the files were read with: what a provider gets for its
	// environment. They stay with the command.
	Variables map[string]string `json:"-"`
	// Disabled names the services that no active profile enables, sorted.
	Disabled []string `json:"disabled,omitempty"`
	// Networks are the networks in use, sorted by key.
	Networks []Network `json:"networks,omitempty"`
	// Volumes are the named volumes, sorted by key.
	Volumes []Volume `json:"volumes,omitempty"`
	// Uplink is the way out of the networks; "" = not said.
	Uplink Uplink `json:"uplink,omitempty"`
	// Contents are those of the configs and secrets, by [File.Digest]. They are on
	// their way to the supervisor only, and are never written to a disk.
	Contents map[string][]byte `json:"contents,omitempty"`
	// Notices say what of the file is degraded or ignored, and why.
	Notices []Notice `json:"notices,omitempty"`
}

// Service is a named entry under services.
type Service struct {
	Name  string `json:"name"`
	Image string `json:"image,omitempty"` // "" = the host's root file system; else a name, or "rootfs:PATH" and the like with an absolute PATH
	// Build is how the image is made, nil if it is not; Pull when it is got anew; Platform
	// of which it is, "" for this machine's. A container does not depend on them, but
	// on the image that comes of them.
	Build         *Build            `json:"build,omitempty"`
	Pull          PullPolicy        `json:"pull,omitzero"`
	Platform      string            `json:"platform,omitempty"`
	ContainerName string            `json:"container_name,omitempty"`
	Scale         int               `json:"scale"` // number of replicas
	Command       []string          `json:"command,omitempty"`
	Entrypoint    []string          `json:"entrypoint,omitempty"`
	NoEntrypoint  bool              `json:"no_entrypoint,omitempty"` // the file empties the image's entrypoint
	Environment   []string          `json:"environment,omitempty"`   // KEY=VALUE, or KEY to unset the image's; sorted; env_file merged
	WorkingDir    string            `json:"working_dir,omitempty"`
	User          string            `json:"user,omitempty"`
	GroupAdd      []string          `json:"group_add,omitempty"`
	Hostname      string            `json:"hostname,omitempty"`
	Domainname    string            `json:"domainname,omitempty"`
	Init          bool              `json:"init,omitempty"`
	TTY           bool              `json:"tty,omitempty"`
	StdinOpen     bool              `json:"stdin_open,omitempty"`
	ReadOnly      bool              `json:"read_only,omitempty"`
	Privileged    bool              `json:"privileged,omitempty"`
	CapAdd        []string          `json:"cap_add,omitempty"`
	CapDrop       []string          `json:"cap_drop,omitempty"`
	SecurityOpt   []string          `json:"security_opt,omitempty"`
	Sysctls       map[string]string `json:"sysctls,omitempty"`
	Mounts        []Mount           `json:"mounts,omitempty"` // volumes and tmpfs, in file order
	VolumesFrom   []VolumesFrom     `json:"volumes_from,omitempty"`
	// OwnFiles is whose files in bind mounts are the caller's on the host
	// (x-mocker.own_files): "" = found out, OwnFilesOff, OwnFilesOn = of the user that the
	// service runs as, else a user as in User.
	OwnFiles string            `json:"own_files,omitempty"`
	Files    []File            `json:"files,omitempty"`    // configs and secrets, in file order
	ShmSize  int64             `json:"shm_size,omitempty"` // bytes, 0 = 64 MiB
	Labels   map[string]string `json:"labels,omitempty"`

	Process

	// Resources bound what each container uses.
	Resources Resources `json:"resources,omitzero"`

	NetworkMode string     `json:"network_mode,omitempty"` // "" = networks; "none", "host", "service:NAME", "container:NAME"
	Endpoints   []Endpoint `json:"endpoints,omitempty"`    // in the order of their interfaces
	Ports       []Port     `json:"ports,omitempty"`
	Expose      []string   `json:"expose,omitempty"`
	ExtraHosts  []string   `json:"extra_hosts,omitempty"` // "name=address", address may be "host-gateway"
	// Links are names that this service alone knows, each with the name that it stands
	// for on the service's networks (links, external_links).
	Links map[string]string `json:"links,omitempty"`
	// DNS is whom the container asks for names of the outside, and how.
	DNS DNS `json:"dns,omitzero"`
	// HostLoopback: connections to the host (host-gateway) reach what listens on
	// its 127.0.0.1 (x-mocker: {host_loopback: true}).
	HostLoopback bool         `json:"host_loopback,omitempty"`
	DependsOn    []Dependency `json:"depends_on,omitempty"` // sorted by service

	HealthCheck     *HealthCheck  `json:"healthcheck,omitempty"`
	Ready           *Ready        `json:"ready,omitempty"` // nil = not asked for; with a health check, both must hold
	Restart         RestartPolicy `json:"restart"`
	StopSignal      string        `json:"stop_signal,omitempty"`       // "" = SIGTERM
	StopGracePeriod time.Duration `json:"stop_grace_period,omitempty"` // ns; 0 = 10 s
	Attach          bool          `json:"attach"`                      // false: `up` does not show its logs

	// PreStart runs to its end before the containers start, PostStart in each after its
	// start, PreStop in each before it is told to stop.
	PreStart  []InitContainer `json:"pre_start,omitempty"`
	PostStart []Hook          `json:"post_start,omitempty"`
	PreStop   []Hook          `json:"pre_stop,omitempty"`
	Update    *Update         `json:"update,omitempty"`   // nil: as the zero value
	Rollback  *Update         `json:"rollback,omitempty"` // what Update has replaced, if that fails; nil: one at a time

	LogMaxSize int64   `json:"log_max_size,omitempty"` // bytes per segment, 0 = default
	LogMaxFile int     `json:"log_max_file,omitempty"` // segments kept, 0 = default
	Logging    Logging `json:"logging,omitzero"`       // where else its lines go

	// Watch are the rules of develop.watch, in file order.
	Watch []Watch `json:"watch,omitempty"`

	// Source is where the service is defined.
	Source Position `json:"source"`
}

// Words of [Service.OwnFiles].
const (
	OwnFilesOn  = "true"
	OwnFilesOff = "false"
)

// Position is a place in a compose file.
type Position struct {
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

// Port is one published port: one container port and one host port.
// Ranges of the file are already expanded.
type Port struct {
	HostIP   string `json:"host_ip,omitempty"`   // "" = all addresses
	HostPort uint16 `json:"host_port,omitempty"` // 0 = random
	// HostPortEnd > HostPort: take the first free port of the range (several replicas or a published range for one target).
	HostPortEnd uint16 `json:"host_port_end,omitempty"`
	Target      uint16 `json:"target"`
	Protocol    string `json:"protocol"` // "tcp", "udp"
	// Auto: if HostPort is one that only root may bind, another is taken.
	Auto bool `json:"auto,omitempty"`
}

// Condition is what a dependent waits for.
type Condition string

// The conditions of depends_on.
const (
	ConditionStarted   Condition = "service_started"
	ConditionHealthy   Condition = "service_healthy"
	ConditionCompleted Condition = "service_completed_successfully"
)

// Dependency is one entry of depends_on.
type Dependency struct {
	Service   string    `json:"service"`
	Condition Condition `json:"condition"`
	Required  bool      `json:"required"`
	Restart   bool      `json:"restart,omitempty"`
}

// HealthCheck is a service's health check; nil means that the file has none. A
// field that is zero is the image's, and else docker's default.
type HealthCheck struct {
	// Test is the command: ["CMD", arg...] or ["CMD-SHELL", line]; ["NONE"] ends
	// the image's.
	Test          []string      `json:"test,omitempty"`
	Interval      time.Duration `json:"interval,omitempty"` // ns; 30 s by default
	Timeout       time.Duration `json:"timeout,omitempty"`  // 30 s
	Retries       int           `json:"retries,omitempty"`  // 3
	StartPeriod   time.Duration `json:"start_period,omitempty"`
	StartInterval time.Duration `json:"start_interval,omitempty"` // 5 s
}

// RestartMode is the kind of a restart policy.
type RestartMode string

// The restart policies.
const (
	RestartNo            RestartMode = "no"
	RestartAlways        RestartMode = "always"
	RestartOnFailure     RestartMode = "on-failure"
	RestartUnlessStopped RestartMode = "unless-stopped"
)

// RestartPolicy says when a run that ended is followed by another.
type RestartPolicy struct {
	Mode       RestartMode `json:"mode"`
	MaxRetries int         `json:"max_retries,omitempty"` // 0 = no limit
	// Delay is the wait before each restart; nil: docker's back-off. Window is how long
	// a run lasts to count as one that succeeded (deploy.restart_policy). Both in ns.
	Delay  *time.Duration `json:"delay,omitempty"`
	Window time.Duration  `json:"window,omitempty"`
}

// Notice tells the user, in one line, what of the file is not as written.
type Notice struct {
	Fate   Fate     `json:"fate"`
	Key    string   `json:"key"` // "services.web.mem_limit"
	Reason string   `json:"reason"`
	Source Position `json:"source"`
}
