package roots

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
func (k *Keeper) mountFuse(ctx context.Context, name string, l sandbox.Layers, run int) (*os.File, error) {
	path, err := sandbox.FuseProgram()
	if err != nil {
		return nil, err
	}
	root, dev, err := sandbox.FuseMount()
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	child, err := k.startFuse(ctx, name, path, l, dev, run)
	if err != nil {
		root.Close()
		return nil, err
	}
	go k.watch(name, child)
	return root, nil
}

func (k *Keeper) startFuse(ctx context.Context, name string, path string, l sandbox.Layers, dev *os.File, run int) (*rootless.Child, error) {
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
	says, err := os.OpenFile(filepath.Join(k.dir(name), "fuse.log"), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	defer says.Close()
	return k.Holder.Start(ctx, fuseName(name, run), prepared, [3]*os.File{null, null, says})
}

// watch tells of the run whose root has lost its server: nothing in there can be read any
// more.
func (k *Keeper) watch(container string, server *rootless.Child) {
	select {
	case <-server.Done:
	case <-k.Holder.Gone():
		return
	}
	_ = k.Holder.Release(server)
	k.Lost(container, server.Name[strings.LastIndex(server.Name, fuseMark)+len(fuseMark):])
}

// Adopt watches the servers that an earlier supervisor started; they are taken out of
// children. One whose container is unknown or has ended, ends by itself.
func (k *Keeper) Adopt(children map[string]*rootless.Child) {
	for name, child := range children {
		container, _, ok := strings.Cut(name, fuseMark)
		if !ok || child.Pidfd == nil {
			continue
		}
		delete(children, name)
		go k.watch(container, child)
	}
}

// withoutOverlay chooses what stands in for the kernel's overlay, and says so once.
func (k *Keeper) withoutOverlay(ctx context.Context, name string, root *Root, kernel error) error {
	_, fuse := sandbox.FuseProgram()
	// A copy that there is has what the container has written.
	_, err := os.Lstat(k.copyDir(name))
	serve := err != nil && fuse == nil
	why := cause.Overlay(cause.Here(), cause.Data(k.Dirs.Data), cause.FileSystem(k.Dirs.Data, 0), serve)
	if serve {
		k.Notice(fmt.Sprintf("root file systems are served by fuse-overlayfs, which is slower than the kernel: %v: %s", kernel, why))
		root.Fuse = true
		return nil
	}
	k.Notice(fmt.Sprintf("root file systems are copied for each container, which is slow and takes space: %v: %s; fuse-overlayfs cannot help: %v", kernel, why, fuse))
	root.Copied = true
	return k.copyRoot(ctx, name, root)
}
