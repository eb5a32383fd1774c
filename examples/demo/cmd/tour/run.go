package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// tour is one showing of the demo.
type tour struct {
	compose string // absolute path of mocker-compose
	dir     string // of the project
	name    string // of the project
	style   style
	step    int
	port    int  // of the host, where web is
	over    bool // the project has been taken down
}

// run shows a mocker-compose command and its output, indented.
func (t *tour) run(ctx context.Context, args ...string) error {
	t.style.prompt("mocker-compose " + strings.Join(args, " "))
	out := &indenter{w: os.Stdout, begin: true}
	cmd := t.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("mocker-compose %s: %w", strings.Join(args, " "), err)
	}
	return nil
}

// shop runs the shop program as a client, outside, shows what it prints and
// returns that.
func (t *tour) shop(ctx context.Context, args ...string) (string, error) {
	t.style.prompt("./bin/shop " + strings.Join(args, " "))
	var text bytes.Buffer
	cmd := exec.CommandContext(ctx, "./bin/shop", args...)
	cmd.Dir = t.dir
	cmd.Stdout = io.MultiWriter(&text, &indenter{w: os.Stdout, begin: true})
	cmd.Stderr = &indenter{w: os.Stdout, begin: true}
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("./bin/shop %s: %w", strings.Join(args, " "), err)
	}
	return text.String(), nil
}

// output runs a mocker-compose command unseen.
func (t *tour) output(ctx context.Context, args ...string) ([]byte, error) {
	var stdout, stderr bytes.Buffer
	cmd := t.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("mocker-compose %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return stdout.Bytes(), nil
}

// command is a mocker-compose command for the project. When the tour is
// interrupted it is asked to end, and killed if it does not.
func (t *tour) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, t.compose, args...)
	cmd.Dir = t.dir
	cmd.Env = append(os.Environ(), "COMPOSE_PROJECT_NAME="+t.name)
	if t.style.colour { // it writes to us, and cannot see that we write to a terminal
		cmd.Env = append(cmd.Env, "COMPOSE_ANSI=always")
	}
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// pause waits for the reader, or the end.
func (t *tour) pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(t.style.pause):
		return nil
	}
}

// indenter puts blanks before each line.
type indenter struct {
	w     io.Writer
	begin bool // at the beginning of a line
}

func (i *indenter) Write(p []byte) (int, error) {
	var b bytes.Buffer
	for _, c := range p {
		if i.begin {
			b.WriteString("     ")
		}
		b.WriteByte(c)
		i.begin = c == '\n'
	}
	if _, err := i.w.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}
