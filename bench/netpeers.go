package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// openPeers sets up each peer that this machine can run.
func (l *lab) openPeers(ctx context.Context) {
	peers := []struct {
		name string
		open func(context.Context, string) error
	}{
		{"bare veth and bridge", l.openBare},
		{"rootlesskit's builtin driver", l.openRootlesskit},
		{"slirp4netns", l.openSlirp},
		{"pasta", l.openPasta},
		{"gvisor-tap-vsock", l.openGvisor},
	}
	for _, p := range peers {
		if err := p.open(ctx, p.name); err != nil {
			l.skip("against "+p.name, err.Error())
		}
	}
}

// openBare makes what a network is at its least: two namespaces, two veth pairs
// and a bridge, by ip(8), at the same MTU as ours.
func (l *lab) openBare(ctx context.Context, name string) error {
	if _, err := exec.LookPath("ip"); err != nil {
		return errors.New("ip is not installed: package iproute2")
	}
	a, err := l.startAgent(inNamespaces(self(ctx, "net-bare"), syscall.CLONE_NEWUSER|syscall.CLONE_NEWNET))
	if err != nil {
		return err
	}
	l.addWay(&way{name: name, peer: true, from: a, to: "10.0.0.1:" + servicePort, verbs: allVerbs})
	return nil
}

// bareHelper is the namespace of the bridge; it is the agent's parent.
func bareHelper([]string) error {
	ctx := context.Background()
	if err := ip(ctx, "link add br0 up type bridge"); err != nil {
		return err
	}
	var cmds []*exec.Cmd
	for i, c := range [][]string{{"net-serve", "10.0.0.1:" + servicePort, "until-eof"}, {"net-agent"}} {
		cmd := inNamespaces(self(ctx, append([]string{"net-inside", fmt.Sprintf("10.0.0.%d/24", i+1)}, c...)...), syscall.CLONE_NEWNET)
		cmd.Stderr = os.Stderr
		ready, err := startWaiting(cmd, i == 1)
		if err != nil {
			return err
		}
		for _, args := range []string{
			fmt.Sprintf("link add v%d mtu %d type veth peer name eth0 mtu %d netns %d", i, bigMTU, bigMTU, cmd.Process.Pid),
			fmt.Sprintf("link set v%d master br0 up", i),
		} {
			if err := ip(ctx, args); err != nil {
				return err
			}
		}
		ready.Close()
		cmds = append(cmds, cmd)
	}
	return cmds[1].Wait()
}

// startWaiting starts a command with a descriptor 3 that comes to its end when
// what is returned is closed. Its standard input and output are ours if it is
// the agent's; else its input ends with us.
func startWaiting(cmd *exec.Cmd, stdio bool) (*os.File, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd.ExtraFiles = []*os.File{r}
	if stdio {
		cmd.Stdin, cmd.Stdout = os.Stdin, os.Stdout
	} else if _, err := cmd.StdinPipe(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, w.Close())
	}
	return w, nil
}

func (l *lab) openRootlesskit(ctx context.Context, name string) error {
	peers, err := l.peersProgram(ctx)
	if err != nil {
		return err
	}
	port, err := freePort()
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, peers, "rootlesskit", port, servicePort, mustSelf(), "net-serve", "127.0.0.1:"+servicePort, "until-eof")
	if _, err := l.startServer(ctx, cmd); err != nil {
		return err
	}
	// The child's part of the work is in a process of its own.
	l.addWay(&way{name: name, peer: true, from: l.host, to: "127.0.0.1:" + port, verbs: tcpVerbs, pids: append(childrenOf(cmd.Process.Pid), cmd.Process.Pid)})
	return await(ctx, l.host, "127.0.0.1:"+port)
}

func (l *lab) openSlirp(ctx context.Context, name string) error {
	return l.openTap(ctx, name, "slirp4netns", func(pid, _ string) []string {
		return []string{"--configure", "--mtu=" + strconv.Itoa(bigMTU), "--disable-host-loopback", pid, "tap0"}
	})
}

// openPasta runs pasta with addresses that the host does not have: with the
// host's own, as is its default, what is sent to the host would stay inside.
func (l *lab) openPasta(ctx context.Context, name string) error {
	return l.openTap(ctx, name, "pasta", func(pid, pidFile string) []string {
		args := []string{"--foreground", "--quiet", "--config-net", "--mtu", strconv.Itoa(bigMTU),
			"-t", "none", "-u", "none", "-T", "none", "-U", "none", "-a", "10.0.2.100", "-n", "24", "-g", "10.0.2.2", "-P", pidFile}
		if os.Getuid() == 0 {
			args = append(args, "--runas", "0") // nobody cannot enter our namespace
		}
		return append(args, pid)
	})
}

// openTap starts an agent in namespaces to which program then makes a tap device.
func (l *lab) openTap(ctx context.Context, name, program string, args func(pid, pidFile string) []string) error {
	switch path, err := exec.LookPath(program); {
	case l.outside == "":
		return errors.New("the host has no address but its loopback's")
	case err != nil:
		return fmt.Errorf("%s is not installed: package %s", program, map[string]string{"pasta": "passt"}[program])
	default:
		program = path
	}
	if err := tapUsable(); err != nil {
		return err
	}
	cmd := inNamespaces(self(ctx, "net-inside", "", "net-agent"), syscall.CLONE_NEWUSER|syscall.CLONE_NEWNET)
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.ExtraFiles = []*os.File{r}
	a, err := l.startAgent(cmd)
	r.Close()
	defer w.Close()
	if err != nil {
		return err
	}
	pid := strconv.Itoa(cmd.Process.Pid)
	tap := exec.CommandContext(ctx, program, args(pid, filepath.Join(l.dir, name+".pid"))...)
	var stderr strings.Builder
	tap.Stdout, tap.Stderr = &stderr, &stderr
	if err := tap.Start(); err != nil {
		return err
	}
	ended := make(chan struct{})
	go func() { _ = tap.Wait(); close(ended) }()
	l.closers = append(l.closers, func() {
		_ = tap.Process.Kill() // it is ours, and waited for only then
		<-ended
	})
	if err := awaitDefaultRoute(ctx, pid, ended); err != nil {
		return fmt.Errorf("%w: %s", err, lastLine([]byte(stderr.String())))
	}
	l.addWay(&way{name: name, peer: true, from: a, to: l.outside, verbs: allVerbs, pids: []int{tap.Process.Pid}})
	return nil
}

// awaitDefaultRoute returns when the namespace of pid has a way out
// (proc_net_route: destination 0).
func awaitDefaultRoute(ctx context.Context, pid string, ended <-chan struct{}) error {
	deadline := time.After(5 * time.Second)
	for {
		b, err := os.ReadFile("/proc/" + pid + "/net/route")
		if err != nil {
			return err
		}
		if strings.Contains(string(b), "\t00000000\t") {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-ended:
			return errors.New("it ended")
		case <-deadline:
			return errors.New("no default route came within 5 s")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (l *lab) openGvisor(ctx context.Context, name string) error {
	if l.outside == "" {
		return errors.New("the host has no address but its loopback's")
	}
	if err := tapUsable(); err != nil {
		return err
	}
	peers, err := l.peersProgram(ctx)
	if err != nil {
		return err
	}
	a, err := l.startAgent(exec.CommandContext(ctx, peers, "gvisor", strconv.Itoa(bigMTU), mustSelf(), "net-agent"))
	if err != nil {
		return err
	}
	l.addWay(&way{name: name, peer: true, from: a, to: l.outside, verbs: tcpVerbs, pids: []int{a.cmd.Process.Pid}})
	return nil
}

// tapUsable says whether this user may make tap devices in namespaces of its own.
func tapUsable() error {
	f, err := os.OpenFile("/dev/net/tun", os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("%w: ours needs no such device", err)
	}
	return f.Close()
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, err
}

// mustSelf is the path of this program, for other programs to start.
func mustSelf() string {
	path, err := os.Executable()
	if err != nil {
		return os.Args[0]
	}
	return path
}

// childrenOf are the processes that a process has started (proc_pid_children(5)).
func childrenOf(pid int) (pids []int) {
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		return nil
	}
	for _, t := range tasks {
		b, err := os.ReadFile(t)
		if err != nil {
			continue
		}
		for _, f := range strings.Fields(string(b)) {
			if n, err := strconv.Atoi(f); err == nil {
				pids = append(pids, n)
			}
		}
	}
	return pids
}
