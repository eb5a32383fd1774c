package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"

	"github.com/mocker-compose/mocker-compose/internal/host/groups"
	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/internal/host/logpipes"
	"github.com/mocker-compose/mocker-compose/internal/host/mounts"
	"github.com/mocker-compose/mocker-compose/internal/host/netspec"
	"github.com/mocker-compose/mocker-compose/internal/host/ownfiles"
	"github.com/mocker-compose/mocker-compose/internal/host/roots"
	"github.com/mocker-compose/mocker-compose/internal/host/turns"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/rootfs"
	"github.com/mocker-compose/mocker-compose/internal/sharing"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/uplinks"
	"github.com/mocker-compose/mocker-compose/internal/usage"
	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// Runtime carries out what a supervisor wants, for one project.
type Runtime struct {
	dirs     state.Dirs
	project  string
	holder   *rootless.HolderClient
	kept     *kept.Files
	net      *netstack.Stack
	logs     *logpipes.Keeper
	archives *rootfs.Store                // of archives that are no images
	store    func() (*image.Store, error) // opened when a service has an image
	vols     *volumes.Store
	mounting *mounts.Keeper
	roots    *roots.Keeper
	scratch  *os.File     // directory of the holder's scratch files
	ownEtc   func() bool  // on the host's root file system, /etc is an overlay of ours
	overlay  func() error // why no overlay can be made; nil if one can
	// dataLayers tells whether one can have layers for contents alone.
	dataLayers func() bool
	report     func(string)
	router     *os.File
	uplink     *uplinks.Keeper
	groups     *groups.Keeper
	happens    chan supervisor.Happening

	singleID bool
	portable bool
	keyring  string // of the project; "" = there are no keyrings
	execs    atomic.Int64
	turns    turns.Turns
	owning   *ownfiles.Namespaces
	agreed   ownfiles.Agreement
	meter    *usage.Meter

	mu         sync.Mutex
	containers map[string]*container
	parked     map[string]*container // removed, while others run in their net namespaces
	noticed    map[string]bool       // what has been said, or is about to be
	notices    []string
}

// container is what the runtime knows of one container. The supervisor makes
// the calls for one container one after the other, so only fields that others
// look at are behind Runtime.mu.
type container struct {
	name     string
	service  string
	number   int
	hostname string
	rec      record
	box      *netstack.Sandbox // nil: no net namespace of its own
	changing bool              // adopted in the middle of a change of its networks
	out      [2]*os.File       // write ends of stdout's and stderr's pipe
	logs     string            // the container whose log it writes into, "" = its own
	run      *rootless.Child   // the latest run, nil before the first
	work     string            // name of its overlay's work directory, "" = none

	input *os.File        // feeds its standard input: master of the terminal or end of the pipe; nil = none
	shown <-chan struct{} // closed when all that its terminal shows is in the log; nil: it has none

	notify    *os.File   // the socket that it tells of its readiness; nil = none
	listening sync.Mutex // held while somebody listens to it
}

func newContainer(sc *supervisor.Container) *container {
	c := &container{name: sc.Name, service: sc.Service.Name, number: sc.Number, hostname: netspec.Hostname(sc)}
	if sc.OneOff != nil {
		c.service = "" // no replica, so not meant by service:NAME
		if step := sc.OneOff.Step; step != nil {
			c.logs = step.Of
		}
	}
	return c
}

var _ supervisor.Runtime = (*Runtime)(nil)

// Open connects to the project's holder and takes over what it keeps.
func Open(ctx context.Context, dirs state.Dirs, name string, report func(string)) (_ *Runtime, err error) {
	r := &Runtime{
		dirs: dirs, project: name, report: report, vols: volumes.Open(dirs),
		singleID: onlyOneID(), portable: rootless.UsePortable(),
		containers: make(map[string]*container),
		parked:     make(map[string]*container),
		noticed:    make(map[string]bool),
		happens:    make(chan supervisor.Happening, happeningsKept),
	}
	if rootless.HasKeyrings() {
		r.keyring = rootless.KeyringName(name)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.Close())
		}
	}()
	if r.holder, err = rootless.ConnectHolder(ctx, dirs, name); err != nil {
		return nil, fmt.Errorf("holder of project %s: %w", name, err)
	}
	if err := r.openGroups(); err != nil {
		return nil, err
	}
	if r.kept, err = kept.Open(r.holder); err != nil {
		return nil, err
	}
	r.owning = ownfiles.Keep(r.kept)
	if r.router = r.kept.Claim(rootless.RouterName); r.router == nil {
		return nil, fmt.Errorf("holder of project %s keeps no router net namespace", name)
	}
	if r.scratch = r.kept.Claim(rootless.ScratchName); r.scratch == nil {
		return nil, fmt.Errorf("holder of project %s keeps no scratch directory", name)
	}
	r.openMounting()
	if r.net, err = netstack.Open(r.router, r.kept, r.notice); err != nil {
		return nil, err
	}
	if err := r.net.Share(sharing.Of(dirs, name)); err != nil {
		report(err.Error())
	}
	r.openUplink()
	r.net.OnConflict(func(pid int) string { return projectOf(dirs, pid) })
	if r.logs, err = logpipes.Open(dirs, name, r.kept, report, r.notice); err != nil {
		return nil, err
	}
	if r.archives, err = rootfs.Open(dirs.RootFS()); err != nil {
		return nil, err
	}
	r.store = sync.OnceValues(func() (*image.Store, error) { return image.Open(dirs.Images()) })
	r.archives.Start = rootless.RunRole
	r.overlay = sync.OnceValue(func() error { return sandbox.ProbeOverlay(dirs.Data) })
	r.dataLayers = sync.OnceValue(func() bool { return sandbox.ProbeData(dirs.Data) == nil })
	r.openRoots()
	r.ownEtc = sync.OnceValue(r.probeEtc)
	return r, sandbox.MakeBase(dirs.BaseLayer())
}

// Close gives back what this process has open; nothing of the containers ends.
func (r *Runtime) Close() error {
	var errs []error
	if r.groups != nil {
		errs = append(errs, r.groups.Close())
	}
	if r.logs != nil {
		errs = append(errs, r.logs.Close())
	}
	if r.net != nil {
		errs = append(errs, r.net.Close())
	}
	if r.kept != nil {
		r.kept.Close()
	}
	errs = append(errs, r.owning.Close())
	if r.scratch != nil {
		errs = append(errs, r.scratch.Close())
	}
	if r.holder != nil {
		r.holder.Close()
	}
	if r.uplink != nil {
		r.uplink.Close()
	}
	if r.router != nil {
		errs = append(errs, r.router.Close())
	}
	return errors.Join(errs...)
}

// notice keeps a line for the user; the same line is said once.
func (r *Runtime) notice(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.noticed[text] {
		r.noticed[text] = true
		r.notices = append(r.notices, text)
	}
}

// Notices hands over the lines for the user since the last call.
func (r *Runtime) Notices() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := r.notices
	r.notices = nil
	return list
}

// Gone is closed when the holder has died: everything has ended.
func (r *Runtime) Gone() <-chan struct{} { return r.holder.Gone() }

// EndProject ends the holder and all that runs.
func (r *Runtime) EndProject() error { return r.holder.End() }

func (r *Runtime) lookup(name string) *container {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.containers[name]
}

func (r *Runtime) register(c *container) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.containers[c.name] = c
}

func (r *Runtime) unregister(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.containers, name)
}

// onlyOneID tells whether this user namespace has one id (user_namespaces(7)).
func onlyOneID() bool {
	b, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return true
	}
	var inside, outside, count uint32
	n, err := fmt.Sscan(string(b), &inside, &outside, &count)
	lines := 0
	for _, ch := range b {
		if ch == '\n' {
			lines++
		}
	}
	return err != nil || n != 3 || (lines == 1 && count == 1)
}
