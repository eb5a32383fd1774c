package mounts

import (
	"slices"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// Mount is one of a container whose source has been found.
type Mount struct {
	project.Mount
	Volume    string   `json:"volume,omitempty"`     // its name
	From      string   `json:"from,omitempty"`       // the source's path, as a sandbox sees it
	Layers    []string `json:"layers,omitempty"`     // of an image, the topmost first
	Data      []string `json:"data,omitempty"`       // further ones, for contents alone
	InScratch bool     `json:"in_scratch,omitempty"` // From is in the holder's scratch directory
	Shared    bool     `json:"shared,omitempty"`     // it is another container's, which has filled it
}

// Keeper finds the mounts of one project. Its exported fields are set by who makes it.
type Keeper struct {
	Project string
	Volumes *volumes.Store
	// Here is where this process sees a name in the holder's scratch directory, and Inside
	// where a sandbox does.
	Here, Inside func(name string) string
	// MountTmpfs has the holder mount one, at the path that a sandbox sees.
	MountTmpfs func(path string, options []string) error
	SingleID   bool         // only root exists in containers
	Notice     func(string) // takes a line for the user

	mu     sync.Mutex
	named  map[string]project.Volume // by key in the file
	memory sync.Mutex                // held while a volume in memory is mounted
}

// Seen is the path at which this process sees the source of a mount.
func (k *Keeper) Seen(m Mount) string {
	if m.InScratch {
		return k.Here("volumes/" + m.Volume)
	}
	return m.From
}

// HasTarget tells whether one of the mounts is there.
func HasTarget(list []Mount, target string) bool {
	return slices.ContainsFunc(list, func(m Mount) bool { return m.Target == target })
}
