package supervisor

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/supervisor/capture"
	"github.com/mocker-compose/mocker-compose/supervisor/claim"
	"github.com/mocker-compose/mocker-compose/supervisor/news"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

// adoptLimit bounds the runtime's look at what is left.
const adoptLimit = time.Minute

// New takes a project over: its record, if there is one, and what still runs.
// Restart policies, back-offs, health checks and stops go on where the last
// supervisor left them; commands that it was carrying out have to be given
// again. The run directory of the project must be ours; ctx bounds the
// supervisor's life as Close does.
func New(ctx context.Context, cfg Config) (*Supervisor, error) {
	s := newSupervisor(ctx, cfg)
	if err := s.prepare(); err != nil {
		s.cancel()
		return nil, err
	}
	if err := s.load(); err != nil {
		s.cancel()
		if s.lock != nil {
			s.lock.Close()
		}
		return nil, err
	}
	go s.loop()
	_ = s.ask(func() {}) // the loop settles and acts on what load found
	go s.tellHappenings()
	return s, nil
}

func newSupervisor(ctx context.Context, cfg Config) *Supervisor {
	s := &Supervisor{
		cfg: cfg, rt: cfg.Runtime, capture: capture.Pipe, tee: capture.Tee,
		inbox: make(chan message), loopEnded: make(chan struct{}),
		finished: make(chan error, 1),
		ready:    make(chan struct{}, 1), instances: map[string]*instance{},
		waiters: map[*waiter]struct{}{}, news: news.New(cfg.Name),
	}
	if cfg.capture != nil {
		s.capture, s.tee = cfg.capture, cfg.tee
	}
	s.parent = ctx
	s.ctx, s.cancel = context.WithCancel(ctx)
	s.queue = turns.New()
	s.ready <- struct{}{}
	return s
}

// prepare takes the project, unless the caller has done so.
func (s *Supervisor) prepare() (err error) {
	if s.cfg.Claimed {
		return nil
	}
	s.lock, err = claim.Project(s.cfg.Dirs, s.cfg.Name)
	return err
}

// load reads the record and asks the runtime what of it is alive.
func (s *Supervisor) load() error {
	rec, sameBoot, err := record.Read(s.cfg.Dirs.StateFile(s.cfg.Name))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case errors.Is(err, state.ErrCorrupt):
		s.report(err.Error() + ": containers of which nothing is known are ended")
	case err != nil:
		return err
	}
	s.desired, s.networks, s.defined, s.volumes, s.failure = rec.Project, rec.Networks, rec.Defined, rec.Volumes, rec.Failure
	s.born = rec.Born
	known := map[string]Known{}
	for _, r := range rec.Containers {
		i := &instance{rec: r}
		s.instances[r.Name] = i
		s.disarm(i)
		known[r.Name] = Known{Container: &i.rec.Container, Run: r.Run}
	}
	ctx, cancel := context.WithTimeout(s.ctx, adoptLimit)
	defer cancel()
	runs, err := s.rt.Adopt(ctx, known)
	if err != nil {
		return fmt.Errorf("take over project %s: %w", s.cfg.Name, err)
	}
	for name, i := range s.instances {
		if i.rec.State != Removing { // then its client had all it wants
			s.expectClient(i)
		}
		s.resume(i, runs[name], sameBoot)
		s.resumeLimits(i)
	}
	return nil
}

// resume puts one recorded container into the state that it is really in.
func (s *Supervisor) resume(i *instance, run *Run, sameBoot bool) {
	// An end that is on record already may be told again: that run is over.
	if run != nil && i.rec.Live() && i.rec.State != Ending {
		s.resumeRun(i, run)
		return
	}
	if !sameBoot {
		s.lost(i, "the machine was restarted")
		return
	}
	switch i.rec.State {
	case Creating:
		s.enter(i, Created)
	case Removing:
		s.enter(i, i.rec.Idle())
	case Starting:
		// It was about to run, and nothing of it is left: once more.
		s.enter(i, i.rec.Idle())
		// A one-off container is started by its client, who comes again.
		if !i.rec.Held && i.rec.Desired == WantRunning && i.rec.OneOff == nil {
			s.launch(i, event{kind: BackoffOver})
		}
	case Running, Stopping, Paused:
		s.lost(i, "it vanished while nobody looked after it")
	case Ending:
		s.enter(i, Ending)
		s.release(i)
	case Waiting:
		s.enter(i, Waiting)
		// The wall clock may have jumped: never wait longer than the back-off says.
		s.arm(i, min(max(0, time.Until(i.rec.Due)), i.rec.Backoff), BackoffOver)
	case Created, Exited:
	}
}

func (s *Supervisor) resumeRun(i *instance, run *Run) {
	i.prepared, i.run = true, run
	starting := i.rec.State == Starting
	if starting {
		i.rec.Started = run.Started
		i.rec.Exit, i.rec.Reason, i.rec.Detail = nil, ReasonNone, ""
		i.rec.Health, i.rec.Parts = policy.Fresh(&i.rec.Service), nil
	}
	name, paused := i.rec.Name, i.rec.State == Paused
	switch {
	case i.rec.State == Stopping || i.rec.Held || i.rec.Desired == WantStopped:
		// It may have been paused, and told to stop, and not yet let go on.
		s.enter(i, Paused)
		s.endRun(i, stopOrder{})
	case paused:
		s.enter(i, Paused)
		s.actions = append(s.actions, action{run: func() { s.pauseAgain(name, run) }})
	default:
		s.enter(i, Running)
		s.startMonitor(i)
		if starting || i.rec.Setup {
			s.setUp(i)
		}
	}
	s.actions = append(s.actions, action{run: func() { s.watch(name, run) }})
}

// lost records that a container does not run any more, for a reason that its
// restart policy is not about: the user decides what comes next.
func (s *Supervisor) lost(i *instance, why string) {
	if i.rec.State != Created && i.rec.State != Creating {
		if i.rec.Live() || i.rec.State == Waiting || i.rec.Held {
			i.rec.Reason, i.rec.Detail = ReasonLost, why
			i.rec.Exit = &Exit{Code: 137, At: time.Now()}
			i.rec.Finished = i.rec.Exit.At
			i.rec.Remember()
		}
		s.enter(i, Exited)
	} else {
		s.enter(i, Created)
	}
	i.rec.Held, i.rec.Due, i.rec.Desired = false, time.Time{}, WantStopped
	i.rec.Health = policy.Health{}
}
