package providers

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// Bounds of what a program may write, in bytes.
const (
	maxMessage = 1 << 20
	maxOutput  = 64 << 20
	maxStderr  = 4 << 10
)

// grace is the time that a program has to end after SIGTERM. A test is in a hurry.
var grace = 10 * time.Second

// Show says how far a service is: status is docker compose's word, text what the
// program says of it.
type Show func(service, status, text string)

// Runner runs the programs of one project.
type Runner struct {
	Project string   // its name
	Environ []string // KEY=VALUE
	Show    Show
	Warn    func(line string)
	Debug   func(line string)
}

// message is one object that a program writes.
type message struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

// variables are what a program sets.
type variables struct{ prefixed, raw map[string]string }

// words are the status at the begin, at the end, and the verb for what failed.
var words = map[string][3]string{
	"up":   {"Creating", "Created", "create"},
	"down": {"Removing", "Removed", "remove"},
	"stop": {"Stopping", "Stopped", "stop"},
}

// run runs one command of a provider to its end.
func (r *Runner) run(ctx context.Context, p *project.Provider, verb string) (*variables, error) {
	path, err := r.find(p.Type)
	if err != nil {
		return nil, r.failed(p, err)
	}
	meta := r.metadata(ctx, path)
	if verb == "stop" && meta.Stop == nil {
		return nil, nil
	}
	parameters := meta.of(verb)
	if missing := parameters.missing(p.Options); missing != "" {
		return nil, r.failed(p, fmt.Errorf("required parameter %q is missing from provider %q definition", missing, p.Type))
	}
	known := func(option string) bool { return meta.empty() || parameters.has(option) }
	args := append([]string{"compose", "--project-name=" + r.Project, verb}, p.Arguments(known)...)
	r.Show(p.Service, words[verb][0], "")
	vars, err := r.converse(ctx, path, append(args, p.Service), p)
	switch {
	case ctx.Err() != nil:
		return nil, r.failed(p, ctx.Err())
	case err != nil:
		return nil, r.failed(p, fmt.Errorf("failed to %s service provider: %w", words[verb][2], err))
	}
	r.Show(p.Service, words[verb][1], "")
	return vars, nil
}

// failed shows and returns the error of a provider.
func (r *Runner) failed(p *project.Provider, err error) error {
	r.Show(p.Service, "Error", firstLine(err.Error()))
	return fmt.Errorf("service %s, provider %s: %w", p.Service, p.Type, err)
}

// command makes a command that ends with ctx, first by SIGTERM, after the grace period by
// SIGKILL. It has a process group of its own, which gets the signals: what a script has
// begun shall not outlive it.
func (r *Runner) command(ctx context.Context, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Env, cmd.WaitDelay, cmd.SysProcAttr = r.Environ, grace+grace/10, &syscall.SysProcAttr{Setpgid: true}
	// The process is not reaped while Cancel may be called: the group's id is its own.
	cmd.Cancel = func() error {
		// It is waited for longer than this: whoever holds its output open has ended then.
		time.AfterFunc(grace, func() { killGroup(cmd.Process) })
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	}
	return cmd
}

// killGroup ends what is left of the group of a process. While there is something, the
// group's id is nobody else's; when the process has been reaped and its id is in use all the
// same, nothing was left, and the id has been given to a stranger.
func killGroup(leader *os.Process) {
	reaped := errors.Is(leader.Signal(syscall.Signal(0)), os.ErrProcessDone)
	if reaped && syscall.Kill(leader.Pid, 0) == nil {
		return
	}
	_ = syscall.Kill(-leader.Pid, syscall.SIGKILL) // nobody may be left
}

// converse runs a program and acts on what it says. An error that it tells counts more
// than its exit code, and ends it: it shall not go on alone.
func (r *Runner) converse(ctx context.Context, path string, args []string, p *project.Provider) (*variables, error) {
	ctx, end := context.WithCancel(ctx)
	defer end()
	cmd := r.command(ctx, path, args...)
	out, in := io.Pipe()
	stderr := &tail{limit: maxStderr}
	cmd.Stdout, cmd.Stderr = in, stderr
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	vars := &variables{prefixed: map[string]string{}, raw: map[string]string{}}
	heard := make(chan error, 1)
	go func() {
		err := r.listen(out, p, vars)
		if err != nil {
			end()
		}
		heard <- err
		_, _ = io.Copy(io.Discard, out) // what it still writes shall not hold it up
	}()
	ended := cmd.Wait()
	in.Close()
	said := <-heard
	switch {
	case said != nil:
		return nil, said
	case errors.Is(ended, exec.ErrWaitDelay):
		return vars, nil // it is over; what it left running has its output
	case ended != nil && stderr.String() != "":
		return nil, fmt.Errorf("%w: %s", ended, stderr)
	}
	return vars, ended
}

// listen reads messages to the end of the output.
func (r *Runner) listen(out io.Reader, p *project.Provider, vars *variables) error {
	limited := &io.LimitedReader{R: out, N: maxOutput}
	dec := json.NewDecoder(limited)
	for before := dec.InputOffset(); ; before = dec.InputOffset() {
		var m message
		err := dec.Decode(&m)
		switch {
		case errors.Is(err, io.EOF) && limited.N > 0:
			return nil
		case limited.N <= 0, dec.InputOffset()-before > maxMessage:
			return errors.New("it writes too much")
		case err != nil:
			return fmt.Errorf("it does not write JSON messages: %w", err)
		}
		if err := r.take(&m, p, vars); err != nil {
			return err
		}
	}
}

// take acts on one message.
func (r *Runner) take(m *message, p *project.Provider, vars *variables) error {
	switch m.Type {
	case "error":
		return errors.New(m.Message)
	case "info":
		r.Show(p.Service, "Working", firstLine(m.Message))
	case "debug":
		r.Debug(p.Service + ": " + m.Message)
	case "setenv", "rawsetenv":
		key, value, ok := strings.Cut(m.Message, "=")
		if !ok || key == "" || strings.ContainsRune(m.Message, 0) {
			return fmt.Errorf("invalid response from plugin: %s", m.Message)
		}
		if m.Type == "setenv" {
			vars.prefixed[key] = value
		} else {
			vars.raw[key] = value
		}
	default:
		return fmt.Errorf("invalid response from plugin: %s", m.Type)
	}
	return nil
}

func firstLine(s string) string {
	first, _, _ := strings.Cut(strings.TrimRight(s, "\n"), "\n")
	return first
}

// tail keeps the last bytes that are written to it.
type tail struct {
	limit int
	buf   []byte
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.buf = append(t.buf, p...)
	if over := len(t.buf) - t.limit; over > 0 {
		t.buf = append(t.buf[:0], t.buf[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string { return string(bytes.TrimSpace(t.buf)) }

// Environ is the environment of programs: the process's, below it that of the files.
func Environ(of map[string]string) []string {
	env := os.Environ()
	set := map[string]bool{}
	for _, e := range env {
		key, _, _ := strings.Cut(e, "=")
		set[key] = true
	}
	for k, v := range of {
		if !set[k] {
			env = append(env, k+"="+v)
		}
	}
	return env
}
