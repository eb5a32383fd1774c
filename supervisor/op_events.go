package supervisor

import (
	"context"
	"sort"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/outbox"
	"github.com/mocker-compose/mocker-compose/supervisor/news"
)

// events sends what happens until the client goes away or the project ends.
func (s *Supervisor) events(ctx context.Context, r *request, b api.EventsRequest) error {
	var l *outbox.Listener
	// Subscribing and looking at what exists is one step: nothing is missed or told twice.
	err := s.loop.Ask(func() {
		var exists []api.Event
		if b.Replay {
			exists = s.exists()
		}
		l = s.loop.News.Listen(b.Services, exists, b.Since)
		if b.Past {
			l.End()
		}
	})
	if err != nil {
		return err
	}
	defer func() { _ = s.loop.Ask(func() { s.loop.News.Leave(l) }) }()
	return news.Send(ctx, l, b.All, r.Send)
}

// exists is an event for each container. Called on the loop.
func (s *Supervisor) exists() (all []api.Event) {
	for _, i := range s.loop.Instances {
		all = append(all, i.Rec.Event("exists"))
	}
	sort.Slice(all, func(a, b int) bool { return all[a].Name < all[b].Name })
	return all
}
