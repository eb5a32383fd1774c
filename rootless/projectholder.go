package rootless

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// What every project holder has in its store from the start.
const (
	RouterName  = "router"  // the project's router net namespace
	ScratchName = "scratch" // the directory of ScratchDir
)

// mountPoint is where each sandbox, in its own mount namespace, assembles its root.
func mountPoint(dirs state.Dirs, project string) string {
	return filepath.Join(dirs.ProjectRun(project), "root")
}

// ScratchDir is a tmpfs that lives as long as the project holder, for small
// files that containers see and that are worth nothing without them. The path
// means it in the mount namespaces of the holder and of sandboxes only.
func ScratchDir(dirs state.Dirs, project string) string {
	return filepath.Join(dirs.ProjectRun(project), "scratch")
}

// projectHolder is the state of a project holder. The mutex guards all of it;
// nothing is done under it that can wait for somebody, but fork.
type projectHolder struct {
	mu       sync.Mutex
	kept     map[string]*os.File
	children map[string]*child
	watcher  *wire.Conn
}

// RunProjectHolder is the body of a project holder: pid 1 of the project's pid
// namespace. ready is told when the socket accepts. It returns an exit code.
func RunProjectHolder(dirs state.Dirs, project string, ready *os.File) int {
	l, h, err := newProjectHolder(dirs, project)
	if err != nil {
		fmt.Fprintf(ready, "project holder of %s: %s", project, cause.Line(err))
		return 1
	}
	tellReady(ready)
	for {
		c, err := l.Accept()
		if err != nil {
			return 1
		}
		go h.serve(c)
	}
}

func newProjectHolder(dirs state.Dirs, project string) (*wire.Listener, *projectHolder, error) {
	if err := state.MakePrivate(mountPoint(dirs, project)); err != nil {
		return nil, nil, err
	}
	scratch := ScratchDir(dirs, project)
	if err := state.MakePrivate(scratch); err != nil {
		return nil, nil, err
	}
	h, err := furnish(scratch, KeyringName(project))
	if err != nil {
		return nil, nil, err // the process ends, and all that it has with it
	}
	l, err := wire.Listen(dirs.HolderSocket(project))
	return l, h, err
}

// furnish gives the calling process what a holder has from the start.
func furnish(scratch, keyring string) (*projectHolder, error) {
	if os.Getpid() != 1 {
		return nil, fmt.Errorf("is not pid 1 of a pid namespace")
	}
	// The child's /proc/self must name it: this /proc has to be of this pid namespace.
	if err := cause.Forced("proc"); err != nil {
		return nil, explainProc(err)
	}
	if err := unix.Mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return nil, explainProc(err)
	}
	if err := holdKeyring(keyring); err != nil {
		return nil, err
	}
	h := &projectHolder{kept: make(map[string]*os.File), children: make(map[string]*child)}
	var err error
	if h.kept[ScratchName], err = mountScratch(scratch); err != nil {
		return nil, err
	}
	if h.kept[RouterName], err = newNetNS(); err != nil {
		return nil, cause.Born("router net namespace", err, "net")
	}
	return h, nil
}

// explainProc says why the kernel lets us mount no /proc.
func explainProc(err error) error {
	const doing = "mount /proc of the project's pid namespace"
	if errors.Is(err, unix.EPERM) {
		return &cause.Error{Doing: doing, Err: err, Cause: cause.Proc(cause.Here())}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// mountScratch mounts the scratch tmpfs and opens it. Not noexec: a config may be
// a script with mode 755.
func mountScratch(dir string) (*os.File, error) {
	if err := unix.Mount("scratch", dir, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=700,size=256m"); err != nil {
		return nil, explainMount("mount the scratch directory "+dir, err)
	}
	return os.Open(dir)
}

// explainMount says why the kernel takes no further mount: ENOSPC is its answer for
// that alone (mount(2)).
func explainMount(doing string, err error) error {
	if errors.Is(err, unix.ENOSPC) {
		return &cause.Error{Doing: doing, Err: err, Cause: cause.MountMax(cause.Here())}
	}
	return fmt.Errorf("%s: %w", doing, err)
}

// newNetNS makes a net namespace. The holder itself stays in the host's, so that
// services with network_mode host can be born in it: there is no way back into it.
func newNetNS() (*os.File, error) {
	type result struct {
		ns  netns.NsHandle
		err error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread is in the new namespace, and ends with its goroutine
		ns, err := netns.New()
		done <- result{ns, err}
	}()
	r := <-done
	if err := cause.Forced("net"); err != nil && r.err == nil {
		r.ns.Close()
		r.err = err
	}
	if r.err != nil {
		return nil, r.err
	}
	return os.NewFile(uintptr(r.ns), "net namespace"), nil
}

// serve answers one connection until it ends.
func (h *projectHolder) serve(c *wire.Conn) {
	defer h.hangUp(c)
	for {
		var req holderRequest
		files, err := c.Receive(&req)
		if err != nil {
			return
		}
		if err := h.answer(c, req, files); err != nil {
			return
		}
	}
}

func (h *projectHolder) hangUp(c *wire.Conn) {
	h.mu.Lock()
	if h.watcher == c {
		h.watcher = nil
	}
	h.mu.Unlock()
	c.Close()
}

// answer carries out one request. Its error is that of the connection; that of
// the request goes into the answer.
func (h *projectHolder) answer(c *wire.Conn, req holderRequest, files []*os.File) error {
	reply := holderAnswer{Seq: req.Seq}
	switch req.Op {
	case opKeep:
		if len(files) == len(req.Names) {
			h.keep(req.Names, files)
			return nil
		}
		closeFiles(files)
		return fmt.Errorf("keep: %d names for %d files", len(req.Names), len(files))
	case opDrop:
		h.drop(req.Names)
	case opKept:
		return h.sendKept(c, req.Seq)
	case opLend:
		return h.lend(c, req)
	case opChildren:
		return h.sendChildren(c, req.Seq)
	case opLaunch:
		return h.launch(c, req, files)
	case opForget:
		h.forget(req.Name)
	case opWatch:
		h.mu.Lock()
		h.watcher = c
		h.mu.Unlock()
	case opEnd:
		_ = c.Send(reply)
		os.Exit(0)
	default:
		reply.Error = fmt.Sprintf("unknown request %q", req.Op)
	}
	closeFiles(files)
	return c.Send(reply)
}

func closeFiles(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// tellReady writes the one byte that the starter waits for.
func tellReady(ready *os.File) {
	_, _ = ready.Write([]byte{0})
	ready.Close()
}
