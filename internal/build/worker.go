package build

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"
)

// Worker makes layers. Its methods may be called at the same time.
type Worker interface {
	// Run runs a program above the layers below, and makes a layer of what it
	// changed. out gets what it writes. The error of a program that fails is an
	// *ExitError.
	Run(ctx context.Context, job *RunJob, out io.Writer) (Layer, error)
	// Copy makes a layer of files.
	Copy(ctx context.Context, job *CopyJob, out io.Writer) (Layer, error)
	// MakeDir makes a layer with a directory; it is empty if that is there.
	MakeDir(ctx context.Context, job *MakeDirJob) (Layer, error)
	// Close ends all that still runs, and releases the layers that it made: those
	// that are wanted belong to an image or to the cache by then.
	Close() error
}

// Digester is a Worker that can also tell what a copy would take out of layers:
// equal digests are equal names, modes, owners and contents, whichever layers they
// come from. Of the job only From and Copy count.
type Digester interface {
	Digest(ctx context.Context, job *CopyJob) (string, error)
}

// Layer is one in the store.
type Layer struct {
	Key    string `json:"key"`     // its directory in the store
	DiffID string `json:"diff_id"` // sha256:HEX of its tar
	Size   int64  `json:"size"`    // of its files, bytes
	Empty  bool   `json:"empty"`   // nothing was changed: there is no layer
	// Changed are files of a context that were not any more what they were when
	// they were hashed: the layer is good, but no cache may find it by that hash.
	Changed []string `json:"changed,omitempty"`
}

// ExitError is a program that failed.
type ExitError struct {
	Code int
	OOM  bool
}

// RunJob is a Run with all that it needs.
type RunJob struct {
	Lower   []string // keys of the layers below, base first
	Run     *Run
	Mounts  []Mounted // one for each of Run.Mounts
	Machine Machine
	Epoch   *time.Time // no file of the layer is younger (SOURCE_DATE_EPOCH); nil = as it comes
}

// Machine is what all RUNs of a build have in common.
type Machine struct {
	Network    string           `json:"network,omitempty"` // "" = a network of its own with a way out; "none", "host"
	Hosts      []string         `json:"hosts,omitempty"`   // NAME=IP
	ShmSize    int64            `json:"shm_size,omitempty"`
	Ulimits    map[string]Limit `json:"ulimits,omitempty"`
	Privileged bool             `json:"privileged,omitempty"`
}

// Limit is one of the kernel's resource limits.
type Limit struct {
	Soft, Hard int64 // -1 = none
}

// Mounted is what a mount shows.
type Mounted struct {
	Lower []string `json:"lower,omitempty"` // layers of a stage or an image, base first
	Dir   *os.File `json:"-"`               // directory of a context
	// Hide, with Dir, are the paths below it that the ignore file leaves out: of a
	// directory that is left out as a whole, its own path only.
	Hide   []string `json:"hide,omitempty"`
	Secret []byte   `json:"-"`
	Agent  string   `json:"agent,omitempty"` // path of a socket on the host; a proxy in the worker dials it
	Absent bool     `json:"absent,omitempty"`
}

// CopyJob is a Copy with all that it needs.
type CopyJob struct {
	Lower []string
	Copy  *Copy
	// Where the files are: layers of a stage or an image, base first, or the
	// directory of a context.
	From []string
	Dir  *os.File `json:"-"`
	// Fetched are directories with what an ADD had fetched: one for each address.
	Fetched []*os.File `json:"-"`
	// Entries, with Dir and Fetched, are the only ones to take: the patterns and the
	// ignore file have been applied by who hashed them (internal/build/contexts).
	Entries []Entry
	Epoch   *time.Time
}

// Entry is a file, a directory or a link that a Copy takes.
type Entry struct {
	Path string `json:"path"`         // below its directory; no part of it is a link to be followed
	To   string `json:"to,omitempty"` // below Copy.Dest; "" = Dest itself
	// Name is what a lone file (To is "") is called if Dest is a directory.
	Name    string `json:"name,omitempty"`
	Fetched int    `json:"fetched,omitempty"` // from 1: which of CopyJob.Fetched it is in; 0 = Dir, or the tree of From
	Seen    Seen   `json:"seen"`
}

// Seen is what an entry was when it was hashed (inode(7)). A worker that finds
// something else says so.
type Seen struct {
	Mode  uint32 `json:"m"` // kind and permissions
	Size  int64  `json:"s,omitempty"`
	Mtime int64  `json:"t,omitempty"` // ns since 1970
	Ctime int64  `json:"c,omitempty"`
}

// MakeDirJob is a MakeDir with the layers below.
type MakeDirJob struct {
	Lower   []string
	MakeDir *MakeDir
	Epoch   *time.Time
}

// Error has the code, as docker says it.
func (e *ExitError) Error() string {
	text := fmt.Sprintf("did not complete successfully: exit code: %d", e.Code)
	if e.OOM {
		text += " (out of memory)"
	}
	return text
}
