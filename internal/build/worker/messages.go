package worker

import (
	"github.com/mocker-compose/mocker-compose/internal/build"
)

// Role is the name of the process (see internal/early). Its arguments are the run
// dir, the data dir and MOCKER_CGROUP, its standard input the socket.
const Role = "build-worker"

// The operations.
const (
	OpRun     = "run"
	OpCopy    = "copy"
	OpMakeDir = "mkdir"
	OpDigest  = "digest" // of what a copy would take out of layers
	OpCancel  = "cancel" // the job with this ID
	OpEnd     = "end"    // of all: nothing is answered
)

// Request is a job, or says something of one.
type Request struct {
	ID      int               `json:"id"`
	Op      string            `json:"op"`
	Run     *RunRequest       `json:"run,omitempty"`
	Copy    *build.CopyJob    `json:"copy,omitempty"` // the files are its Dir, if HasDir, and its Fetched
	HasDir  bool              `json:"has_dir,omitempty"`
	Odd     OddNames          `json:"odd,omitempty"` // of Copy
	MakeDir *build.MakeDirJob `json:"mkdir,omitempty"`
}

// RunRequest is a RunJob on its way. The first file is the pipe for its output,
// the others are the directories of those mounts that have one, in their order.
type RunRequest struct {
	Job     build.RunJob `json:"job"`
	Secrets [][]byte     `json:"secrets"` // of each mount
	Dirs    []bool       `json:"dirs"`    // which mounts have a directory
}

// Answer is the end of a job, or a line for the user.
type Answer struct {
	ID     int              `json:"id"`
	Notice string           `json:"notice,omitempty"`
	Layer  build.Layer      `json:"layer"`
	Digest string           `json:"digest,omitempty"`
	Exit   *build.ExitError `json:"exit,omitempty"`
	Error  string           `json:"error,omitempty"`
}

// FailedError is what the worker says about a job that it could not do.
type FailedError struct{ Text string }

func (e *FailedError) Error() string { return e.Text }

func (a *Answer) err() error {
	switch {
	case a.Exit != nil:
		return a.Exit
	case a.Error != "":
		return &FailedError{a.Error}
	}
	return nil
}
