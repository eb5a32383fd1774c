package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// worldKeeper makes worlds and runs tests in them. It is the root process that
// TestMain is at first, or, for a plain user, root of a user namespace.
type worldKeeper struct {
	dir     string
	self    string          // the test program
	account *testns.Account // whom tests run as; nil: the keeper itself
}

// WorldRun asks for a test to be run in a world of its own.
type WorldRun struct {
	Run     string // as with -run
	AtHome  bool   // as the first account, with its directories
	Timeout string
	Env     []string
}

// WorldExec asks for a command in a namespace of the world.
type WorldExec struct {
	Where string // host, internet, lan, vpn
	User  string // "" = root
	Dir   string
	Argv  []string
	Env   []string
	Stdin string
}

// WorldResult is how either ended.
type WorldResult struct {
	Output string
	Code   int
}

// serve answers requests of the process at the other end of the socket.
func serveRPC(name string, service any, socket *os.File) error {
	s := rpc.NewServer()
	if err := s.RegisterName(name, service); err != nil {
		return err
	}
	go s.ServeConn(socket)
	return nil
}

// socketPair is a connected pair of sockets: ours, and one for a child.
func socketPair() (ours, theirs *os.File, err error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	if err := unix.SetNonblock(fds[0], true); err != nil {
		return nil, nil, err
	}
	return os.NewFile(uintptr(fds[0]), "worlds"), os.NewFile(uintptr(fds[1]), "worlds"), nil
}

// run makes a world, runs the test in it, and takes it apart.
func (k *worldKeeper) run(req WorldRun, res *WorldResult) (err error) {
	r := &worldRoot{keeper: k, spaces: map[string]*os.File{}}
	defer func() { r.close() }()
	if r.dir, err = os.MkdirTemp(k.dir, "w"); err != nil {
		return err
	}
	if err := os.Chmod(r.dir, 0o755); err != nil {
		return err
	}
	if k.account != nil { // before there is an /etc of the world, which would not have it
		if r.second, err = secondUser(); err != nil {
			return err
		}
	}
	for _, name := range []string{"host", "internet", "lan", "vpn"} {
		if r.spaces[name], err = newNetNS(name); err != nil {
			return err
		}
	}
	if err := r.build(); err != nil {
		return err
	}
	return r.runTest(req, res)
}

// worldRoot is one world, seen by root.
type worldRoot struct {
	keeper *worldKeeper
	dir    string
	spaces map[string]*os.File
	ends   []func()
	inside int // pid of the test
	second *testns.Account
}

func (r *worldRoot) close() {
	for _, end := range r.ends {
		end()
	}
	for _, f := range r.spaces {
		f.Close()
	}
	os.RemoveAll(r.dir)
}

// path names a namespace so that any process can open it while we live.
func (r *worldRoot) path(space string) string {
	return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), r.spaces[space].Fd())
}

// newNetNS makes a net namespace, on a thread that is thrown away.
func newNetNS(name string) (f *os.File, err error) {
	var wg sync.WaitGroup
	wg.Go(func() {
		runtime.LockOSThread() // for ever
		if err = unix.Unshare(unix.CLONE_NEWNET); err != nil {
			err = os.NewSyscallError("unshare", err)
			return
		}
		f, err = os.Open("/proc/thread-self/ns/net")
	})
	wg.Wait()
	if err != nil {
		return nil, fmt.Errorf("net namespace %s of the world: %w", name, err)
	}
	return f, nil
}

// build makes links, addresses and routes, and starts those who answer.
func (r *worldRoot) build() error {
	for _, step := range worldLinks {
		script := step.script
		for name := range r.spaces {
			script = strings.ReplaceAll(script, "$"+name, r.path(name))
		}
		cmd := exec.Command("nsenter", "--net="+r.path(step.where), "sh", "-ec", script)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("%s of the world: %w: %s", step.where, err, out)
		}
	}
	for _, party := range []string{"internet", "vpn"} {
		if err := r.serveParty(party); err != nil {
			return err
		}
	}
	return nil
}

// serveParty starts the process that answers on the party's addresses. It ends
// with the pipe that it reads.
func (r *worldRoot) serveParty(party string) error {
	cmd := exec.Command("nsenter", "--net="+r.path(party), "/proc/self/exe")
	cmd.Args[2] = r.keeper.self
	cmd.Env = append(os.Environ(), "MOCKER_E2E_PARTY="+party)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	r.ends = append(r.ends, func() { stdin.Close(); cmd.Wait() }) //nolint:errcheck // it has served
	if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
		return fmt.Errorf("the world's %s does not start: %q %w", party, line, err)
	}
	go io.Copy(io.Discard, stdout) //nolint:errcheck // until it ends
	return nil
}

// runTest runs the test inside: see enterWorld.
func (r *worldRoot) runTest(req WorldRun, res *WorldResult) error {
	args := []string{"--net=" + r.path("host"), "--", r.keeper.self,
		"-test.run=" + req.Run, "-test.v", "-test.count=1", "-test.timeout=" + req.Timeout}
	cmd := exec.Command("nsenter", args...)
	ours, theirs, err := socketPair()
	if err != nil {
		return err
	}
	defer ours.Close()
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.Env = append(req.Env, insideEnv+"="+r.dir)
	cmd.Dir = r.keeper.dir
	if a := r.keeper.account; a != nil {
		cmd.Env = append(cmd.Env, builtEnv+"="+r.keeper.dir, "HOME="+a.Home, "USER="+a.Name, "LOGNAME="+a.Name)
		cmd.Env = append(cmd.Env, fmt.Sprintf("MOCKER_E2E_DROP=%d %d", a.UID, a.GID))
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS}
	err = cmd.Start()
	theirs.Close()
	if err != nil {
		return err
	}
	r.inside = cmd.Process.Pid
	if err := serveRPC("World", r, ours); err != nil {
		return err
	}
	err = cmd.Wait()
	res.Output, res.Code = out.String(), cmd.ProcessState.ExitCode()
	if err != nil && res.Code == 0 {
		return err
	}
	return nil
}

// WorldAccount is a second user of the host.
type WorldAccount struct {
	UID int
	Dir string // its own
}

// Second makes the second user.
func (r *worldRoot) Second(_ string, res *WorldAccount) error {
	if r.second == nil {
		return errors.New("tests that do not start as root have one user")
	}
	*res = WorldAccount{UID: r.second.UID, Dir: filepath.Join(r.dir, "second")}
	return errors.Join(os.Mkdir(res.Dir, 0o755), os.Lchown(res.Dir, r.second.UID, r.second.GID))
}

// Exec runs a command somewhere in the world, on the host in the test's own
// mount namespace.
func (r *worldRoot) Exec(req WorldExec, res *WorldResult) error {
	if r.spaces[req.Where] == nil {
		return fmt.Errorf("the world has no %q", req.Where)
	}
	args := []string{"--net=" + r.path(req.Where)}
	if req.Where == "host" {
		args = append(args, fmt.Sprintf("--mount=/proc/%d/ns/mnt", r.inside))
	}
	args = append(args, "--")
	if req.User != "" {
		args = append(args, "setpriv", "--reuid="+req.User, "--regid="+req.User, "--clear-groups", "--")
	}
	if req.Dir != "" { // a mount namespace is entered at its root
		args = append(args, "env", "--chdir="+req.Dir)
	}
	cmd := exec.Command("nsenter", append(args, req.Argv...)...)
	cmd.Env = append(os.Environ(), req.Env...)
	cmd.Stdin = strings.NewReader(req.Stdin)
	out, err := cmd.CombinedOutput()
	res.Output = string(out)
	if cmd.ProcessState == nil {
		return err
	}
	res.Code = cmd.ProcessState.ExitCode()
	return nil
}
