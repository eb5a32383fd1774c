package rootless

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// ErrHolderGone is what every call returns once the project holder has died:
// the project is over.
var ErrHolderGone = errors.New("the project's holder has died, and with it all that ran in the project")

// HolderClient is the supervisor's side of the talk with its project holder.
type HolderClient struct {
	conn  *wire.Conn
	pidfd *os.File
	// Root is the directory on which sandboxes assemble their root.
	Root string

	mu      sync.Mutex
	seq     int
	waiting map[int]chan reply
	exits   map[string]chan ChildInfo
	missed  map[string]ChildInfo
	gone    chan struct{}
}

type reply struct {
	answer holderAnswer
	files  []*os.File
}

// Child is a process that the holder started.
type Child struct {
	ChildInfo
	// Pidfd is nil for a child that had ended when it was asked for.
	Pidfd *os.File
	// Done gets the line of the table when the child has ended, then is closed;
	// it is closed without one when the holder has died, and the child with it.
	Done <-chan ChildInfo
	// Late: it was killed because it did not hand over in time.
	Late bool
}

// ConnectHolder connects to the project's holder and listens for exits.
func ConnectHolder(ctx context.Context, dirs state.Dirs, project string) (*HolderClient, error) {
	conn, err := wire.Dial(ctx, dirs.HolderSocket(project))
	if err != nil {
		return nil, err
	}
	pidfd, err := conn.PeerPidfd()
	if err != nil {
		conn.Close()
		return nil, err
	}
	return newHolderClient(conn, pidfd, mountPoint(dirs, project))
}

// newHolderClient takes conn and pidfd over.
func newHolderClient(conn *wire.Conn, pidfd *os.File, root string) (*HolderClient, error) {
	h := &HolderClient{
		conn: conn, pidfd: pidfd, Root: root,
		waiting: make(map[int]chan reply), exits: make(map[string]chan ChildInfo),
		missed: make(map[string]ChildInfo),
		gone:   make(chan struct{}),
	}
	go h.receive()
	if _, err := h.call(holderRequest{Op: opWatch}); err != nil {
		h.Close()
		return nil, err
	}
	return h, nil
}

// Close ends the connection; the holder lives on.
func (h *HolderClient) Close() {
	h.conn.Close()
	<-h.gone
	h.pidfd.Close()
}

// Pidfd is the holder's; it is open until Close.
func (h *HolderClient) Pidfd() *os.File { return h.pidfd }

// Gone is closed when the holder has died or the connection was closed.
func (h *HolderClient) Gone() <-chan struct{} { return h.gone }

// receive hands answers to their callers and exits to their children.
func (h *HolderClient) receive() {
	defer h.hangUp()
	for {
		var a holderAnswer
		files, err := h.conn.Receive(&a)
		if err != nil {
			return
		}
		h.mu.Lock()
		if a.Exit != nil {
			h.tellExit(*a.Exit)
			h.mu.Unlock()
			continue
		}
		ch := h.waiting[a.Seq]
		if !a.More {
			delete(h.waiting, a.Seq)
		}
		h.mu.Unlock()
		if ch == nil {
			closeFiles(files)
			continue
		}
		ch <- reply{a, files}
		if !a.More {
			close(ch)
		}
	}
}

// hangUp tells everybody who waits that nothing more will come: a Done that is
// closed without a value.
func (h *HolderClient) hangUp() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, ch := range h.exits {
		delete(h.exits, name)
		close(ch)
	}
	close(h.gone)
}

// tellExit is called with the lock.
func (h *HolderClient) tellExit(info ChildInfo) {
	ch := h.exits[info.Name]
	if ch == nil {
		h.missed[info.Name] = info // told between the table and its reader
		return
	}
	delete(h.exits, info.Name)
	ch <- info // buffered
	close(ch)
}

// call sends a request and returns all of its answers.
func (h *HolderClient) call(req holderRequest, files ...*os.File) ([]reply, error) {
	ch := make(chan reply, 16)
	h.mu.Lock()
	h.seq++
	req.Seq = h.seq
	h.waiting[req.Seq] = ch
	h.mu.Unlock()
	if err := h.conn.Send(req, files...); err != nil {
		return nil, fmt.Errorf("%w (%w)", ErrHolderGone, err)
	}
	runtime.KeepAlive(files)
	var replies []reply
	for {
		select {
		case r, ok := <-ch:
			if !ok {
				return replies, nil
			}
			replies = append(replies, r)
			if r.answer.Error != "" {
				return nil, errors.New(r.answer.Error)
			}
		case <-h.gone:
			return nil, ErrHolderGone
		}
	}
}

// Keep stores a file in the holder under a name; see KeepAll.
func (h *HolderClient) Keep(name string, f *os.File) error {
	return h.KeepAll(map[string]*os.File{name: f})
}

// KeepAll stores files in the holder; they replace those of the same names.
// It does not wait: once sent, the files are on their way even if we are killed,
// and later calls find them stored, because the holder takes requests in order.
func (h *HolderClient) KeepAll(files map[string]*os.File) error {
	req := holderRequest{Op: opKeep, Names: slices.Sorted(maps.Keys(files))}
	list := make([]*os.File, len(req.Names))
	for i, name := range req.Names {
		list[i] = files[name]
	}
	if err := h.conn.Send(req, list...); err != nil {
		return fmt.Errorf("%w (%w)", ErrHolderGone, err)
	}
	return nil
}

// Drop removes files from the store, and returns when they are closed; one that
// is not there is no error.
func (h *HolderClient) Drop(names ...string) error {
	_, err := h.call(holderRequest{Op: opDrop, Names: names})
	return err
}

// Kept returns the whole store; the files are the caller's.
func (h *HolderClient) Kept() (map[string]*os.File, error) {
	replies, err := h.call(holderRequest{Op: opKept})
	if err != nil {
		return nil, err
	}
	m := make(map[string]*os.File)
	for _, r := range replies {
		for i, f := range r.files {
			if i < len(r.answer.Names) {
				m[r.answer.Names[i]] = f
			}
		}
	}
	return m, nil
}

// Launch is a request to start a child.
type Launch struct {
	// Name is unique among the children that live.
	Name string
	// Files become the descriptors 0, 1, 2, ...; number 3 is the program's image.
	Files []*os.File
	// Clone are the CLONE_NEW* flags of the child.
	Clone uintptr
	// HandOver is the descriptor of the socket over which the child hands over to
	// another one (program.HandOver): len(Files), or 0.
	HandOver int
	// Limit bounds its way to the point where it hands over.
	Limit time.Duration
	// Portable: the image is a list for program.Run.
	Portable bool
	// Cgroup is the directory of the cgroup that the child is born in (clone(2),
	// CLONE_INTO_CGROUP, Linux 5.7); nil = that of the holder.
	Cgroup *os.File
}

// Start starts a child.
func (h *HolderClient) Start(l Launch) (*Child, error) {
	done := h.expect(l.Name)
	req := &launchRequest{l.Clone, l.HandOver, l.Limit, l.Portable, l.Cgroup != nil}
	replies, err := h.call(holderRequest{Op: opLaunch, Name: l.Name, Launch: req}, append(slices.Clip(l.Files), some(l.Cgroup)...)...)
	if err != nil {
		h.mu.Lock()
		delete(h.exits, l.Name)
		h.mu.Unlock()
		return nil, err
	}
	for _, r := range replies {
		if len(r.answer.Children) == 1 && len(r.files) == 1 {
			return &Child{ChildInfo: r.answer.Children[0], Pidfd: r.files[0], Done: done, Late: r.answer.Late}, nil
		}
	}
	return nil, fmt.Errorf("start %s: the holder's answer is incomplete", l.Name)
}

func (h *HolderClient) expect(name string) <-chan ChildInfo {
	ch := make(chan ChildInfo, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if info, ok := h.missed[name]; ok {
		delete(h.missed, name)
		ch <- info
		close(ch)
		return ch
	}
	h.exits[name] = ch
	return ch
}

// Children returns the holder's table: what lives and what has ended unseen.
func (h *HolderClient) Children() ([]*Child, error) {
	replies, err := h.call(holderRequest{Op: opChildren})
	if err != nil {
		return nil, err
	}
	var list []*Child
	for _, r := range replies {
		files := r.files
		for _, info := range r.answer.Children {
			c := &Child{ChildInfo: info}
			if info.Ended.IsZero() && len(files) > 0 {
				c.Pidfd, files = files[0], files[1:]
			}
			c.Done = h.doneOf(c)
			list = append(list, c)
		}
	}
	return list, nil
}

// doneOf is the channel of a child from the table.
func (h *HolderClient) doneOf(c *Child) <-chan ChildInfo {
	if c.Pidfd != nil {
		return h.expect(c.Name)
	}
	ch := make(chan ChildInfo, 1)
	ch <- c.ChildInfo
	close(ch)
	return ch
}

// Forget removes the line of an ended child.
func (h *HolderClient) Forget(name string) error {
	_, err := h.call(holderRequest{Op: opForget, Name: name})
	return err
}

// Release is Forget for a child that nobody asks for any more, and closes its pidfd.
// Signals to it are in vain from then on, and harmless.
func (h *HolderClient) Release(c *Child) error {
	if c.Pidfd != nil {
		c.Pidfd.Close() //nolint:errcheck // it is closed, whatever close(2) says
	}
	return h.Forget(c.Name)
}

// End ends the holder, and with it everything that runs in the project, and
// waits until it is gone.
func (h *HolderClient) End() error {
	_, err := h.call(holderRequest{Op: opEnd})
	if err != nil && !errors.Is(err, ErrHolderGone) {
		return err
	}
	waitReadable(h.pidfd)
	reap(h.pidfd) // of a worker it is a child; pid 1 of a container may collect nobody's
	return nil
}

// Signal sends a signal to a child's process by its pidfd (pidfd_send_signal(2)).
func (c *Child) Signal(sig unix.Signal) error {
	if c.Pidfd == nil {
		return unix.ESRCH
	}
	return sendSignal(c.Pidfd, sig)
}
