package news

import (
	"context"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/outbox"
)

// Send sends what a listener hears until ctx ends or nothing will follow. Without all,
// it is what docker compose shows of it.
func Send(ctx context.Context, l *outbox.Listener, all bool, send func(v any, files ...*os.File) error) error {
	for {
		select {
		case <-l.Wake():
		case <-ctx.Done():
			return nil
		}
		events, over := l.Take()
		for n := range events {
			if !all && (events[n].Type != "" || strings.HasPrefix(events[n].Action, "exec_")) {
				continue
			}
			if !all {
				events[n].Attributes = nil
			}
			if err := send(api.Answer{Event: &events[n]}); err != nil {
				return err
			}
		}
		if over {
			return nil
		}
	}
}
