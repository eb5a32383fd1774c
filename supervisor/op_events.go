package supervisor

import (
	"context"
	"sort"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/outbox"
)

// events sends what happens until the client goes away or the project ends.
func (s *Supervisor) events(ctx context.Context, r *request, b api.EventsRequest) error {
	l := outbox.NewListener(b.Services)
	// Subscribing and looking at what exists is one step: nothing is missed or told twice.
	err := s.ask(func() {
		if b.Replay {
			s.replay(l)
		}
		if !b.Since.IsZero() {
			for _, e := range s.history.Since(b.Since) {
				l.Put(e)
			}
		}
		s.listeners[l] = struct{}{}
	})
	if err != nil {
		return err
	}
	defer func() { _ = s.ask(func() { delete(s.listeners, l) }) }()
	for {
		select {
		case <-l.Wake():
		case <-ctx.Done():
			return nil
		}
		events, over := l.Take()
		for n := range events {
			if !b.All && (events[n].Type != "" || strings.HasPrefix(events[n].Action, "exec_")) {
				continue
			}
			if !b.All {
				events[n].Attributes = nil
			}
			if err := r.Send(api.Answer{Event: &events[n]}); err != nil {
				return err
			}
		}
		if over {
			return nil
		}
	}
}

func (s *Supervisor) replay(l *outbox.Listener) {
	all := make([]*instance, 0, len(s.instances))
	for _, i := range s.instances {
		all = append(all, i)
	}
	sort.Slice(all, func(a, b int) bool { return all[a].rec.Name < all[b].rec.Name })
	for _, i := range all {
		l.Put(i.rec.Event("exists"))
	}
}

// endListeners tells all subscribers that the project is gone. Called on the loop.
func (s *Supervisor) endListeners() {
	for l := range s.listeners {
		l.End()
	}
}
