package host

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/host/kept"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/supervisor"
)

func (r *Runtime) containersDir() string {
	return filepath.Dir(r.dirs.ContainerData(r.project, "x"))
}

// Adopt takes over the containers that are known and closes or kills the rest.
func (r *Runtime) Adopt(ctx context.Context, known map[string]supervisor.Known) (map[string]*supervisor.Run, error) {
	r.adoptNetworks()
	list, err := r.holder.Children()
	if err != nil {
		return nil, err
	}
	children := make(map[string]*rootless.Child, len(list))
	for _, c := range list {
		children[c.Name] = c
	}
	runs := make(map[string]*supervisor.Run)
	var live []string
	for name, k := range known {
		child := children[fmt.Sprintf("%s/%d", name, k.Run)]
		if r.adopt(k, child) && child != nil {
			delete(children, child.Name)
			runs[name] = r.runOf(child)
			live = append(live, child.Name)
		}
	}
	r.groups.Adopt(live)
	r.roots.Adopt(children)
	r.uplink.Adopt(children)
	r.endStrays(ctx, children)
	r.adoptParked()
	r.finishChanges(known)
	if err := r.kept.DropUnclaimed(); err != nil {
		return nil, err
	}
	if _, err := r.net.DropUnclaimed(); err != nil {
		return nil, err
	}
	return runs, nil
}

// adopt takes over one container; false when its parts did not survive, as
// after the death of its holder: then it is created again when it is started.
func (r *Runtime) adopt(k supervisor.Known, child *rootless.Child) bool {
	sc := k.Container
	rec, err := r.load(sc.Name)
	if err != nil {
		return false
	}
	c := newContainer(sc)
	c.rec = rec
	c.work = r.roots.WorkName(c.name, &c.rec.Root, k.Run)
	if !r.logs.Survived(sc.Name) {
		return false
	}
	if c.out, err = r.logs.Make(sc); err != nil {
		r.report(fmt.Sprintf("container %s: its logs cannot go on: %v", sc.Name, err))
		return false
	}
	if err := r.openNotify(c, sc); err != nil {
		r.report(fmt.Sprintf("container %s: %v", sc.Name, err))
	}
	if _, err := r.userNS(context.Background(), rec.Own); err != nil { // claims it
		r.report(fmt.Sprintf("container %s: no command can be executed in it: %v", sc.Name, err))
	}
	if !rec.HostNet && rec.Joined == "" {
		if err = r.adoptNetwork(c, sc); err != nil {
			r.report(err.Error())
			_ = r.logs.Drop(c.name, &c.out)
			return false
		}
	}
	if child != nil && child.Pidfd != nil {
		r.adoptRun(c, sc, child)
	} else if c.box != nil {
		_ = r.net.Unpublish(sc.Name, false)
	}
	c.run = child
	r.register(c)
	return true
}

func (r *Runtime) adoptRun(c *container, sc *supervisor.Container, child *rootless.Child) {
	if c.sharesPID() {
		_ = r.noteMountNS(c, child) // our predecessor may have died before it did
	}
	for _, p := range c.rec.Ports {
		if _, err := r.net.AdoptPort(c.name, p); err != nil {
			r.report(fmt.Sprintf("container %s: %v", c.name, err))
		}
	}
	if c.box != nil {
		r.net.SetReachable(c.name, true)
	}
	if f := r.kept.Claim(kept.Stdin(c.name)); f != nil {
		r.setInput(c, f)
	}
	if sc.Service.TTY {
		if master := r.kept.Claim(kept.TTY(c.name)); master != nil {
			if err := r.showTerminal(c, master); err != nil {
				r.report(fmt.Sprintf("container %s: its output cannot go on: %v", c.name, err))
			}
			r.setInput(c, master)
		}
	}
}

// straysLimit bounds the wait for killed strays; none takes that long unless it
// hangs in the kernel.
const straysLimit = 5 * time.Second

// endStrays kills the children that nobody waits for, runs of unknown
// containers and attached commands, and waits for their ends: their names and
// files are free afterwards. Detached commands go on.
func (r *Runtime) endStrays(ctx context.Context, children map[string]*rootless.Child) {
	ctx, cancel := context.WithTimeout(ctx, straysLimit)
	defer cancel()
	var ends sync.WaitGroup
	for name, child := range children {
		switch {
		case child.Pidfd == nil:
			_ = r.holder.Forget(name)
		case strings.Contains(name, "/execd-"):
			go r.forgetWhenEnded(context.Background(), child)
		default:
			_ = child.Signal(unix.SIGKILL) // in vain if it has ended
			ends.Go(func() { r.forgetWhenEnded(ctx, child) })
		}
	}
	ends.Wait()
}

func (r *Runtime) forgetWhenEnded(ctx context.Context, child *rootless.Child) {
	select {
	case <-child.Done:
		_ = r.holder.Release(child)
	case <-r.holder.Gone():
	case <-ctx.Done():
		r.report(fmt.Sprintf("%s was killed and has not ended after %v", child.Name, straysLimit))
	}
}
