package lookcmd

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// absentPause is how often events looks for a project that does not run. There
// is no event for a socket whose directories do not exist yet.
const absentPause = 200 * time.Millisecond

// pastTries is how often a supervisor is looked for that remembers: it may just be replaced.
const pastTries = 3

// EventsOptions are the flags of events.
type EventsOptions struct {
	JSON         bool
	Since, Until string
}

// Register defines the flags in fs.
func (o *EventsOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&o.JSON, "json", false, "one JSON object per line")
	fs.StringVar(&o.Since, "since", "", "begin with what is remembered from `TIME` on: 2026-01-02T13:23:37Z, or 42m")
	fs.StringVar(&o.Until, "until", "", "end at `TIME`")
}

// eventStream is one run of the command events.
type eventStream struct {
	o     *EventsOptions
	since time.Time
	until time.Time
	past  bool // until has passed: what is remembered is all
	env   *client.Env
}

// Events prints the project's events until ctx ends, or --until has come. It
// stays when the project ends, and goes on when it runs again.
func Events(ctx context.Context, e *client.Env, t client.Target, o *EventsOptions, services []string) (err error) {
	if len(services) > 0 && (t.Project != nil || t.Unread) {
		if err := e.CheckServices(ctx, t, services); err != nil {
			return err
		}
	}
	s := &eventStream{o: o, env: e}
	now := time.Now()
	if s.since, err = timeFlag("--since", o.Since, now); err != nil {
		return err
	}
	if s.since.IsZero() {
		s.since = now // what happens before we are connected is remembered
	}
	if s.until, err = timeFlag("--until", o.Until, now); err != nil {
		return err
	}
	if !s.until.IsZero() {
		// What is remembered is read even if --until has passed.
		end := s.until
		if s.past = o.Since != "" && !end.After(now); s.past {
			end = now.Add(historyTime)
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
	}
	err = s.run(ctx, t.Name, services)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil
	case errors.Is(err, context.Canceled):
		return &client.ExitError{Code: client.Interrupted}
	}
	return err
}

// historyTime bounds the reading of what is remembered: a supervisor of an earlier version
// does not say that this was all.
const historyTime = 3 * time.Second

func timeFlag(name, value string, now time.Time) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	t, err := logs.ParseTime(value, now)
	if err != nil {
		return t, fmt.Errorf("%s: %w", name, err)
	}
	return t, nil
}

// run subscribes, again and again: to the successor of a supervisor that died,
// and to a project that is brought up again.
func (s *eventStream) run(ctx context.Context, name string, services []string) error {
	for tries := 1; ; tries++ {
		req := api.Request{Op: api.OpEvents, Events: &api.EventsRequest{Services: services, Since: s.since, Past: s.past, All: true}}
		gone, err := s.env.Once(ctx, name, req, s.show)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil && !gone:
			return err
		case s.past && (!gone || tries == pastTries):
			return nil
		}
		select {
		case <-time.After(absentPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// show prints one event; the next subscription begins behind it.
func (s *eventStream) show(a *api.Answer) error {
	ev := a.Event
	if ev == nil {
		return nil
	}
	s.since = ev.Time.Add(1)
	if !s.until.IsZero() && ev.Time.After(s.until) {
		return context.DeadlineExceeded
	}
	line, err := s.o.line(ev)
	if err == nil {
		_, err = s.env.Stdout.Write(line)
	}
	return err
}

// eventJSON has docker compose's keys.
type eventJSON struct {
	Action     string            `json:"action"`
	Attributes map[string]string `json:"attributes"`
	ID         string            `json:"id"`
	Service    string            `json:"service"`
	Time       time.Time         `json:"time"`
	Type       string            `json:"type"`
}

// eventType is what the event is about, as docker calls it.
func eventType(ev *api.Event) string { return cmp.Or(ev.Type, "container") }

func (o *EventsOptions) line(ev *api.Event) ([]byte, error) {
	var out bytes.Buffer
	if o.JSON {
		enc := json.NewEncoder(&out)
		enc.SetEscapeHTML(false)
		err := enc.Encode(eventJSON{ev.Action, ev.Attributes, ev.ID, ev.Service, ev.Time, eventType(ev)})
		return out.Bytes(), err
	}
	var words []string
	for _, k := range slices.Sorted(maps.Keys(ev.Attributes)) {
		words = append(words, k+"="+ev.Attributes[k])
	}
	fmt.Fprintf(&out, "%s %s %s %s (%s)\n", ev.Time.Local().Format("2006-01-02 15:04:05.000000"), eventType(ev), ev.Action, cmp.Or(ev.ID, ev.Name), strings.Join(words, ", "))
	return out.Bytes(), nil
}
