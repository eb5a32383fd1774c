package doctor

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/netstack/firewall"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// RunRole is the body of the child: it makes its attempts and prints how they ended.
// Its argument is a directory of its own on the file system of the data directory; ""
// = there is none.
func RunRole(args []string) int {
	dir := ""
	if len(args) > 0 {
		dir = args[0]
	}
	if err := json.NewEncoder(os.Stdout).Encode(try(dir)); err != nil {
		return 1
	}
	return 0
}

// crew runs attempts side by side, and gives them one lock for what they write.
type crew struct {
	sync.WaitGroup
	mu sync.Mutex
}

// attempt has f's end written by set. MOCKER_FORCE_ERRNO may keep it from being made.
func (c *crew) attempt(name string, set func(Tried), f func() error) {
	c.Go(func() {
		err := cause.Forced(name)
		if err == nil {
			err = f()
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		set(tried(err))
	})
}

func into(t *Tried) func(Tried) { return func(got Tried) { *t = got } }

func try(dir string) *inside {
	in := &inside{Namespaces: map[string]Tried{}, Uplinks: map[string]way{}, Calls: missingCalls()}
	in.NoKeyrings = !rootless.HasKeyrings()
	var c crew
	for kind, flag := range map[string]int{
		"mnt": unix.CLONE_NEWNS, "pid": unix.CLONE_NEWPID, "ipc": unix.CLONE_NEWIPC, "uts": unix.CLONE_NEWUTS, "cgroup": unix.CLONE_NEWCGROUP,
	} {
		c.attempt(kind, func(t Tried) { in.Namespaces[kind] = t }, func() error { return onThread(func() error { return unix.Unshare(flag) }) })
	}
	c.attempt("proc", into(&in.Proc), tryProc)
	c.attempt("seccomp", into(&in.Seccomp), trySeccomp)
	c.attempt("keyrings", into(&in.Keyring), func() error {
		return onThread(func() error {
			_, err := unix.KeyctlJoinSessionKeyring(rootless.KeyringName("doctor"))
			return os.NewSyscallError("keyctl", err)
		})
	})
	if dir != "" {
		c.attempt("overlay", into(&in.Overlay), func() error { return sandbox.ProbeOverlay(dir) })
	}
	c.attempt("fuse-overlayfs", into(&in.Fuse), func() error {
		_, err := sandbox.FuseProgram()
		return err
	})
	c.attempt("net", func(t Tried) { in.Namespaces["net"] = t }, func() error { return c.network(in) })
	c.Wait()
	return in
}

// onThread runs f on a thread that ends with it.
func onThread(f func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		done <- f()
	}()
	return <-done
}

// network makes its attempts in a net namespace; its error is that there is none.
func (c *crew) network(in *inside) error {
	r, err := newRoom()
	if err != nil {
		return os.NewSyscallError("unshare", err)
	}
	in.Device = device()
	for _, u := range project.Uplinks() {
		if name := string(u); u != project.UplinkRelay && u != project.UplinkNone {
			c.Go(func() {
				w := tryUplink(name, in.Device.What == "")
				c.mu.Lock()
				defer c.mu.Unlock()
				in.Uplinks[name] = w
			})
		}
	}
	// One after the other: they share the thread.
	for _, a := range []struct {
		name string
		into *Tried
		try  func() error
	}{{"bridge", &in.Bridge, tryBridge}, {"veth", &in.Veth, tryVeth}, {"nft", &in.Rules, tryRules}, {"packet", &in.Packet, tryPacket}} {
		err := cause.Forced(a.name)
		if err == nil {
			err = r.do(a.try)
		}
		*a.into = tried(err)
	}
	return nil
}

func tryBridge() error {
	return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "doctor0"}})
}

func tryVeth() error {
	return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "doctor1"}, PeerName: "doctor2"})
}

// tryRules tries every kind of rule that projects have.
func tryRules() error {
	if err := netlink.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}); err != nil {
		return err
	}
	t, err := firewall.Open()
	var missing *firewall.Unavailable
	if errors.As(err, &missing) {
		return fmt.Errorf("%s: %w", missing.What, missing.Err)
	}
	if err != nil {
		return err
	}
	return t.Close()
}

// tryPacket tries the socket by which the relay sees connections before the kernel
// answers them (packet(7)).
func tryPacket() error {
	if os.Getenv("MOCKER_FORCE_NO_PACKET") != "" {
		return unix.EAFNOSUPPORT
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	return unix.Close(fd)
}

// tryProc makes a new /proc, mounted nowhere.
func tryProc() error {
	fs, err := unix.Fsopen("proc", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("fsopen", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigCreate(fs); err != nil {
		return os.NewSyscallError("fsconfig", err)
	}
	fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NOSUID|unix.MOUNT_ATTR_NODEV|unix.MOUNT_ATTR_NOEXEC)
	if err != nil {
		return os.NewSyscallError("fsmount", err)
	}
	return unix.Close(fd)
}
