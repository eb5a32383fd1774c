package rootless

import (
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/birth"
)

// child is a line of the table with what only the holder has.
type child struct {
	ChildInfo
	pidfd *os.File // nil when ended
}

// launch starts a child and answers with its pidfd, then waits for it beside.
func (h *projectHolder) launch(c *wire.Conn, req holderRequest, files []*os.File) error {
	defer closeFiles(files) // the cgroup too: the list of start is shorter
	ch, sock, err := h.start(req, files)
	if err != nil {
		return c.Send(holderAnswer{Seq: req.Seq, Error: cause.Line(err)})
	}
	if sock != nil {
		go h.handOver(c, req.Seq, ch, sock, req.Launch.Limit)
		return nil
	}
	// The answer before the wait: an exit is never told before its start.
	err = c.Send(holderAnswer{Seq: req.Seq, Children: []ChildInfo{ch.ChildInfo}}, ch.pidfd)
	go h.wait(ch)
	return err
}

// start adds a line to the table. sock is where the child hands over, nil = it does not.
func (h *projectHolder) start(req holderRequest, files []*os.File) (_ *child, sock *os.File, err error) {
	l := req.Launch
	var group *os.File
	if l != nil && l.Cgroup && len(files) > 0 {
		files, group = files[:len(files)-1], files[len(files)-1]
	}
	if l == nil || req.Name == "" || len(files) < 4 || l.HandOver != 0 && l.HandOver != len(files) {
		return nil, nil, fmt.Errorf("launch: incomplete request")
	}
	if l.HandOver != 0 {
		var theirs *os.File
		if sock, theirs, err = handOverSocket(); err != nil {
			return nil, nil, err
		}
		defer theirs.Close()
		files = append(slices.Clip(files), theirs)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if old := h.children[req.Name]; old != nil && old.Ended.IsZero() {
		closeFiles(some(sock))
		return nil, nil, fmt.Errorf("launch: %s runs already", req.Name)
	}
	pidfd, err := fork(*l, files, group)
	if err != nil {
		closeFiles(some(sock))
		return nil, nil, err
	}
	ch := &child{ChildInfo: ChildInfo{Name: req.Name, Started: time.Now()}, pidfd: pidfd}
	h.children[req.Name] = ch
	return ch, sock, nil
}

// statusFile is the descriptor on which a program reports a failure.
const statusFile = 4

// fork clones and executes the program (descriptor 3). The image is executed by
// the number it has in the child: by ours, os/exec's and our own descriptors
// could overwrite it between clone and execve. group is where it is born, nil =
// where we are.
func fork(l launchRequest, files []*os.File, group *os.File) (*os.File, error) {
	path, argv := "/proc/self/fd/3", []string{"sandbox"}
	if l.Portable {
		self, err := sealedSelf()
		if err != nil {
			return nil, err
		}
		path, argv = fmt.Sprintf("/proc/self/fd/%d", len(files)), []string{"mocker-compose", RoleArg, RoleProgram}
		files = append(slices.Clip(files), self)
	}
	if group != nil && l.HandOver != 0 { // others may be in there
		fd, err := birth.Into(group, birth.Child{Path: path, Args: argv, Files: files, Status: statusFile, Clone: l.Clone})
		if err == syscall.EAGAIN {
			err = fmt.Errorf("the container has as many processes as it may have (pids_limit), or the user has: %w", err)
		}
		if err != nil {
			return nil, fmt.Errorf("start the sandbox in its cgroup: %w", err)
		}
		return pollable(fd), nil
	}
	fd := -1
	attr := &syscall.ProcAttr{
		Env: []string{},
		Sys: &syscall.SysProcAttr{Cloneflags: l.Clone, PidFD: &fd, Setpgid: l.HandOver != 0}, // see handOver
	}
	for _, f := range files {
		attr.Files = append(attr.Files, uintptr(wire.FD(f)))
	}
	if group != nil {
		attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, wire.FD(group)
	}
	_, err := syscall.ForkExec(path, argv, attr)
	runtime.KeepAlive(files)
	runtime.KeepAlive(group)
	if err != nil {
		return nil, cause.Born("start the sandbox", err, "pid", "mnt", "uts", "ipc", "cgroup")
	}
	if fd < 0 {
		return nil, fmt.Errorf("start the sandbox: the kernel gave no pidfd (Linux 5.2 or newer is needed)")
	}
	return pollable(fd), nil
}

// wait reaps a child when it ends, and tells the supervisor if there is one.
func (h *projectHolder) wait(ch *child) {
	ws := collect(ch.pidfd)
	h.mu.Lock()
	defer h.mu.Unlock()
	ch.Ended = time.Now()
	ch.Status = uint32(ws)
	ch.pidfd.Close()
	ch.pidfd = nil
	if h.watcher != nil {
		info := ch.ChildInfo
		_ = h.watcher.Send(holderAnswer{Exit: &info})
	}
}

func (h *projectHolder) forget(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ch := h.children[name]; ch != nil && !ch.Ended.IsZero() {
		delete(h.children, name)
	}
}

// sendChildren sends the table; a line of the living comes with its pidfd.
func (h *projectHolder) sendChildren(c *wire.Conn, seq int) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	names := slices.Sorted(maps.Keys(h.children))
	for batch := range slices.Chunk(names, wire.MaxFiles) {
		answer := holderAnswer{Seq: seq, More: true}
		var files []*os.File
		for _, n := range batch {
			ch := h.children[n]
			answer.Children = append(answer.Children, ch.ChildInfo)
			if ch.pidfd != nil {
				files = append(files, ch.pidfd)
			}
		}
		if err := c.Send(answer, files...); err != nil {
			return err
		}
	}
	return c.Send(holderAnswer{Seq: seq})
}
