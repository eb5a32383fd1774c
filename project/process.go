package project

// Process is what a service says about its process and its isolation beyond
// the keys that every other one uses.
type Process struct {
	Ulimits     []Ulimit          `json:"ulimits,omitempty"` // sorted by name
	OOMScoreAdj int               `json:"oom_score_adj,omitempty"`
	Umask       *uint32           `json:"umask,omitempty"` // nil = 0022
	Devices     []Device          `json:"devices,omitempty"`
	Annotations map[string]string `json:"annotations,omitempty"`
	// SeccompProfile is the text of security_opt seccomp=FILE, without white
	// space; "" = the default profile, or none with "seccomp=unconfined".
	SeccompProfile string `json:"seccomp_profile,omitempty"`
	// PID, IPC and UTS say whose namespace the service has: "" its own, "host",
	// "service:NAME" or "container:NAME".
	PID        string `json:"pid,omitempty"`
	IPC        string `json:"ipc,omitempty"`
	UTS        string `json:"uts,omitempty"`
	HostCgroup bool   `json:"host_cgroup,omitempty"`
	// CgroupParent is the inner node of the project's cgroups that those of the
	// containers stand in; "" = in none.
	CgroupParent string `json:"cgroup_parent,omitempty"`
}

// KeepGroups in group_add leaves a service the groups of the user on the host, as
// podman has it.
const KeepGroups = "keep-groups"

// Ulimit is one resource limit; -1 = unlimited.
type Ulimit struct {
	Name string `json:"name"` // as docker has it: "nofile"
	Soft int64  `json:"soft"`
	Hard int64  `json:"hard"`
}

// Device is a device node of the host, or a directory of such.
type Device struct {
	Source      string `json:"source"`                // absolute
	Target      string `json:"target"`                // absolute
	Permissions string `json:"permissions,omitempty"` // some of "rwm"; "" = all
}
