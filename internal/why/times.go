package why

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// times is what happened to a container, in order.
func times(r *record.Replica) []Moment {
	list := []Moment{{r.Created, "created"}}
	add := func(at time.Time, what string) {
		if !at.IsZero() {
			list = append(list, Moment{at, what})
		}
	}
	for i := range r.Past {
		p := &r.Past[i]
		word := "started"
		if p.Run > 1 {
			word = "restarted"
		}
		add(p.Started, word)
		switch p.Reason {
		case states.ReasonStartFailed:
			add(p.Exit.At, "start failed")
		case states.ReasonStopped:
			add(p.Exit.At, "stopped")
		case states.ReasonLost:
			add(p.Exit.At, "vanished")
		case states.ReasonNone, states.ReasonExited, states.ReasonSignal, states.ReasonOOM, states.ReasonDependency:
			add(p.Exit.At, ending(&p.Exit))
		}
	}
	if r.Runs() || r.State == states.Stopping {
		word := "started"
		if r.Run > 1 {
			word = "restarted"
		}
		add(r.Started, word)
	}
	if r.Sent != nil && r.State == states.Stopping {
		add(r.Sent.At, "sent "+signal(r.Sent.Signal))
	}
	if r.State == states.Waiting {
		add(r.Due, "next start")
	}
	return list
}

// since is the time from then to now.
func since(now, then time.Time) string { return round(now.Sub(then)) }

// round is a duration as people say it: "3s", "4m", "2h5m", "3d".
func round(d time.Duration) string {
	switch d = max(d, 0); {
	case d < time.Second:
		return fmt.Sprintf("%dms", d.Milliseconds())
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd", int(d.Hours())/24)
}

func count(n int, what string) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d %ss", n, what)
}
