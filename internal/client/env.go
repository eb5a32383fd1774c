package client

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

// Env is what a command sees of the world around it.
type Env struct {
	Stdin, Stdout, Stderr *os.File
	Getenv                func(string) string
	Dirs                  state.Dirs
	Global                Global

	// Doing names the command in the first line of what is drawn on a terminal.
	Doing string

	showing sync.Once
	shown   *display.Display // what Display made
}

// NewEnv is the process's own surroundings; the directories are found, not made.
func NewEnv() (*Env, error) {
	dirs, err := state.ResolveDirs(os.Getenv)
	if err != nil {
		return nil, err
	}
	cause.Ours(dirs.Run, dirs.Data)
	return &Env{Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr, Getenv: os.Getenv, Dirs: dirs}, nil
}

// Target is the project that a command works on.
type Target struct {
	Name string
	// Project is what the compose files say; nil when the command goes by the
	// name alone.
	Project *project.Project
	// Unread: there are files, but they were not read. A question that only
	// they can answer is ErrUnread.
	Unread bool
}

// ErrUnread is returned, before anything was done or printed, by a command that
// needs the compose files after all; the same command with them goes well.
var ErrUnread = errors.New("the compose files must be read")

// Warn writes one warning line to standard error.
func (e *Env) Warn(line string) {
	line = display.Lines(line)
	if e.shown != nil {
		e.shown.Print("WARN " + line)
		return
	}
	fmt.Fprintln(e.Stderr, "WARN", line)
}
