package client

import (
	"errors"
	"fmt"
	"io"
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

	lost    error         // why a result was not printed
	outlook *ImageOutlook // what a dry run has found out about images

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

// Println writes a line of a result to standard output. A write that fails makes the
// command fail ([Env.End]), as Printf's and Print's do: who prints need not look.
func (e *Env) Println(a ...any) { e.printed(fmt.Fprintln(e.Stdout, a...)) }

// Printf writes a part of a result to standard output.
func (e *Env) Printf(format string, a ...any) { e.printed(fmt.Fprintf(e.Stdout, format, a...)) }

// Print writes a part of a result to standard output.
func (e *Env) Print(a ...any) { e.printed(fmt.Fprint(e.Stdout, a...)) }

// Results is standard output for those who do not look at the errors of their writes:
// one makes the command fail, as with Println.
func (e *Env) Results() io.Writer { return results{e} }

type results struct{ env *Env }

func (r results) Write(b []byte) (int, error) {
	n, err := r.env.Stdout.Write(b)
	r.env.printed(n, err)
	return n, err
}

func (e *Env) printed(_ int, err error) {
	if e.lost == nil {
		e.lost = err
	}
}

// End tells how a command ended, on standard error, and returns the exit code. One
// whose result could not be printed has failed.
func (e *Env) End(err error) int {
	e.Settle()
	if err == nil {
		err = e.lost
	}
	return Report(e.Stderr, err)
}

// Warn writes one warning line to standard error.
func (e *Env) Warn(line string) {
	line = display.Lines(line)
	if e.shown != nil {
		e.shown.Print("WARN " + line)
		return
	}
	fmt.Fprintln(e.Stderr, "WARN", line)
}
