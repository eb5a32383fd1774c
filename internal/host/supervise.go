package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/sharing"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
	"github.com/mocker-compose/mocker-compose/supervisor"
	"github.com/mocker-compose/mocker-compose/supervisor/claim"
)

// RunSupervisor is the body of a project's supervisor. ready is told when the
// project's socket accepts. It returns an exit code; when it returns because the
// project has ended, the project's holder has ended too and its run dir is gone.
func RunSupervisor(dirs state.Dirs, project, version string, ready *os.File) int {
	if err := supervise(dirs, project, version, ready); err != nil {
		fmt.Fprintf(ready, "supervisor of %s: %v", project, err) // nobody reads it once ready was told
		fmt.Fprintln(os.Stderr, time.Now().Format(time.RFC3339), err)
		return 1
	}
	return 0
}

// process is one supervisor process.
type process struct {
	dirs    state.Dirs
	project string
	rt      *Runtime
	ending  atomic.Bool // the holder's end is our own wish
}

func supervise(dirs state.Dirs, project, version string, ready *os.File) error {
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	report := func(line string) { fmt.Fprintln(os.Stderr, time.Now().Format(time.RFC3339), line) }
	// Before anything is touched: another supervisor may be on its way, started
	// by a user holder that died. Kept until the very end, after all cleaning.
	lock, err := claim.Project(dirs, project)
	if err != nil {
		return err
	}
	defer lock.Close()
	rt, err := Open(ctx, dirs, project, report)
	if err != nil {
		return err
	}
	defer rt.Close()
	p := &process{dirs: dirs, project: project, rt: rt}
	go p.watchHolder(ctx, cancel)
	s, err := supervisor.New(ctx, supervisor.Config{
		Name: project, Dirs: dirs, Runtime: rt, Version: version, Report: report, Ended: p.leave, Claimed: true,
		Gone: func(err error) bool { return errors.Is(err, rootless.ErrHolderGone) },
	})
	if err != nil {
		return err
	}
	l, err := wire.Listen(dirs.APISocket(project))
	if err != nil {
		s.Close()
		return err
	}
	_, _ = ready.Write([]byte{0})
	ready.Close()
	err = s.Serve(ctx, l)
	switch {
	case errors.Is(err, supervisor.ErrProjectEnded):
		return nil
	case errors.Is(err, supervisor.ErrIdle):
		return p.end()
	case ctx.Err() != nil: // the holder's death: what it left in the run dir goes too
		return p.clear()
	}
	return err
}

// watchHolder ends everything here when the holder dies unasked.
func (p *process) watchHolder(ctx context.Context, cancel context.CancelCauseFunc) {
	select {
	case <-p.rt.Gone():
		if !p.ending.Load() {
			cancel(errors.New("the project's holder has died"))
		}
	case <-ctx.Done():
	}
}

// end ends the holder and removes what the project has in the run dir. A new
// command may be on its way: it finds no socket and starts anew.
func (p *process) end() error {
	p.ending.Store(true)
	if err := p.rt.EndProject(); err != nil {
		return err
	}
	return p.clear()
}

// clear removes what the project has besides its data, when its holder has ended.
func (p *process) clear() error {
	return errors.Join(p.rt.leaveGroup(), sharing.Leave(p.dirs, p.project), safepath.RemoveBelow(p.dirs.ProjectsRun(), p.project))
}

// leave is end for a project that was taken down: its data goes too.
func (p *process) leave() error {
	sandbox.SweepProbes(p.dirs.Data) // of predecessors that were killed
	return errors.Join(p.end(), safepath.RemoveBelow(p.dirs.ProjectsData(), p.project))
}
