package client

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
	"github.com/mocker-compose/mocker-compose/internal/client/screen"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// subscribe delivers the project's events until the project or ctx ends. A
// supervisor that is replaced replays where its containers stand, so nothing
// is missed.
func (a *attached) subscribe(ctx context.Context) {
	defer close(a.events)
	err := a.env.Supervisors().Events(ctx, a.target.Name, reach.Starting, nil, func(ev *api.Event) error {
		select {
		case a.events <- ev:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	})
	if err != nil && ctx.Err() == nil {
		a.tell(err.Error())
	}
}

// event keeps the members up to date.
func (a *attached) event(ctx context.Context, ev *api.Event) {
	if ev.Name == "" {
		return
	}
	m := a.seen[ev.Name]
	live := ev.State == "running" || ev.State == "restarting"
	if m == nil {
		// What had ended before we came is no part of this up.
		if !live && ev.Action != "die" && !a.endedHere(ctx, ev) {
			return
		}
		m = a.meet(ev.Name, ev.Service)
	}
	switch {
	case ev.Final && !m.ended:
		a.ended(ctx, ev, m)
	case ev.Action == "destroy" && !m.ended:
		m.ended = true
		a.finish(ev.Name, m, "")
	case live && m.ended:
		m.ended = false
		a.follow(ev.Name, m)
	case ev.Action == "die" && !ev.Final && m.shown:
		a.out.Say(exited(m.label, ev, "restarting"))
	}
}

// meet makes a container a member of this up.
func (a *attached) meet(name, service string) *member {
	m := &member{service: service, label: a.label(name), shown: a.shows(service)}
	a.seen[name] = m
	a.follow(name, m)
	return m
}

// endedHere reports that a container, replayed as ended, has ended since this
// session began: its events were sent before we listened.
func (a *attached) endedHere(ctx context.Context, ev *api.Event) bool {
	if !ev.Final {
		return false
	}
	cs, err := a.env.ask(ctx, a.target.Name, false)
	if err != nil {
		return false
	}
	i := slices.IndexFunc(cs, func(c api.Container) bool { return c.Name == ev.Name })
	return i >= 0 && cs[i].Finished.After(a.began)
}

// ended notes a container's last exit.
func (a *attached) ended(ctx context.Context, ev *api.Event, m *member) {
	m.ended = true
	a.finish(ev.Name, m, exited(m.label, ev, ""))
	if from := a.o.ExitCodeFrom; from == m.service || from == "" && a.o.abort() && !a.codeKnown && a.aborts(ev) {
		a.code, a.codeKnown = ev.ExitCode, true
	}
	if a.aborts(ev) && !a.stopping {
		a.tell("Aborting on container exit...")
		a.stopAll(ctx)
	}
}

// exited says how a container ended, in docker compose's words, and in brackets what is
// to be known besides.
func exited(label string, ev *api.Event, next string) string {
	var more []string
	if ev.OOM && ev.Reason != "" {
		more = append(more, ev.Reason)
	}
	if next != "" {
		more = append(more, next)
	}
	text := fmt.Sprintf("%s exited with code %d", label, ev.ExitCode)
	if len(more) > 0 {
		text += " (" + strings.Join(more, "; ") + ")"
	}
	return text
}

// aborts: this end is the end of all.
func (a *attached) aborts(ev *api.Event) bool {
	return a.o.AbortOnExit || a.o.ExitCodeFrom != "" || a.o.AbortOnFailure && ev.ExitCode != 0
}

// follow shows what a container writes from the beginning of this up on.
func (a *attached) follow(name string, m *member) {
	if m.shown {
		dir := a.env.Dirs.LogDir(a.target.Name, name)
		a.out.Add(screen.Source(a.target.Name, name, m.service, dir), logs.Query{Follow: true, Tail: -1, Since: a.began})
	}
}

// finish prints the rest of a container's log, and then text.
func (a *attached) finish(name string, m *member, text string) {
	if m.shown {
		a.out.Last(a.env.Dirs.LogDir(a.target.Name, name), text)
	}
}
