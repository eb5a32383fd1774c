package rootless

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// watched is one project in the user holder: its two processes, by pidfd.
//
//	holder lives  supervisor lives
//	no            no    -> ensure starts both
//	yes           no    -> the supervisor is started again, after a back-off
//	no            yes   -> the supervisor sees it and ends; then as the first line
//	yes           yes   -> nothing to do
type watched struct {
	name  string
	dirs  state.Dirs
	ended func()

	asked int // by how many; the user holder's mutex guards it

	mu         sync.Mutex
	holder     *os.File // pidfd, nil = does not live
	supervisor *os.File
	cgroup     string // what the caller handed over, for the supervisor
	failures   int    // starts of the supervisor that did not last
	busy       bool   // a restart is pending
}

// The back-off of a supervisor that dies is doubled from the first to the second.
const (
	minBackOff = 20 * time.Millisecond
	maxBackOff = 250 * time.Millisecond
	lasting    = 2 * time.Second // a run that counts as no failure
	// cleanUpLimit is how long a supervisor may outlive its project's holder.
	cleanUpLimit = 5 * time.Second
)

// ensure starts what does not live. It returns when the supervisor accepts. cgroup is
// what the caller hands over; it counts when the project is started anew.
func (w *watched) ensure(cgroup string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !alive(w.supervisor) {
		w.supervisor = nil
		if err := w.adoptOrphan(); err != nil {
			return err
		}
	}
	if !alive(w.holder) { // its watcher may not have had its turn
		w.holder = nil
		w.awaitSupervisorEnd()
		w.cgroup = cgroup
		if err := w.startHolder(); err != nil {
			return err
		}
	}
	if alive(w.supervisor) {
		return nil
	}
	err := w.startSupervisor()
	if err != nil && alive(w.holder) {
		w.endDeafHolder()
	}
	return err
}

// keeps is what is to be said to who hands a cgroup over to a project that runs
// elsewhere: it counts at a start. "" = nothing.
func (w *watched) keeps(cgroup string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if cgroup == "" || cgroup == w.cgroup || !alive(w.holder) || delegate.Below(w.dirs.CgroupFile(w.name), cgroup) {
		return ""
	}
	return fmt.Sprintf("%s=%s counts when project %s starts, after mocker-compose down: until then it stays where it is", delegate.HandOver, cgroup, w.name)
}

// endDeafHolder ends a holder whose socket was taken from it, by a supervisor
// that cleaned up after the holder before: nobody could ever use it.
func (w *watched) endDeafHolder() {
	if f := listener(w.dirs.HolderSocket(w.name)); f != nil {
		f.Close()
		return
	}
	_ = sendSignal(w.holder, unix.SIGKILL) // in vain if it has ended
}

// awaitSupervisorEnd gives a supervisor whose holder died the time to clean up.
func (w *watched) awaitSupervisorEnd() {
	if !alive(w.supervisor) {
		w.supervisor = nil
		return
	}
	p := []unix.PollFd{{Fd: int32(wire.FD(w.supervisor)), Events: unix.POLLIN}}
	for until := time.Now().Add(cleanUpLimit); time.Now().Before(until); {
		if n, _ := unix.Poll(p, int(time.Until(until).Milliseconds())+1); n > 0 {
			break
		}
	}
	_ = sendSignal(w.supervisor, unix.SIGKILL) // in vain if it has ended
	w.supervisor = nil
}

func (w *watched) startHolder() error {
	if err := state.MakePrivate(w.dirs.ProjectRun(w.name)); err != nil {
		return err
	}
	// Those of ipc and uts stay the host's, for services that want them (ipc: host).
	const namespaces = unix.CLONE_NEWPID | unix.CLONE_NEWNS
	pidfd, err := startRole(role{name: RoleProjectHolder, namespaces: namespaces}, w.name, w.dirs)
	if err != nil {
		w.forgetRun()
		return err
	}
	w.holder = pidfd
	go w.watchHolder(pidfd)
	return nil
}

// forgetRun removes the directory of a project whose holder could not be started, if
// there is nothing in it but what that has made.
func (w *watched) forgetRun() {
	for _, dir := range []string{mountPoint(w.dirs, w.name), ScratchDir(w.dirs, w.name), w.dirs.ProjectRun(w.name)} {
		_ = os.Remove(dir) // in vain if somebody else's files are there
	}
}

func (w *watched) watchHolder(pidfd *os.File) {
	waitReadable(pidfd)
	reap(pidfd)
	w.mu.Lock()
	if w.holder == pidfd {
		w.holder = nil
	}
	pidfd.Close()
	w.mu.Unlock()
	w.ended()
}

func (w *watched) startSupervisor() error {
	if err := state.MakePrivate(w.dirs.ProjectData(w.name)); err != nil {
		return err
	}
	log, err := os.OpenFile(SupervisorLog(w.dirs, w.name), os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	pidfd, err := startRole(role{name: RoleSupervisor, stderr: log, env: w.supervisorEnv()}, w.name, w.dirs)
	if err != nil {
		return err
	}
	w.supervisor = pidfd
	go w.watchSupervisor(pidfd, time.Now())
	return nil
}

// SupervisorLog is the file that gets what a supervisor says on standard error:
// nothing, unless it panics.
func SupervisorLog(dirs state.Dirs, project string) string {
	return filepath.Join(dirs.ProjectData(project), "supervisor.log")
}

// watchSupervisor waits for the supervisor's end; if the project's holder
// lives, the end was no wish of the supervisor's.
func (w *watched) watchSupervisor(pidfd *os.File, since time.Time) {
	waitReadable(pidfd)
	reap(pidfd)
	defer w.ended() // told without the lock, for the listener looks at once
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.supervisor == pidfd {
		w.supervisor = nil
	}
	pidfd.Close()
	w.failures++
	if time.Since(since) > lasting {
		w.failures = 0
	}
	if alive(w.holder) && w.supervisor == nil { // its watcher may not have had its turn
		w.restart()
	}
}

// restart starts the supervisor again; called with the lock, it waits without it.
func (w *watched) restart() {
	w.busy = true
	defer func() { w.busy = false }()
	for alive(w.holder) && w.supervisor == nil {
		if w.failures > 0 {
			pause := min(minBackOff<<min(w.failures-1, 20), maxBackOff)
			w.mu.Unlock()
			time.Sleep(pause)
			w.mu.Lock()
		}
		if !alive(w.holder) || w.supervisor != nil {
			return
		}
		err := w.adoptOrphan()
		if err == nil && w.supervisor == nil {
			err = w.startSupervisor()
		}
		if err != nil {
			w.failures++
			continue
		}
		return
	}
}

// gone tells whether nothing of the project lives.
func (w *watched) gone() bool {
	if !w.mu.TryLock() {
		return false // being started
	}
	defer w.mu.Unlock()
	return w.holder == nil && w.supervisor == nil && !w.busy
}

// readyTimeout bounds the start of a role.
const readyTimeout = 30 * time.Second

// role is a process of ours to be started.
type role struct {
	name       string
	namespaces uintptr
	stderr     *os.File // nil = nowhere
	env        []string // added to roleEnv
}

// supervisorEnv is what only the supervisor gets to know of the caller's environment.
func (w *watched) supervisorEnv() []string {
	if w.cgroup == "" {
		return nil
	}
	return []string{delegate.HandOver + "=" + w.cgroup}
}

// startRole executes our binary in a role, waits until it says that it is ready
// and returns its pidfd. What it says instead is the error.
func startRole(what role, project string, dirs state.Dirs) (*os.File, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	stderr := null
	if what.stderr != nil {
		stderr = what.stderr
	}
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	fd := -1
	files := []*os.File{null, null, stderr, w}
	attr := &syscall.ProcAttr{
		Dir: "/",
		Env: append(roleEnv(), what.env...),
		Sys: &syscall.SysProcAttr{Setsid: true, Cloneflags: what.namespaces, PidFD: &fd},
	}
	for _, f := range files {
		attr.Files = append(attr.Files, uintptr(wire.FD(f)))
	}
	_, err = syscall.ForkExec("/proc/self/exe", []string{"mocker-compose", RoleArg, what.name, dirs.Run, dirs.Data, project}, attr)
	w.Close()
	if err != nil {
		return nil, cause.Born(fmt.Sprintf("start %s of %s", what.name, project), err, "pid", "mnt")
	}
	pidfd := pollable(fd)
	if err := awaitReady(r); err != nil {
		destroy(pidfd)
		return nil, fmt.Errorf("start %s of %s: %w", what.name, project, err)
	}
	return pidfd, nil
}

// awaitReady reads one zero byte; anything else is an error's text.
func awaitReady(r *os.File) error {
	if err := r.SetReadDeadline(time.Now().Add(readyTimeout)); err != nil {
		return err
	}
	b := make([]byte, 4096)
	n := 0
	for n < len(b) {
		m, err := r.Read(b[n:])
		n += m
		if n > 0 && b[0] == 0 {
			return nil
		}
		if err != nil {
			if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) {
				return fmt.Errorf("was not ready after %v", readyTimeout)
			}
			break
		}
	}
	if n == 0 {
		return fmt.Errorf("ended before it was ready")
	}
	return errors.New(string(b[:n]))
}

// roleEnv is the environment of our own processes: the caller's is nobody's
// business but for the switches that tests set, and where his systemd is.
func roleEnv() []string {
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", cause.Outer()}
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "MOCKER_FORCE_") || strings.HasPrefix(kv, "MOCKER_FAULT_") ||
			strings.HasPrefix(kv, "XDG_RUNTIME_DIR=") || strings.HasPrefix(kv, "DBUS_SESSION_BUS_ADDRESS=") {
			env = append(env, kv)
		}
	}
	return env
}
