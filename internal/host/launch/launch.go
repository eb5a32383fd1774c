package launch

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

// Holder is what a launch needs of the project's holder.
type Holder interface {
	Start(l rootless.Launch) (*rootless.Child, error)
	Release(c *rootless.Child) error
}

// Launcher starts programs as children of a holder.
type Launcher struct {
	Holder Holder
	// Portable: programs are executed by this one, not by the stub (rootless.UsePortable).
	Portable bool
}

// Start hands a prepared program to the holder, as a child of this name. born, unless nil,
// is told of the child as soon as it is there, and may end it by an error. The error is a
// *kernel.StartError.
func (l *Launcher) Start(ctx context.Context, name string, p *sandbox.Prepared, stdio [3]*os.File, born func(*rootless.Child) error) (*rootless.Child, error) {
	img, err := p.Program.Image(sandbox.StatusFile, l.Portable)
	if err != nil {
		return nil, failed("prepare", name, err)
	}
	defer img.Close()
	status, w, err := os.Pipe()
	if err != nil {
		return nil, failed("prepare", name, err)
	}
	defer status.Close()
	files := append([]*os.File{stdio[0], stdio[1], stdio[2], img, w}, p.Files...)
	child, err := l.Holder.Start(rootless.Launch{Name: name, Files: files, Clone: p.Clone, HandOver: p.HandOver, Limit: Limit, Portable: l.Portable, Cgroup: p.Cgroup})
	w.Close()
	if err != nil {
		return nil, refused(name, err)
	}
	if born != nil {
		err = born(child)
	}
	if err == nil {
		err = await(ctx, p, status, child.Late)
	}
	if err != nil {
		_ = child.Signal(unix.SIGKILL)
		<-child.Done
		_ = l.Holder.Release(child)
		return nil, err
	}
	return child, nil
}

// Limit bounds the way from clone to execve. A test makes it short.
var Limit = 30 * time.Second

func failed(stage, object string, err error) error {
	return &kernel.StartError{Stage: stage, Object: object, Err: err}
}
