package main

import (
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

	"github.com/mocker-compose/mocker-compose/bench/load"
)

// agent is a process that makes traffic on demand, somewhere (package load).
type agent struct {
	cmd     *exec.Cmd
	orders  io.WriteCloser
	results *json.Decoder
	stderr  strings.Builder
}

// startAgent starts a command whose input and output are an agent's.
func startAgent(cmd *exec.Cmd) (*agent, error) {
	a := &agent{cmd: cmd}
	cmd.Stderr = &a.stderr
	cmd.WaitDelay = time.Second
	var err error
	if a.orders, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	a.results = json.NewDecoder(out)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return a, nil
}

// do has one order carried out.
func (a *agent) do(o load.Order) (r load.Result, err error) {
	if err := json.NewEncoder(a.orders).Encode(o); err == nil {
		err = a.results.Decode(&r)
		if err == nil && r.Error != "" {
			return r, errors.New(r.Error)
		}
		if err == nil {
			return r, nil
		}
	}
	a.close()
	return r, fmt.Errorf("%s ended: %s", strings.Join(a.cmd.Args, " "), strings.TrimSpace(a.stderr.String()))
}

// close ends the agent, and with it what it runs in.
func (a *agent) close() {
	a.orders.Close()
	_ = a.cmd.Wait() // how it ends does not matter
}

// inNamespaces has a command run as root of new user and net namespaces.
func inNamespaces(cmd *exec.Cmd, flags uintptr) *exec.Cmd {
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: flags, Setsid: true}
	if flags&syscall.CLONE_NEWUSER != 0 {
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	return cmd
}

// self is this program as a helper. It has a session of its own, as each service
// has: the kernel shares out the processors by session (sched(7), autogroup), and
// two ends of a connection in one session would get them at once.
func self(ctx context.Context, args ...string) *exec.Cmd {
	return inNamespaces(exec.CommandContext(ctx, "/proc/self/exe", args...), 0)
}

// serveHelper is the server of package load.
func serveHelper(args []string) error {
	// It ends with whoever reads its output or holds its input.
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		if len(args) > 1 {
			os.Exit(0)
		}
	}()
	return load.Serve(args[0], os.Stdout)
}

func agentHelper([]string) error { return load.Agent(os.Stdin, os.Stdout) }

// insideHelper waits until its namespace is ready, that is, until descriptor 3
// comes to its end, sets up the loopback, and eth0 if it is given an address, and
// becomes the command.
func insideHelper(args []string) error {
	if _, err := io.Copy(io.Discard, os.NewFile(3, "ready")); err != nil {
		return err
	}
	commands := []string{"link set lo up"}
	if args[0] != "" {
		commands = append(commands, "address add "+args[0]+" dev eth0", "link set eth0 up")
	}
	for _, c := range commands {
		if err := ip(context.Background(), c); err != nil {
			return err
		}
	}
	return syscall.Exec("/proc/self/exe", append([]string{"bench"}, args[1:]...), os.Environ())
}

// ip runs ip(8) with arguments without spaces.
func ip(ctx context.Context, args string) error {
	if out, err := exec.CommandContext(ctx, "ip", strings.Fields(args)...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %s: %w: %s", args, err, out)
	}
	return nil
}
