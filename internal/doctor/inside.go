package doctor

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack/firewall"
)

// RunRole is the body of the child: it makes its checks and prints them.
func RunRole([]string) int {
	checks := try()
	if err := WriteJSON(os.Stdout, checks); err != nil {
		return 1
	}
	return 0
}

// room is a net namespace for trying things, in place of a project's router
// namespace. The main thread stays in the host's, as helpers do.
type room struct {
	file *os.File
	jobs chan func()
}

// newRoom makes one, with a thread that lives in it and ends with the process.
func newRoom() (*room, error) {
	r := &room{jobs: make(chan func())}
	made := make(chan error)
	go func() {
		runtime.LockOSThread() // for ever: the thread is in the other namespace
		err := unix.Unshare(unix.CLONE_NEWNET)
		if err == nil {
			r.file, err = os.Open("/proc/thread-self/ns/net")
		}
		made <- err
		for f := range r.jobs {
			f()
		}
	}()
	return r, <-made
}

// do runs f in the room.
func (r *room) do(f func() error) error {
	done := make(chan error)
	r.jobs <- func() { done <- f() }
	return <-done
}

func try() []Check {
	const name = "net namespaces"
	r, err := newRoom()
	if err != nil {
		fix := ""
		if errors.Is(err, unix.ENOSPC) {
			fix = "sudo sysctl -w user.max_net_namespaces=15000"
		}
		return []Check{failed(name, fmt.Errorf("make one (unshare): %w", err), fix)}
	}
	checks := []Check{ok(name, "made one")}
	for _, c := range []struct {
		try  func() error
		name string
		fix  string
		good string
	}{
		{tryBridge, "bridges", "sudo modprobe bridge", "made one"},
		{tryVeth, "pairs of interfaces (veth)", "sudo modprobe veth", "made one"},
	} {
		if err := r.do(c.try); err != nil {
			checks = append(checks, failed(c.name, err, c.fix))
			continue
		}
		checks = append(checks, ok(c.name, "%s", c.good))
	}
	rules := r.rules()
	checks = append(checks, rules, r.packets())
	return append(checks, r.uplinks(rules)...)
}

func tryBridge() error {
	return netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: "doctor0"}})
}

func tryVeth() error {
	return netlink.LinkAdd(&netlink.Veth{LinkAttrs: netlink.LinkAttrs{Name: "doctor1"}, PeerName: "doctor2"})
}

// rules tries every kind of rule that projects have.
func (r *room) rules() Check {
	const name = "nf_tables with tproxy"
	err := r.do(func() error {
		if err := netlink.LinkSetUp(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: 1}}); err != nil {
			return fmt.Errorf("set lo up: %w", err)
		}
		t, err := firewall.Open()
		if err != nil {
			return err
		}
		return t.Close()
	})
	if err != nil {
		// Projects run without, but their services have no way out.
		return failed(name, err, "sudo modprobe -a nf_tables nft_tproxy nft_socket nft_reject_inet nft_masq").optional().degraded()
	}
	return ok(name, "made rules of each kind")
}

// packets tries the socket by which the relay sees connections before the kernel
// answers them (packet(7)).
func (r *room) packets() Check {
	const name = "packet sockets"
	err := r.do(func() error {
		fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			unix.Close(fd)
		}
		return err
	})
	if err != nil {
		return failed(name, fmt.Errorf("services see refused connections of the outside as accepted and reset: %w", err), "sudo modprobe af_packet").optional().degraded()
	}
	return ok(name, "made one")
}
