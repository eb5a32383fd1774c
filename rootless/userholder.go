package rootless

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// RoleArg is the first argument of a process of ours that is not a command
// line; the second is its role.
const RoleArg = delegate.RoleArg

// The roles.
const (
	RoleUserHolder    = "user-holder"
	RoleProjectHolder = "project-holder"
	RoleSupervisor    = "supervisor"
	RoleProgram       = "program" // runs a program in Go (program.Run)
)

// userHolder is the state of the user holder. The mutex guards the map; each
// project guards itself.
type userHolder struct {
	dirs     state.Dirs
	mu       sync.Mutex
	projects map[string]*watched
	changed  chan struct{} // a project has ended, or a client has gone
	held     chan struct{} // closed when hold is done
}

// RunUserHolder is the body of the user holder, the owner of the user
// namespace. It ends when no project is left. It returns an exit code.
func RunUserHolder(dirs state.Dirs, ready *os.File) int {
	// What the host mounts and unmounts later is seen here, what we mount is not seen there.
	if err := unix.Mount("none", "/", "", unix.MS_REC|unix.MS_SLAVE, ""); err != nil {
		fmt.Fprintf(ready, "user holder: make the mounts slaves: %v", err)
		return 1
	}
	l, err := wire.Listen(dirs.UserSocket())
	if err != nil {
		fmt.Fprintf(ready, "user holder: %v", err)
		return 1
	}
	u := &userHolder{dirs: dirs, projects: make(map[string]*watched), changed: make(chan struct{}, 1), held: make(chan struct{})}
	u.adoptAll()
	tellReady(ready)
	go u.hold()
	go u.accept(l)
	u.untilIdle()
	_ = delegate.Tidy() // if it fails, an empty cgroup is left, for the next one to use
	return 0
}

// hold sees to it that we do not end with the session in which a first command was
// given. Without a scope all goes on, but for that.
func (u *userHolder) hold() {
	defer u.noteEnd()
	defer close(u.held)
	if err := delegate.HoldUser(context.Background(), RunRole); err != nil {
		fmt.Fprintln(os.Stderr, err) // nobody reads it, unless somebody looks for the cause
	}
}

func (u *userHolder) accept(l *wire.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go u.serve(c)
	}
}

func (u *userHolder) serve(c *wire.Conn) {
	defer u.noteEnd() // perhaps it was all that anybody wanted
	defer c.Close()
	for {
		var req userRequest
		files, err := c.Receive(&req)
		if err != nil {
			return
		}
		var answer userAnswer
		if len(req.Role) > 0 {
			answer = runRoleFor(&req, files)
		}
		closeFiles(files)
		if req.Ensure != "" {
			w := u.project(req.Ensure, 1)
			answer.Notice = w.keeps(req.Cgroup)
			if err := w.ensure(req.Cgroup); err != nil {
				answer.Error = cause.Line(err)
			}
			u.project(req.Ensure, -1)
			<-u.held // the command's end can be that of the session, and of all in it
		}
		if err := c.Send(answer); err != nil {
			return
		}
	}
}

// project is the entry of a project, made if need be. asked is 1 when somebody is about to
// start it, so that it is not dropped as one that has ended, and -1 afterwards.
func (u *userHolder) project(name string, asked int) *watched {
	u.mu.Lock()
	defer u.mu.Unlock()
	w := u.projects[name]
	if w == nil {
		w = &watched{name: name, dirs: u.dirs, ended: u.noteEnd}
		u.projects[name] = w
	}
	w.asked += asked
	return w
}

func (u *userHolder) noteEnd() {
	select {
	case u.changed <- struct{}{}:
	default:
	}
}

// idleCheck is how often an idle user holder looks whether it may end, after
// a project has ended or if none ever came.
const idleCheck = 200 * time.Millisecond

// untilIdle returns when no project is left and nobody is about to start one:
// whoever wants one holds the user lock while asking.
func (u *userHolder) untilIdle() {
	first := time.After(10 * time.Second) // started for a command that then failed
	for {
		select {
		case <-u.changed:
		case <-first:
		}
		for u.idle() {
			lock, err := state.TryLock(u.dirs.UserLock())
			if errors.Is(err, os.ErrNotExist) {
				return // somebody has removed our directory: nobody can find us any more
			}
			if err == nil {
				if u.idle() {
					os.Remove(u.dirs.UserSocket())
					return // the lock goes with the process
				}
				lock.Close()
			}
			time.Sleep(idleCheck)
		}
	}
}

// idle drops the ended projects and tells whether none is left. While systemd is asked
// for a scope we are not: of a scope whose process ends while it is made, systemd does
// not see that it is empty, and keeps it.
func (u *userHolder) idle() bool {
	select {
	case <-u.held:
	default:
		return false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for name, w := range u.projects {
		if w.asked == 0 && w.gone() {
			_ = delegate.Sweep(u.dirs.CgroupFile(name)) // what a start of the project will do else
			delete(u.projects, name)
		}
	}
	return len(u.projects) == 0
}
