package host

import (
	"context"
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/mountns"
	"github.com/mocker-compose/mocker-compose/internal/host/netspec"
	"github.com/mocker-compose/mocker-compose/internal/host/pids"
	"github.com/mocker-compose/mocker-compose/internal/undo"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

// share finds whose namespaces a service has. What it opens is closed by back.
func (r *Runtime) share(sc *supervisor.Container, back *undo.Stack) (sandbox.Share, error) {
	s := ofHost(sc)
	for _, n := range []struct {
		key, value string
		to         *sandbox.With
	}{
		{"pid", sc.Service.PID, &s.PID}, {"ipc", sc.Service.IPC, &s.IPC}, {"uts", sc.Service.UTS, &s.UTS},
	} {
		if n.value == "" || n.value == "shareable" || n.value == "host" {
			continue
		}
		pidfd, err := r.peer(sc, n.value)
		if err != nil {
			return s, &supervisor.StartError{Stage: n.key + " namespace", Object: n.value, Err: err,
				Hint: "start it first: the namespace is there while it runs"}
		}
		n.to.Of = pidfd
	}
	err := r.sharedFiles(sc, &s, back)
	return s, err
}

// sharedFiles finds the files that belong to shared namespaces.
func (r *Runtime) sharedFiles(sc *supervisor.Container, s *sandbox.Share, back *undo.Stack) (err error) {
	if s.UTS.Of != nil {
		here, _ := r.scratchFile(sc.Name, "hostname")
		if err := os.WriteFile(here, []byte(r.uname(sc)+"\n"), 0o644); err != nil { // at the creation its owner may not have been there
			return stageError("files", sc.Name, err)
		}
	}
	if s.IPC.Of != nil {
		if s.Shm, err = sandbox.Tree(s.IPC.Of, "/dev/shm", unix.TMPFS_MAGIC); err != nil {
			return stageError("/dev/shm", sc.Service.IPC, err)
		}
		back.Add("shm", s.Shm.Close)
	}
	if s.PID.Of != nil {
		if s.Proc, err = sandbox.Tree(s.PID.Of, "/proc", unix.PROC_SUPER_MAGIC); err != nil {
			return stageError("/proc", sc.Service.PID, err)
		}
		back.Add("proc", s.Proc.Close)
	}
	return nil
}

// ofHost are the namespaces that a service has of the holder's.
func ofHost(sc *supervisor.Container) sandbox.Share {
	return sandbox.Share{
		PID: sandbox.With{Host: sc.Service.PID == "host"}, IPC: sandbox.With{Host: sc.Service.IPC == "host"},
		UTS: sandbox.With{Host: sc.Service.UTS == "host"}, HostCgroup: sc.Service.HostCgroup,
	}
}

// peer is the pidfd of the first process of the container that is meant: of a
// service's, the running one with the lowest number.
func (r *Runtime) peer(sc *supervisor.Container, who string) (*os.File, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	best := r.meant(who, func(c *container) bool {
		if c.name == sc.Name || c.run == nil || c.run.Pidfd == nil {
			return false
		}
		_, err := pids.Of(c.run.Pidfd)
		return err == nil
	})
	if best == nil {
		return nil, errors.New("it does not run")
	}
	return best.run.Pidfd, nil
}

// meant is the container with the lowest number that who names and ok accepts.
// It is called with the lock.
func (r *Runtime) meant(who string, ok func(*container) bool) (best *container) {
	service, ofService := strings.CutPrefix(who, "service:")
	name, _ := strings.CutPrefix(who, "container:")
	for _, c := range r.containers {
		named := ofService && c.service == service || !ofService && c.name == name
		if named && (best == nil || c.number < best.number) && ok(c) {
			best = c
		}
	}
	return best
}

// uname is the host name that a container sees: its own, or that of the uts
// namespace it shares.
func (r *Runtime) uname(sc *supervisor.Container) string {
	switch sc.Service.UTS {
	case "":
		if c := r.lookup(sc.Name); c != nil && c.rec.Joined != "" {
			if owner, err := r.netOwner(c); err == nil {
				return owner.hostname
			}
		}
		return netspec.Hostname(sc)
	case "host":
		if name, err := os.Hostname(); err == nil {
			return name
		}
		return netspec.Hostname(sc)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if c := r.meant(sc.Service.UTS, func(*container) bool { return true }); c != nil {
		return c.hostname
	}
	return netspec.Hostname(sc)
}

// sharesPID tells whether the processes of a container live in a pid namespace
// with others: then that they end is not the kernel's doing but ours.
func (c *container) sharesPID() bool { return c.rec.PID != "" }

// isJoined tells whether others may live in the container's own pid namespace.
func (r *Runtime) isJoined(c *container) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, other := range r.containers {
		if other.rec.PID == "service:"+c.service || other.rec.PID == "container:"+c.name {
			return true
		}
	}
	return false
}

// containerOf is the container that a run belongs to, nil if it is not known.
func (r *Runtime) containerOf(run string) *container {
	if i := strings.LastIndexByte(run, '/'); i > 0 {
		return r.lookup(run[:i])
	}
	return nil
}

// setRun makes a run the container's latest, for peers to find.
func (r *Runtime) setRun(c *container, child *rootless.Child) {
	r.mu.Lock()
	defer r.mu.Unlock()
	c.run = child
}

// startShared starts a run in a shared pid namespace. Its mount namespace is
// recorded before its first step, so that no descendant can be missed.
func (r *Runtime) startShared(ctx context.Context, c *container, name string, in sandbox.Container, stdio [3]*os.File) (*rootless.Child, error) {
	var fds [2]int
	if err := unix.Pipe2(fds[:], unix.O_CLOEXEC); err != nil { // blocking, as os.Pipe's are not
		return nil, stageError("prepare", name, err)
	}
	read, write := os.NewFile(uintptr(fds[0]), "gate"), os.NewFile(uintptr(fds[1]), "gate")
	defer read.Close()
	defer write.Close() // in vain once the gate was opened
	in.Gate = read
	return r.launcher().Start(ctx, name, sandbox.Setup(in), stdio, func(child *rootless.Child) error {
		if err := r.noteMountNS(c, child); err != nil {
			return stageError("launch", name, err)
		}
		return write.Close()
	})
}

// noteMountNS records by what a run's processes are known.
func (r *Runtime) noteMountNS(c *container, child *rootless.Child) error {
	pid, err := pids.Of(child.Pidfd)
	if err != nil {
		return err
	}
	if c.rec.MountNS, err = mountns.Of(pid); err != nil {
		return err
	}
	return r.save(c)
}
