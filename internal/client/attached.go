package client

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/client/menu"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/internal/client/session"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// lastWords bounds how long an ending `up` waits to be told how its containers
// ended, after they were stopped.
const lastWords = 5 * time.Second

// attached is `up` in the foreground. One goroutine, the loop, owns it; all
// that happens arrives on a channel.
//
//	up      the request that brings the project up; its end
//	events  what happens to containers, from before the request on
//	signals the user's Ctrl-C
//	stop    the request that stops all: after a signal, or one container's end
//	keys    of the menu
type attached struct {
	env      *Env
	target   Target
	o        *UpOptions
	services []string
	out      *screen.Screen
	format   logs.Format
	watcher  *session.Watcher
	bar      *menu.Bar // nil: there is no menu
	keys     <-chan byte

	up     chan error
	events chan *api.Event // closed: the project has ended
	stop   chan error
	seen   map[string]*member

	began      time.Time
	upRunning  bool
	empty      bool // the project has no containers at all
	stopping   bool
	stopped    bool // the stop request is answered
	interrupts int
	code       int
	codeKnown  bool
	leaving    bool // the user detaches
}

// member is a container of the project as events tell.
type member struct {
	service string
	label   string // as its log lines are headed
	shown   bool   // its log is followed
	ended   bool   // for good
}

// attached brings the project up and stays.
func (e *Env) attached(ctx context.Context, t Target, o *UpOptions, services []string, w *session.Watcher, req api.Request) error {
	e.Settle()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	a := &attached{
		env: e, target: t, o: o, services: services, seen: map[string]*member{}, began: time.Now(), watcher: w,
		up: make(chan error, 1), stop: make(chan error, 2), events: make(chan *api.Event),
	}
	a.format = e.Format(o.Timestamps, o.NoLogPrefix, o.NoColour)
	a.format.Width = widest(a.expected())
	out, errOut := a.openMenu()
	defer a.closeMenu()
	var err error
	if a.out, err = screen.Open(ctx, out, errOut, a.format); err != nil {
		return err
	}
	signals := make(chan os.Signal, 4)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	go a.subscribe(ctx)
	upCtx, cancelUp := context.WithCancel(ctx)
	defer cancelUp()
	a.upRunning = true
	go func() { a.up <- e.Demand(upCtx, t.Name, req, a.progress()) }()
	err = a.loop(ctx, signals, cancelUp)
	a.watcher.Stop()
	// What was written before the end is shown before the end.
	return errors.Join(err, a.out.Close())
}

// loop runs until the containers have ended, or the user has had enough.
func (a *attached) loop(ctx context.Context, signals <-chan os.Signal, cancelUp func()) error {
	var deadline <-chan time.Time
	printing := a.out.Ended()
	for {
		if a.over() {
			return a.result()
		}
		select {
		case err := <-a.up:
			a.upRunning = false
			if err != nil && a.interrupts == 0 && !a.stopping {
				return err
			}
			a.settle(ctx)
			if a.o.Watch && err == nil && !a.stopping {
				a.startWatch(ctx)
			}
		case ev, ok := <-a.events:
			if !ok {
				return a.result()
			}
			a.event(ctx, ev)
		case <-signals:
			cancelUp()
			a.interrupt(ctx)
		case key := <-a.keys:
			a.key(ctx, key)
		case err := <-a.stop:
			if err != nil {
				a.tell(err.Error())
			}
			a.stopped = true
			deadline = time.After(lastWords)
		case <-printing:
			printing = nil
			if err := a.out.Close(); err != nil && ctx.Err() == nil {
				a.tell("log lines are not shown any more: " + cause.Line(err))
			}
		case <-deadline:
			return a.result()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// over: nothing that counts is up, and nothing will be.
func (a *attached) over() bool {
	if a.upRunning || a.stopping && !a.stopped {
		return false
	}
	if a.leaving {
		return true
	}
	if a.watcher.Running() && !a.stopping {
		return false // a change may start them again
	}
	// Whoever shows logs waits for those containers only; who shows none, or
	// has stopped all, for all.
	some, all := false, a.stopped
	for _, m := range a.seen {
		some = some || m.shown
	}
	for _, m := range a.seen {
		if (m.shown || all || !some) && !m.ended {
			return false
		}
	}
	return len(a.seen) > 0 || a.stopped || a.empty
}

// settle looks at what up has left: the events of the last starts come by
// another connection, and may be still on their way. Who runs, or has ended
// since we began, is waited for.
func (a *attached) settle(ctx context.Context) {
	cs, err := a.env.ask(ctx, a.target.Name, false)
	if err != nil {
		return // the events will say that the project is gone
	}
	cs = slices.DeleteFunc(cs, func(c api.Container) bool { return c.OneOff })
	a.empty = len(a.seen) == 0 && len(cs) == 0
	for i := range cs {
		c := &cs[i]
		if a.seen[c.Name] == nil && (Alive(*c) || c.Finished.After(a.began)) {
			a.meet(c.Name, c.Service)
		}
	}
}

func (a *attached) result() error {
	code := a.code
	if a.interrupts > 0 {
		code = Interrupted
	}
	if code != 0 {
		return &ExitError{Code: code}
	}
	return nil
}

// progress prints progress and, before the first container starts, whose logs
// will follow.
func (a *attached) progress() func(*api.Answer) error {
	p := a.env.Progress()
	p.Lines = true // logs come in between
	announced := false
	return func(an *api.Answer) error {
		if s := an.Progress; !announced && (an.Done || s != nil && s.Kind == "Container" && begins(s.Status)) {
			announced = true
			if labels := a.expected(); len(labels) > 0 && an.Error == nil {
				a.tell("Attaching to " + strings.Join(labels, ", "))
			}
		}
		return p.Answer(an)
	}
}

func begins(status string) bool {
	switch status {
	case "Starting", "Started", "Running", "Waiting":
		return true
	}
	return false
}

// interrupt answers Ctrl-C: stop; the second time kill; more do nothing.
func (a *attached) interrupt(ctx context.Context) {
	a.interrupts++
	switch a.interrupts {
	case 1:
		a.watcher.Cancel()
		a.closeMenu()
		a.tell("Gracefully Stopping... press Ctrl+C again to force")
		if !a.stopping {
			a.stopAll(ctx)
		}
	case 2:
		a.stopping = true
		a.order(ctx, api.Request{Op: api.OpKill, Kill: &api.KillRequest{}})
	}
}

// stopAll asks for the end of all containers.
func (a *attached) stopAll(ctx context.Context) {
	a.stopping = true
	a.order(ctx, api.Request{Op: api.OpStop, Stop: &api.StopRequest{Timeout: timeout(a.o.Timeout)}})
}

// order sends a stop or kill. A project that does not run has stopped.
func (a *attached) order(ctx context.Context, req api.Request) {
	go func() {
		p := a.env.Progress()
		p.Lines = true
		err := a.env.Call(ctx, a.target.Name, req, p.Answer)
		if errors.Is(err, reach.ErrNotRunning) {
			err = nil
		}
		a.stop <- err
	}()
}
