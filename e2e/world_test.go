package e2e

import (
	"cmp"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// netWorld is a world of net namespaces (worldlinks_test.go), seen by a test
// that runs on its host: what the test dials, listens on and starts is there,
// and so is the whole program, as a plain user.
type netWorld struct {
	t    *testing.T
	root *rpc.Client
	// plain says that the program runs as a plain user with a range of ids. It is
	// false where the tests run as one: their world is inside a user namespace.
	plain bool
}

const (
	keeperEnv = "MOCKER_E2E_WORLDS" // a descriptor that leads to the worldKeeper
	insideEnv = "MOCKER_E2E_INSIDE" // the directory of the world that we are in
)

// world runs the calling test, which must be a top-level one, again on the host
// of a world of its own, beside one other of these tests if root has made the worlds. It
// returns that world there; here it reports how the test ended, and returns nil:
// return then.
//
//	w := world(t)
//	if w == nil {
//		return
//	}
//	s := w.begin(t, composeFile)
func world(t *testing.T) *netWorld {
	t.Helper()
	if os.Getenv(insideEnv) == "" && os.Getenv(keeperEnv) == "root" {
		t.Parallel()
	}
	return lonelyWorld(t, false)
}

// lonelyWorld is world for a test that no other runs beside; at home, it has the
// directories of the account whose test calls it, with what is cached there.
func lonelyWorld(t *testing.T, atHome bool) *netWorld {
	t.Helper()
	if os.Getenv(insideEnv) != "" {
		c, err := rootOfWorld()
		if err != nil {
			t.Fatal(err)
		}
		return &netWorld{t: t, root: c, plain: os.Getuid() != 0}
	}
	testns.RequireUserNamespaces(t)
	for _, tool := range []string{"ip", "nsenter", "setpriv"} {
		testns.RequireProgram(t, tool, "iproute2 or util-linux")
	}
	keeper, err := worlds()
	if err != nil {
		t.Skipf("no world of namespaces can be made: %v", err)
	}
	req := WorldRun{Run: "^" + t.Name() + "$" + wantedSubtests(), AtHome: atHome, Timeout: "9m", Env: os.Environ()}
	if deadline, ok := t.Deadline(); ok {
		req.Timeout = time.Until(deadline).Round(time.Second).String()
	}
	var res WorldResult
	if err := keeper.Call("Worlds.Run", req, &res); err != nil {
		t.Fatal(err)
	}
	reportInside(t, res)
	return nil
}

// wantedSubtests is the part of -run that chooses subtests: "/pasta" of
// "TestUplinks/pasta".
func wantedSubtests() string {
	f := flag.Lookup("test.run")
	if f == nil {
		return ""
	}
	_, subtests, ok := strings.Cut(f.Value.String(), "/")
	if !ok {
		return ""
	}
	return "/" + subtests
}

// reportInside tells how the test ended in its world.
func reportInside(t *testing.T, res WorldResult) {
	t.Helper()
	switch {
	case strings.Contains(res.Output, "--- SKIP: "+t.Name()+" "):
		t.Skip("in the world: " + res.Output)
	case res.Code != 0 || !strings.Contains(res.Output, "--- PASS: "+t.Name()+" "):
		t.Fatalf("in the world: exit %d\n%s", res.Code, res.Output)
	default:
		t.Logf("in the world:\n%s", res.Output)
	}
}

// begin is begin, in the world.
func (w *netWorld) begin(t *testing.T, composeFile string) *scenario {
	t.Helper()
	return begin(t, composeFile)
}

// addr is an address of the world with its port: see worldAddrs.
func (w *netWorld) addr(name string) string {
	w.t.Helper()
	a := worldAddrs[name]
	if a == "" {
		w.t.Fatalf("the world has no address %q", name)
	}
	return a
}

// ip is addr without the port.
func (w *netWorld) ip(name string) string {
	w.t.Helper()
	return netip.MustParseAddrPort(w.addr(name)).Addr().String()
}

// run executes a command as root in a namespace of the world (host, internet,
// lan, vpn). It must succeed; its output is returned.
func (w *netWorld) run(where string, argv ...string) string {
	w.t.Helper()
	res := w.exec(WorldExec{Where: where, Argv: argv})
	if res.Code != 0 {
		w.t.Fatalf("%s in %s: exit %d\n%s", strings.Join(argv, " "), where, res.Code, res.Output)
	}
	return res.Output
}

// exec is run for what may fail, or runs as somebody else.
func (w *netWorld) exec(req WorldExec) WorldResult {
	w.t.Helper()
	var res WorldResult
	if err := w.root.Call("World.Exec", req, &res); err != nil {
		w.t.Fatalf("%q: %v", req.Argv, err)
	}
	return res
}

// noIPv6 takes the host's way to the IPv6 internet away.
func (w *netWorld) noIPv6() { w.t.Helper(); w.run("host", "ip", "-6", "route", "del", "default") }

// queries is which names the internet's server was asked for.
func (w *netWorld) queries() string {
	w.t.Helper()
	return w.run("internet", built.probe, "get", "http://203.0.113.53/queries")
}

// worlds is the way to the keeper: over the descriptor that TestMain gave, or
// to one in a user namespace of our own.
var worlds = sync.OnceValues(func() (*rpc.Client, error) {
	if os.Getenv(keeperEnv) == "root" {
		return rpcOver(3)
	}
	if os.Getuid() == 0 {
		return nil, errors.New("TestMain has made no keeper")
	}
	self := filepath.Join(built.dir, "world.test") // the name that again uses may be busy: it may be us
	if err := copyFile(self, "/proc/self/exe"); err != nil {
		return nil, err
	}
	ours, theirs, err := socketPair()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self)
	cmd.ExtraFiles, cmd.Stderr, cmd.Env = []*os.File{theirs}, os.Stderr, append(os.Environ(), keeperEnv+"=user", builtEnv+"="+built.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	theirs.Close()
	return rpc.NewClient(ours), nil
})

var rootOfWorld = sync.OnceValues(func() (*rpc.Client, error) { return rpcOver(3) })

// rpcOver takes the descriptor away from our children.
func rpcOver(fd int) (*rpc.Client, error) {
	unix.CloseOnExec(fd)
	if err := unix.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return rpc.NewClient(os.NewFile(uintptr(fd), "worlds")), nil
}

// offerWorlds gives the test program that root starts the way to a keeper.
func offerWorlds(cmd *exec.Cmd, k *worldKeepers) error {
	ours, theirs, err := socketPair()
	if err != nil {
		return err
	}
	cmd.ExtraFiles = append(cmd.ExtraFiles, theirs)
	cmd.Env = append(cmd.Env, keeperEnv+"=root")
	return serveRPC("Worlds", k, ours)
}

// worldRole is what TestMain does in a process that is a part of a world.
func worldRole() (code int, err error, done bool) {
	switch party, dir := os.Getenv("MOCKER_E2E_PARTY"), os.Getenv(insideEnv); {
	case party != "":
		code, err = serveParty(party)
	case dir != "" && os.Getenv("MOCKER_E2E_ENTERED") == "":
		code, err = enterWorld(dir)
	case dir == "" && os.Getenv(keeperEnv) == "user":
		code, err = keepWorlds()
	default:
		return 0, nil, false
	}
	return code, err, true
}

// keepWorlds is TestMain of the keeper in a user namespace: it ends with the
// test program at the other end of the socket.
func keepWorlds() (int, error) {
	if err := unix.SetNonblock(3, true); err != nil {
		return 1, err
	}
	unix.CloseOnExec(3)
	s := rpc.NewServer()
	if err := s.RegisterName("Worlds", newWorldKeepers(&worldKeeper{dir: os.Getenv(builtEnv), self: os.Args[0]})); err != nil {
		return 1, err
	}
	s.ServeConn(os.NewFile(3, "worlds"))
	return 0, nil
}

// enterWorld is TestMain of a test that was just started on the host of a
// world, in a mount namespace of its own: it gets an /etc of its own, becomes the
// account, and starts again as that.
func enterWorld(dir string) (int, error) {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return 1, fmt.Errorf("make mounts private: %w", err)
	}
	upper, work := filepath.Join(dir, "etc"), filepath.Join(dir, "work")
	if err := errors.Join(os.Mkdir(upper, 0o755), os.Mkdir(work, 0o755)); err != nil {
		return 1, err
	}
	if err := unix.Mount("overlay", "/etc", "overlay", 0, "lowerdir=/etc,upperdir="+upper+",workdir="+work); err != nil {
		return 1, fmt.Errorf("an /etc of the world: overlay: %w", err)
	}
	if err := os.Remove("/etc/resolv.conf"); err != nil && !errors.Is(err, os.ErrNotExist) {
		return 1, err
	}
	if err := os.WriteFile("/etc/resolv.conf", []byte("nameserver 203.0.113.53\n"), 0o644); err != nil {
		return 1, err
	}
	var uid, gid int
	if drop := os.Getenv("MOCKER_E2E_DROP"); drop != "" {
		if _, err := fmt.Sscan(drop, &uid, &gid); err != nil {
			return 1, err
		}
		if err := errors.Join(os.Chown("/etc/resolv.conf", uid, gid), syscall.Setgroups([]int{gid}), syscall.Setgid(gid), syscall.Setuid(uid)); err != nil {
			return 1, fmt.Errorf("become the account: %w", err)
		}
	}
	if err := os.Setenv(builtEnv, cmp.Or(os.Getenv(builtEnv), filepath.Dir(dir))); err != nil {
		return 1, err
	}
	if err := os.Setenv("MOCKER_E2E_ENTERED", "1"); err != nil {
		return 1, err
	}
	return 1, syscall.Exec(os.Args[0], os.Args, os.Environ())
}
