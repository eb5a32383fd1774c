// Command peers runs other rootless networks, as libraries, for the bench.
//
//	peers rootlesskit HOSTPORT PORT COMMAND...  the builtin port driver of rootlesskit:
//	                                            127.0.0.1:HOSTPORT leads to PORT of the command's namespace
//	peers gvisor MTU COMMAND...                 gvisor-tap-vsock is the command's way out
//
// The command runs in user and net namespaces of its own, with the standard
// input and output of this program, which ends with it. The drivers run in one
// process each, without the programs around them, so that they are seen at their
// best.
package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

var verbs = map[string]func(ctx context.Context, args []string) error{
	"rootlesskit":       rootlesskit,
	"rootlesskit-child": rootlesskitChild,
	"gvisor":            gvisor,
	"gvisor-child":      gvisorChild,
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(os.Args) < 4 || verbs[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "peers: see the package's comment")
		os.Exit(2)
	}
	if err := verbs[os.Args[1]](ctx, os.Args[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// inside is this program again, in new user and net namespaces.
func inside(ctx context.Context, args ...string) *exec.Cmd {
	cmd := command(ctx, append([]string{"/proc/self/exe"}, args...))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	return cmd
}

func command(ctx context.Context, args []string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // as all that make traffic
	return cmd
}

// ip runs ip(8).
func ip(ctx context.Context, args ...string) error {
	if out, err := exec.CommandContext(ctx, "ip", args...).CombinedOutput(); err != nil {
		return fmt.Errorf("ip %q: %w: %s", args, err, out)
	}
	return nil
}
