package supervisor

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/supervisor/capture"
	"github.com/mocker-compose/mocker-compose/supervisor/claim"
	"github.com/mocker-compose/mocker-compose/supervisor/lifecycle"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

var (
	// ErrIdle is returned by Serve when nothing runs, nothing is to run and no
	// client is there. The state stays on disk for the next supervisor.
	ErrIdle = errors.New("nothing to supervise")
	// ErrProjectEnded is returned by Serve when the project has been taken
	// down: nothing of it is left, and its holder may end.
	ErrProjectEnded = errors.New("project has been taken down")
)

// Config is what a supervisor needs.
type Config struct {
	Name    string       // the project
	Dirs    state.Dirs   // of the user
	Runtime Runtime      // the kernel
	Claimed bool         // the caller has and keeps what claim.Project returned
	Version string       // ours, for the info request
	Report  func(string) // one line for the log of the supervisor; nil = dropped
	// Ended removes what is left of a project that has been taken down, before
	// the client is told so; nil = nothing.
	Ended func() error
	// Gone reports that a call of the runtime failed because the project's
	// holder has died, and everything with it; nil = none does.
	Gone    func(error) bool
	saved   func(actions []func())
	capture func() (capture.Output, error)
	tee     func(log *os.File) (capture.Output, error)
}

// Supervisor answers the commands about one project, whose containers its loop keeps.
type Supervisor struct {
	cfg   Config
	rt    Runtime
	loop  *lifecycle.Loop
	lock  *os.File // the project's lock: one supervisor; nil if the caller has it
	queue *turns.Queue
	// finished holds what Serve is to return, at most one.
	finished chan error

	// The rest is looked at and changed on the loop only.
	clients   int  // connections that are served
	watching  bool // Serve has begun
	idleWait  time.Duration
	idleTimer *time.Timer
}

// New takes a project over: its record, if there is one, and what still runs.
// Restart policies, back-offs, health checks and stops go on where the last
// supervisor left them; commands that it was carrying out have to be given
// again. The run directory of the project must be ours; ctx bounds the
// supervisor's life as Close does.
func New(ctx context.Context, cfg Config) (*Supervisor, error) {
	s := &Supervisor{cfg: cfg, rt: cfg.Runtime, queue: turns.New(), finished: make(chan error, 1)}
	var err error
	if !cfg.Claimed {
		if s.lock, err = claim.Project(cfg.Dirs, cfg.Name); err != nil {
			return nil, err
		}
	}
	s.loop, err = lifecycle.New(ctx, lifecycle.Config{
		Project: cfg.Name, Dirs: cfg.Dirs, Runtime: cfg.Runtime, Report: cfg.Report, Gone: cfg.Gone,
		Settled: s.settleIdle, Saved: cfg.saved, Capture: cfg.capture, Tee: cfg.tee,
	})
	if err != nil {
		s.unlock()
		return nil, err
	}
	return s, nil
}

// Close ends the supervisor and leaves the containers as they are: the next
// one adopts them. It returns when no goroutine is left.
func (s *Supervisor) Close() {
	s.loop.Close()
	s.unlock()
}

func (s *Supervisor) unlock() {
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}
