package inside

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build/harvest"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// union is how layers are seen as one tree.
type union int

const (
	byKernel union = iota
	byFuse         // fuse-overlayfs
	byCopy         // a copy of each
)

// chooseUnion tries what there is, and says once what stands in for the kernel's overlay.
func (p *process) chooseUnion() union {
	err := sandbox.ProbeOverlay(p.dirs.Data)
	if err == nil {
		return byKernel
	}
	_, fuse := sandbox.FuseProgram()
	why := cause.Overlay(cause.Here(), cause.Data(p.dirs.Data), cause.FileSystem(p.dirs.Data, 0), fuse == nil)
	if fuse == nil {
		p.notice(fmt.Sprintf("build: root file systems are served by fuse-overlayfs, which is slower than the kernel: %v: %s", err, why))
		return byFuse
	}
	p.notice(fmt.Sprintf("build: root file systems are copied for each step, which is slow and takes space: %v: %s; fuse-overlayfs cannot help: %v", err, why, fuse))
	return byCopy
}

// copied is a new tree that shows what an overlay of lower would.
func (s *step) copied(ctx context.Context, lower []string) (string, error) {
	dir, err := s.directory(0o700)
	if err != nil {
		return "", err
	}
	if err := os.Remove(dir); err != nil { // layer.Copy makes it
		return "", err
	}
	return dir, layer.Copy(ctx, lower, dir)
}

// extract makes the upper directory of a step that worked in a copy.
func (s *step) extract(ctx context.Context, below *os.File) error {
	tree, err := os.Open(s.tree)
	if err != nil {
		return err
	}
	defer tree.Close()
	upper, err := os.Open(s.upper())
	if err != nil {
		return err
	}
	defer upper.Close()
	if below == nil {
		if below, err = os.Open(s.p.empty); err != nil {
			return err
		}
		defer below.Close()
	}
	return harvest.Extract(ctx, tree, below, upper, s.since)
}

// coarse is the clock of the files' times: it is behind time.Now by some milliseconds.
func coarse() time.Time {
	var ts unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_REALTIME_COARSE, &ts); err != nil {
		return time.Time{} // all files are compared then
	}
	return time.Unix(ts.Unix())
}

// fuse makes an overlay that a process serves, until the mount has gone.
func (s *step) fuse(ctx context.Context, l sandbox.Layers) (*os.File, error) {
	path, err := sandbox.FuseProgram()
	if err != nil {
		return nil, err
	}
	root, dev, err := sandbox.FuseMount()
	if err != nil {
		return nil, err
	}
	defer dev.Close()
	prepared, err := sandbox.FuseServer(path, l, dev)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	defer null.Close()
	child, err := s.p.launch(ctx, prepared, [3]*os.File{null, null, null})
	if err != nil {
		return nil, errors.Join(err, root.Close())
	}
	s.servers = append(s.servers, child)
	return root, nil
}

// unmount ends the root, so that all that was written is in the upper directory.
func (s *step) unmount() error {
	if s.root == nil {
		return nil
	}
	err := s.root.Close()
	s.root = nil
	if len(s.servers) > 0 { // the root's is the first
		s.p.awaitServer(s.servers[0])
		s.servers = s.servers[1:]
	}
	return err
}

// awaitServer waits for the end of the server of a mount that has gone.
func (p *process) awaitServer(server *rootless.Child) {
	select {
	case <-server.Done:
	case <-time.After(setupLimit):
		_ = server.Signal(unix.SIGKILL)
		<-server.Done
	}
	_ = p.holder.Release(server)
}
