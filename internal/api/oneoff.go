package api

import "github.com/mocker-compose/mocker-compose/project"

// RunRequest makes one container of its own from a service and runs it. The
// client chooses ID: a request with an ID that is known goes on with that
// container, so it can be repeated when the supervisor died.
type RunRequest struct {
	Project project.Project `json:"project"`
	Service project.Service `json:"service"` // as the flags changed it
	ID      string          `json:"id"`      // 64 hex digits
	Slug    string          `json:"slug"`    // 64 hex digits
	Name    string          `json:"name"`
	NoDeps  bool            `json:"no_deps,omitempty"`
	// Resume: the client has seen it run; if it is not known, it is gone.
	Resume bool `json:"resume,omitempty"`
	// UseAliases: the container answers to the service's names.
	UseAliases    bool `json:"use_aliases,omitempty"`
	Remove        bool `json:"remove,omitempty"` // when it has ended
	Detach        bool `json:"detach,omitempty"` // answer when it runs
	RemoveOrphans bool `json:"remove_orphans,omitempty"`
	IgnoreOrphans bool `json:"ignore_orphans,omitempty"` // say nothing of them
}

// PauseRequest pauses or unpauses the running containers of services (all if
// none is named).
type PauseRequest struct {
	Services []string `json:"services,omitempty"`
}

// WaitRequest waits for the ends of containers; of those that do not run, it
// tells how they ended last.
type WaitRequest struct {
	IDs []string `json:"ids"`
}

// Waited tells how a container ended that somebody waits for.
type Waited struct {
	ID   string `json:"id"`
	Code int    `json:"code"`
}

// RemoveRequest removes containers that do not run.
type RemoveRequest struct {
	Names   []string `json:"names"` // of containers
	Volumes bool     `json:"volumes,omitempty"`
	// Idle leaves alone, without an error, what runs by now or is about to.
	Idle bool `json:"idle,omitempty"`
}

// AttachRequest joins a running container.
type AttachRequest struct {
	Service string `json:"service"`
	Index   int    `json:"index,omitempty"` // 0 = the first that runs
	// ID goes on with a container that an earlier answer named, running or not.
	ID string `json:"id,omitempty"`
}
