package netstack

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/netstack/carry"
	"github.com/mocker-compose/mocker-compose/netstack/commons"
	"github.com/mocker-compose/mocker-compose/netstack/dns"
	"github.com/mocker-compose/mocker-compose/netstack/egress"
	"github.com/mocker-compose/mocker-compose/netstack/firewall"
	"github.com/mocker-compose/mocker-compose/netstack/ports"
	"github.com/mocker-compose/mocker-compose/netstack/settings"
	"github.com/mocker-compose/mocker-compose/netstack/sock"
)

// Stack is the network of one project. Its methods may be called from several
// goroutines; those for one container one after the other.
//
// It has more fields than most types because it is where the parts meet: each
// field is the whole interface to one part.
type Stack struct {
	routerNS *os.File
	worker   *worker
	router   router
	links    rtnetlink       // in R, for the worker
	firewall *firewall.Table // nil: the kernel has no nft
	files    *fileStore
	zone     *dns.Zone
	names    *dns.Server
	upstream *dns.Upstream
	ports    *ports.Table
	carried  *carry.Set
	report   func(string)
	lastGID  uint32
	noPing   sync.Once          // says that ping needs a capability
	calm     []settings.Setting // about congestion, of every namespace
	hostWays atomic.Pointer[map[hostKey]HostAccess]

	ctx    context.Context //nolint:containedctx // the stack's own life, ended by Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // every goroutine that serves a socket

	mu        sync.Mutex // guards all below, and the fields of networks and sandboxes
	networks  map[string]*network
	sandboxes map[string]*Sandbox
	projectOf func(pid int) string
	sharing   *commons.Sharing // nil: with nobody
	way6      bool             // containers have a default route by IPv6
	wayOut    wayOut
	relay     *egress.Relay // nil: no network has a way out by it
}

// resolvConfPath is the host's, as this process sees it.
const resolvConfPath = "/etc/resolv.conf"

// Open takes charge of the router namespace R and of what an earlier process
// left in it: its networks are there at once, its sandboxes after
// [Stack.AdoptSandbox]. The calling process must be in the host's net namespace
// and have all capabilities over R. routerNS stays the caller's.
//
// report gets what the user should know although nothing failed, one line each.
func Open(routerNS *os.File, keeper Keeper, report func(string)) (*Stack, error) {
	var u undo.Stack
	defer u.Run() //nolint:errcheck // the first error is the one that matters
	ns, err := duplicate(routerNS)
	if err != nil {
		return nil, err
	}
	u.Add("router namespace", ns.Close)
	w, err := startWorker(ns)
	if err != nil {
		return nil, fmt.Errorf("router namespace: %w", err)
	}
	u.Add("worker", func() error { w.close(); return nil })
	s := &Stack{
		routerNS: ns, worker: w, files: newFileStore(keeper), zone: dns.NewZone(), report: report,
		sandboxes: map[string]*Sandbox{}, projectOf: func(int) string { return "" },
		calm: settings.Calm(settings.HostCongestion()),
	}
	u.Add("kept files", func() error { s.files.close(); return nil })
	s.upstream = dns.NewUpstream(resolvConfPath)
	s.names = dns.NewServer(s.zone, s.upstream, dns.Routable)
	if s.lastGID, err = settings.LastMappedGroup(); err != nil {
		return nil, err
	}
	if err := w.do(ns, s.prepareRouter); err != nil {
		return nil, fmt.Errorf("router namespace: %w", err)
	}
	u.Add("netlink sockets", func() error { s.router.Close(); s.links.close(); return nil })
	if err := w.do(ns, s.openFirewall); err != nil {
		return nil, fmt.Errorf("router namespace: %w", err)
	}
	u.Add("firewall", s.closeFirewall)
	if s.networks, err = s.router.bridges(s.links); err != nil {
		return nil, err
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.openPorts()
	u.Add("way out", func() error { s.closeRelay(); return nil })
	if err := s.readWayOut(); err != nil {
		return nil, err
	}
	s.adoptResolvers()
	s.way6 = egress.HasIPv6()
	s.followIPv6()
	u.Release()
	return s, nil
}

// prepareRouter runs in R, on the worker.
func (s *Stack) prepareRouter() error {
	if err := settings.Apply(settings.Inherited, settings.Router, s.calm); err != nil {
		return err
	}
	h, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink socket: %w", err)
	}
	socket, err := openRTNetlink()
	if err != nil {
		h.Close()
		return err
	}
	s.router, s.links = router{h}, socket
	if err := socket.do(nil, loopbackUp()); err != nil {
		h.Close()
		socket.close()
		return err
	}
	return nil
}

// OnConflict sets how the error about a port in use finds out which project the
// process pid belongs to ("" = none).
func (s *Stack) OnConflict(projectOf func(pid int) string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.projectOf = projectOf
}

// Close ends all service: names, published ports, connections that they carry.
// What is kept stays: another Stack can take over. It waits for every goroutine.
func (s *Stack) Close() error {
	s.cancel()
	s.mu.Lock()
	for _, sb := range s.sandboxes {
		sb.closeSockets()
		sb.ns.Close()
	}
	for _, n := range s.networks {
		n.resolver.close()
		n.closeX()
	}
	s.sandboxes, s.networks = map[string]*Sandbox{}, map[string]*network{}
	s.mu.Unlock()
	s.carried.Abort()
	s.ports.Close()
	s.closeRelay()
	s.wg.Wait()
	s.worker.close()
	s.router.Close()
	s.links.close()
	s.files.close()
	return errors.Join(s.closeFirewall(), s.routerNS.Close())
}

func duplicate(f *os.File) (*os.File, error) {
	fd := -1
	err := sock.With(f, func(old int) (err error) {
		fd, err = unix.FcntlInt(uintptr(old), unix.F_DUPFD_CLOEXEC, 3)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("duplicate %s: %w", f.Name(), err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}
