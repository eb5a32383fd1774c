package supervisor

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/capture"
	"github.com/mocker-compose/mocker-compose/supervisor/news"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/turns"
)

var (
	// ErrIdle is returned by Serve when nothing runs, nothing is to run and no
	// client is there. The state stays on disk for the next supervisor.
	ErrIdle = errors.New("nothing to supervise")
	// ErrProjectEnded is returned by Serve when the project has been taken
	// down: nothing of it is left, and its holder may end.
	ErrProjectEnded = errors.New("project has been taken down")
	// errStopped is what callers of a closed supervisor get.
	errStopped = errors.New("the supervisor is ending; run the command again")
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
	capture func() (capture.Output, error)
	tee     func(log *os.File) (capture.Output, error)
}

// Supervisor keeps the containers of one project in their desired state.
//
// The fields up to instances are fixed or safe for all goroutines; the rest
// belongs to the event loop. It is one struct because the loop is one writer.
type Supervisor struct {
	cfg       Config
	rt        Runtime
	ctx       context.Context // ends with Close
	parent    context.Context // the caller's
	cancel    context.CancelFunc
	lock      *os.File // the project's lock: one supervisor; nil if the caller has it
	inbox     chan message
	loopEnded chan struct{} // closed when the loop has ended
	tasks     sync.WaitGroup
	queue     *turns.Queue
	capture   func() (capture.Output, error)
	tee       func(log *os.File) (capture.Output, error)
	ready     chan struct{} // one token: guards ensured
	// ensured: networks and volumes exist, as far as this supervisor knows.
	ensured bool
	// finished holds what Serve is to return, at most one.
	finished chan error

	instances map[string]*instance
	clients   int  // connections that are served
	watching  bool // Serve has begun
	idleWait  time.Duration
	idleTimer *time.Timer
	desired   project.Project            // as the last up gave it
	outdated  bool                       // desired has networks or volumes that may not exist
	networks  []string                   // resolved names that exist
	defined   map[string]project.Network // as they were made, by resolved name
	born      map[string]time.Time       // when; maps are replaced, never changed
	volumes   []string
	failure   *record.Failure // of the last command to start something
	bugs      int
	tokens    uint64
	forgotten bool // the project has been taken down
	dirty     bool // the record is older than the state
	urgent    bool // actions wait for the record
	saveTimer *time.Timer
	onSave    func() // a test's, after each write of the record
	actions   []action
	waiters   map[*waiter]struct{}
	news      *news.News
}

// message is an event, or a function to run on the loop.
type message struct {
	event event
	call  func()
}

// action is a step outside of the loop, started when the record is on disk.
type action struct {
	run func()
	// fail, if set, is called instead when the record could not be written.
	fail func(error)
}

// post hands an event to the loop. It is called from any goroutine but the loop's.
func (s *Supervisor) post(e event) {
	select {
	case s.inbox <- message{event: e}:
	case <-s.loopEnded:
	}
}

// ask runs f on the loop and returns when it has run.
func (s *Supervisor) ask(f func()) error {
	done := make(chan struct{})
	select {
	case s.inbox <- message{call: func() { f(); close(done) }}:
	case <-s.loopEnded:
		return errStopped
	}
	select {
	case <-done:
	case <-s.loopEnded:
		select {
		case <-done: // it was the last thing that the loop did
		default:
			return errStopped
		}
	}
	return nil
}

// loop is the only goroutine that changes containers. First it takes what has
// happened, as much as is there at once (phase 1), then it acts (phase 2): so
// fifty starts share one write of the record, and no step is decided on half
// of the news.
func (s *Supervisor) loop() {
	defer close(s.loopEnded)
	for {
		select {
		case <-s.ctx.Done():
			if s.parent.Err() == nil {
				s.save()
			}
			// Otherwise the whole project may be dying, and what we see of it is
			// not what a later supervisor should go on from.
			return
		case m := <-s.inbox:
			s.take(m)
			s.drain()
		}
		s.settle()
		s.act()
	}
}

// batch bounds what one round of the loop takes, so that waiters get their turn.
const batch = 256

func (s *Supervisor) drain() {
	for range batch {
		select {
		case m := <-s.inbox:
			s.take(m)
		default:
			return
		}
	}
}

func (s *Supervisor) take(m message) {
	if m.call != nil {
		m.call()
		return
	}
	s.apply(m.event)
}

// settle finishes phase 1: what follows from the new states for other
// containers, and who was waiting for them.
func (s *Supervisor) settle() {
	s.settleHeld()
	s.settleOneOffs()
	s.wakeWaiters()
	s.settleIdle()
}

// act is phase 2: the record, then the actions.
func (s *Supervisor) act() {
	var err error
	if s.urgent {
		err = s.save()
	} else if s.dirty && s.saveTimer == nil {
		s.saveTimer = time.AfterFunc(saveDelay, func() { _ = s.ask(func() { s.save() }) })
	}
	s.urgent = false
	actions := s.actions
	s.actions = nil
	for _, a := range actions {
		if err != nil && a.fail != nil {
			s.spawn(func() { a.fail(err) })
			continue
		}
		s.spawn(a.run)
	}
}

// then queues an action that must not be taken before the record says so.
func (s *Supervisor) then(run func(), fail func(error)) {
	s.urgent = true
	s.actions = append(s.actions, action{run, fail})
}

// spawn runs f in a goroutine that Close waits for.
func (s *Supervisor) spawn(f func()) { s.tasks.Go(f) }

// changed marks the record as outdated; it is written soon.
func (s *Supervisor) changed() { s.dirty = true }

// recordFirst makes the record be written before anything else is done.
func (s *Supervisor) recordFirst() { s.dirty, s.urgent = true, true }

func (s *Supervisor) report(line string) {
	if s.cfg.Report != nil {
		s.cfg.Report(line)
	}
}

// Close ends the supervisor and leaves the containers as they are: the next
// one adopts them. It returns when no goroutine is left.
func (s *Supervisor) Close() {
	s.cancel()
	<-s.loopEnded
	s.tasks.Wait()
	if s.lock != nil {
		s.lock.Close()
		s.lock = nil
	}
}
