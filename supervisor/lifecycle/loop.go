package lifecycle

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/supervisor/capture"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/news"
)

// ErrStopped is what callers of a loop that has ended get.
var ErrStopped = errors.New("the supervisor is ending; run the command again")

// Config is what a loop needs.
type Config struct {
	Project string         // its name
	Dirs    state.Dirs     // of the user
	Runtime kernel.Runtime // the kernel
	Report  func(string)   // one line for the log of the supervisor; nil = dropped
	// Gone reports that a call of the runtime failed because the project's
	// holder has died, and everything with it; nil = none does.
	Gone func(error) bool
	// Settled is called on the loop, when it has settled what followed from the news.
	Settled func()
	// Saved is a test's, called on the loop after each write of the record with the
	// actions that waited for it; nil = none.
	Saved   func(actions []func())
	Capture func() (capture.Output, error)             // nil: capture.Pipe
	Tee     func(log *os.File) (capture.Output, error) // nil: capture.Tee
}

// Loop keeps the containers of one project in their desired state.
//
// It is one struct because the loop is one writer. What is exported of its fields
// belongs to the loop: it is looked at and changed by functions that Ask and Commit
// run there, and nowhere else.
type Loop struct {
	cfg    Config
	rt     kernel.Runtime
	ctx    context.Context // ends with Close
	parent context.Context // the caller's
	cancel context.CancelFunc
	inbox  chan message
	over   chan struct{} // closed when the loop has ended
	tasks  sync.WaitGroup
	ready  chan struct{} // one token: guards ensured
	// ensured: networks and volumes exist, as far as this supervisor knows.
	ensured bool

	Shared
	Instances map[string]*Instance // by name
	News      *news.News
	bugs      int
	tokens    uint64
	forgotten bool // the project has been taken down
	dirty     bool // the record is older than the state
	urgent    bool // actions wait for the record
	saveTimer *time.Timer
	actions   []action
	waiters   map[*waiter]struct{}
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
func (l *Loop) post(e event) {
	select {
	case l.inbox <- message{event: e}:
	case <-l.over:
	}
}

// Ask runs f on the loop and returns when it has run.
func (l *Loop) Ask(f func()) error {
	done := make(chan struct{})
	select {
	case l.inbox <- message{call: func() { f(); close(done) }}:
	case <-l.over:
		return ErrStopped
	}
	select {
	case <-done:
	case <-l.over:
		select {
		case <-done: // it was the last thing that the loop did
		default:
			return ErrStopped
		}
	}
	return nil
}

// loop is the only goroutine that changes containers. First it takes what has
// happened, as much as is there at once (phase 1), then it acts (phase 2): so
// fifty starts share one write of the record, and no step is decided on half
// of the news.
func (l *Loop) loop() {
	defer close(l.over)
	for {
		select {
		case <-l.ctx.Done():
			if l.parent.Err() == nil {
				l.save()
			}
			// Otherwise the whole project may be dying, and what we see of it is
			// not what a later supervisor should go on from.
			return
		case m := <-l.inbox:
			l.take(m)
			l.drain()
		}
		l.settle()
		l.act()
	}
}

// batch bounds what one round of the loop takes, so that waiters get their turn.
const batch = 256

func (l *Loop) drain() {
	for range batch {
		select {
		case m := <-l.inbox:
			l.take(m)
		default:
			return
		}
	}
}

func (l *Loop) take(m message) {
	if m.call != nil {
		m.call()
		return
	}
	l.apply(m.event)
}

// settle finishes phase 1: what follows from the new states for other
// containers, and who was waiting for them.
func (l *Loop) settle() {
	l.settleHeld()
	l.settleOneOffs()
	l.wakeWaiters()
	if l.cfg.Settled != nil {
		l.cfg.Settled()
	}
}

// act is phase 2: the record, then the actions.
func (l *Loop) act() {
	var err error
	if l.urgent {
		err = l.save()
	} else if l.dirty && l.saveTimer == nil {
		l.saveTimer = time.AfterFunc(saveDelay, func() { _ = l.Ask(func() { l.save() }) })
	}
	l.urgent = false
	actions := l.actions
	l.actions = nil
	for _, a := range actions {
		if err != nil && a.fail != nil {
			l.Spawn(func() { a.fail(err) })
			continue
		}
		l.Spawn(a.run)
	}
}

// then queues an action that must not be taken before the record says so.
func (l *Loop) then(run func(), fail func(error)) {
	l.urgent = true
	l.actions = append(l.actions, action{run, fail})
}

// Spawn runs f in a goroutine that Close waits for.
func (l *Loop) Spawn(f func()) { l.tasks.Go(f) }

// Changed marks the record as outdated; it is written soon. Called on the loop.
func (l *Loop) Changed() { l.dirty = true }

// recordFirst makes the record be written before anything else is done.
func (l *Loop) recordFirst() { l.dirty, l.urgent = true, true }

// Report writes a line for the log of the supervisor.
func (l *Loop) Report(line string) {
	if l.cfg.Report != nil {
		l.cfg.Report(line)
	}
}

// Name is that of the project.
func (l *Loop) Name() string { return l.cfg.Project }

// Context ends with the loop: it is for what is finished even if its client goes away.
func (l *Loop) Context() context.Context { return l.ctx }

// Ended is closed when the loop has ended.
func (l *Loop) Ended() <-chan struct{} { return l.over }

// HolderDied reports that err comes of the death of the project's holder: it is
// nobody's failure, and no answer either. The next supervisor gives one.
func (l *Loop) HolderDied(err error) bool {
	return err != nil && l.cfg.Gone != nil && l.cfg.Gone(err)
}

// Close ends the loop and leaves the containers as they are: the next one adopts
// them. It returns when no goroutine is left.
func (l *Loop) Close() {
	l.cancel()
	<-l.over
	l.tasks.Wait()
}
