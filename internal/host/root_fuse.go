package host

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// Where the kernel makes no overlay for a user, fuse-overlayfs serves one: a
// process for each run, a child of the project's holder, so that it outlives the
// supervisor and ends with the project. It ends by itself when the container's
// mount namespace does.

// fuseMark is in the names of these processes.
const fuseMark = "/fuse-"

func fuseName(container string, run int) string {
	return fmt.Sprintf("%s%s%d", container, fuseMark, run)
}

// mountFuse makes the root of a run. The process serves it when this returns.
func (r *Runtime) mountFuse(ctx context.Context, c *container, l sandbox.Layers, run int) (*os.File, error) {
	path, err := sandbox.FuseProgram()
	if err != nil {
		return nil, err
	}
	root, dev, err := sandbox.FuseMount()
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	child, err := r.startFuse(ctx, c, path, l, dev, run)
	if err != nil {
		root.Close()
		return nil, err
	}
	go r.watchFuse(c, child)
	return root, nil
}

func (r *Runtime) startFuse(ctx context.Context, c *container, path string, l sandbox.Layers, dev *os.File, run int) (*rootless.Child, error) {
	prepared, err := sandbox.FuseServer(path, l, dev)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	// What it says is kept beside the container's layers: it has no other reader.
	says, err := os.OpenFile(filepath.Join(r.dirs.ContainerData(r.project, c.name), "fuse.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	defer says.Close()
	return r.start(ctx, fuseName(c.name, run), prepared, [3]*os.File{null, null, says})
}

// watchFuse ends the run whose root has lost its server: nothing in there can be
// read any more. The restart policy does the rest.
func (r *Runtime) watchFuse(c *container, server *rootless.Child) {
	select {
	case <-server.Done:
	case <-r.holder.Gone():
		return
	}
	_ = r.holder.Release(server)
	r.mu.Lock()
	run := c.run
	r.mu.Unlock()
	if run == nil || run.Pidfd == nil || !strings.HasSuffix(server.Name, fuseMark+filepath.Base(run.Name)) {
		return
	}
	if err := run.Signal(unix.SIGKILL); err == nil {
		r.report(fmt.Sprintf("container %s: fuse-overlayfs, which serves its root file system, has ended: the container is killed", c.name))
	}
}

// adoptFuse watches the servers of adopted containers; they are taken out of
// children. One whose container is unknown or has ended, ends by itself.
func (r *Runtime) adoptFuse(children map[string]*rootless.Child) {
	for name, child := range children {
		owner, _, ok := strings.Cut(name, fuseMark)
		if !ok || child.Pidfd == nil {
			continue
		}
		delete(children, name)
		c := r.lookup(owner)
		if c == nil {
			c = &container{name: owner}
		}
		go r.watchFuse(c, child)
	}
}

// withoutOverlay chooses what stands in for the kernel's overlay, and says so once.
func (r *Runtime) withoutOverlay(ctx context.Context, c *container, kernel error) error {
	_, fuse := sandbox.FuseProgram()
	// A copy that there is has what the container has written.
	_, err := os.Lstat(r.copyDir(c.name))
	serve := err != nil && fuse == nil
	why := cause.Overlay(cause.Here(), cause.Data(r.dirs.Data), cause.FileSystem(r.dirs.Data, 0), serve)
	if serve {
		r.notice(fmt.Sprintf("root file systems are served by fuse-overlayfs, which is slower than the kernel: %v: %s", kernel, why))
		c.rec.Fuse = true
		return nil
	}
	r.notice(fmt.Sprintf("root file systems are copied for each container, which is slow and takes space: %v: %s; fuse-overlayfs cannot help: %v", kernel, why, fuse))
	c.rec.Copied = true
	return r.copyRoot(ctx, c)
}
