package news

import (
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/outbox"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// News are what happens in one project, and who wants to know. It is not safe for use
// by several goroutines.
type News struct {
	project   string
	listeners map[*outbox.Listener]struct{}
	history   outbox.History
}

// New is about a project in which nothing has happened.
func New(project string) *News {
	return &News{project: project, listeners: map[*outbox.Listener]struct{}{}}
}

// Tell hands an event to all listeners, and remembers it.
func (n *News) Tell(e api.Event) {
	n.history.Add(e)
	for l := range n.listeners {
		l.Put(e)
	}
}

// Listen adds a listener, who hears first what exists, if there is something, and then
// what has happened since a time, unless that is zero.
func (n *News) Listen(services []string, exists []api.Event, since time.Time) *outbox.Listener {
	l := outbox.NewListener(services)
	for _, e := range exists {
		l.Put(e)
	}
	if !since.IsZero() {
		for _, e := range n.history.Since(since) {
			l.Put(e)
		}
	}
	n.listeners[l] = struct{}{}
	return l
}

// Leave ends what Listen began.
func (n *News) Leave(l *outbox.Listener) { delete(n.listeners, l) }

// Since are the remembered events from a time on, the oldest first.
func (n *News) Since(t time.Time) []api.Event { return n.history.Since(t) }

// End tells all listeners that the project is gone.
func (n *News) End() {
	for l := range n.listeners {
		l.End()
	}
}

// Container tells what happened to a container. more are further attributes, by key and
// value.
func (n *News) Container(r *record.Replica, action string, more ...string) {
	e := r.Event(action)
	e.Attributes = r.Attributes(action)
	for i := 0; i+1 < len(more); i += 2 {
		e.Attributes[more[i]] = more[i+1]
	}
	n.Tell(e)
}

// Happening tells what is about no container.
func (n *News) Happening(h kernel.Happening) {
	e := api.Event{Time: h.At, Type: h.Type, Action: h.Action, Name: h.Name, Reason: h.Reason, Attributes: map[string]string{"name": h.Name}}
	if h.Reason != "" {
		e.Attributes["reason"] = h.Reason
	}
	n.Tell(e)
}
