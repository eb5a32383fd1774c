package show

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Status is a container's state in docker's words: "Up 5 seconds (healthy)",
// "Exited (137) 2 minutes ago"; and "Exited (137) OOM 2 minutes ago", which docker keeps
// for its inspect, since nobody finds it there.
func Status(c *api.Container, now time.Time) string {
	switch c.State {
	case "running":
		return "Up " + Human(now.Sub(c.Started)) + health(c.Health)
	case "paused":
		return "Up " + Human(now.Sub(c.Started)) + " (Paused)"
	case "restarting":
		return fmt.Sprintf("Restarting (%d)%s %s ago", c.ExitCode, oom(c), Human(now.Sub(c.Finished)))
	case "exited":
		if c.Finished.IsZero() {
			return fmt.Sprintf("Exited (%d)%s", c.ExitCode, oom(c))
		}
		return fmt.Sprintf("Exited (%d)%s %s ago", c.ExitCode, oom(c), Human(now.Sub(c.Finished)))
	case "dead":
		return "Dead"
	default:
		return "Created"
	}
}

func oom(c *api.Container) string {
	if c.OOM {
		return " OOM"
	}
	return ""
}

func health(h string) string {
	switch h {
	case "":
		return ""
	case "starting":
		return " (health: starting)"
	default:
		return " (" + h + ")"
	}
}
