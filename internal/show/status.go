package show

import (
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// Status is a container's state in docker's words: "Up 5 seconds (healthy)",
// "Exited (137) 2 minutes ago".
func Status(c *api.Container, now time.Time) string {
	switch c.State {
	case "running":
		return "Up " + Human(now.Sub(c.Started)) + health(c.Health)
	case "paused":
		return "Up " + Human(now.Sub(c.Started)) + " (Paused)"
	case "restarting":
		return fmt.Sprintf("Restarting (%d) %s ago", c.ExitCode, Human(now.Sub(c.Finished)))
	case "exited":
		if c.Finished.IsZero() {
			return fmt.Sprintf("Exited (%d)", c.ExitCode)
		}
		return fmt.Sprintf("Exited (%d) %s ago", c.ExitCode, Human(now.Sub(c.Finished)))
	case "dead":
		return "Dead"
	default:
		return "Created"
	}
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
