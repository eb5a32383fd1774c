package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// bench is one run of all measurements.
type bench struct {
	compose string // absolute path
	runs    int
	dir     string // temporary; dir/root is a small root file system
	dirs    state.Dirs
	env     []string
	rows    []row
	skips   []string
	missed  int
	opened  []*project
}

// project is one compose project of the run.
type project struct {
	*bench
	name, dir string
}

func newBench(ctx context.Context, compose string, runs int) (*bench, error) {
	compose, err := filepath.Abs(compose)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("/tmp", "mc-bench-") // short: socket paths end at 107 bytes (unix(7))
	if err != nil {
		return nil, err
	}
	b := &bench{compose: compose, runs: runs, dir: dir, dirs: state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")}}
	b.env = append(os.Environ(), "MOCKER_RUNTIME_DIR="+b.dirs.Run, "MOCKER_DATA_HOME="+b.dirs.Data)
	if err := b.makeRoot(); err != nil {
		os.RemoveAll(dir)
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", b.empty(), "./bench/empty")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("build bench/empty (run this from the top of the repository): %w\n%s", err, out)
	}
	return b, nil
}

func (b *bench) empty() string { return filepath.Join(b.dir, "empty") }
func (b *bench) root() string  { return filepath.Join(b.dir, "root") }

// makeRoot makes a root file system of the host's static busybox and this program.
func (b *bench) makeRoot() error {
	busybox, err := exec.LookPath("busybox")
	if err != nil {
		return errors.New("busybox is not installed: package busybox-static")
	}
	for _, d := range []string{"bin", "bench", "proc", "dev", "tmp"} {
		if err := os.MkdirAll(filepath.Join(b.root(), d), 0o755); err != nil {
			return err
		}
	}
	for target, from := range map[string]string{"bin/busybox": busybox, "bin/bench": "/proc/self/exe"} {
		content, err := os.ReadFile(from)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(b.root(), target), content, 0o755); err != nil {
			return err
		}
	}
	for _, applet := range []string{"sh", "sleep", "true"} {
		if err := os.Symlink("busybox", filepath.Join(b.root(), "bin", applet)); err != nil {
			return err
		}
	}
	return nil
}

// close takes all projects down and removes everything.
func (b *bench) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, p := range b.opened {
		if _, err := p.run(ctx, "down", "-t", "0"); err != nil {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
	}
	if err := os.RemoveAll(b.dir); err != nil {
		fmt.Fprintln(os.Stderr, "bench: left:", err)
	}
}

// project makes a project with the given services (YAML below "services:").
func (b *bench) project(name, services string) (*project, error) {
	p := &project{bench: b, name: "bench-" + name, dir: filepath.Join(b.dir, name)}
	if err := os.MkdirAll(p.dir, 0o755); err != nil {
		return nil, err
	}
	text := "services:\n" + strings.ReplaceAll(services, "ROOT", "rootfs:"+b.root())
	if err := os.WriteFile(filepath.Join(p.dir, "compose.yaml"), []byte(text), 0o644); err != nil {
		return nil, err
	}
	b.opened = append(b.opened, p)
	return p, nil
}

// run runs mocker-compose for the project and says how long it took.
func (p *project) run(ctx context.Context, args ...string) (time.Duration, error) {
	return timed(p.command(ctx, args...))
}

// command is mocker-compose for the project.
func (p *project) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, p.compose, append([]string{"-p", p.name}, args...)...)
	cmd.Dir = p.dir
	cmd.Env = p.env
	return cmd
}

// timed runs a command and says how long it took.
func timed(cmd *exec.Cmd) (time.Duration, error) {
	var stderr bytes.Buffer
	if cmd.Stderr == nil {
		cmd.Stderr = &stderr
	}
	begin := time.Now()
	err := cmd.Run()
	took := time.Since(begin)
	if err != nil {
		return took, fmt.Errorf("%s: %w: %s", strings.Join(cmd.Args, " "), err, stderr.String())
	}
	return took, nil
}
