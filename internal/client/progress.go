package client

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// progress prints what the supervisor does, to standard error.
type progress struct {
	w     io.Writer
	mode  string // as --progress has it
	quiet bool
}

func (e *Env) progress() *progress {
	mode := e.Global.Progress
	if env := e.Getenv("COMPOSE_PROGRESS"); mode == "auto" && env != "" {
		mode = env
	}
	return &progress{w: e.Stderr, mode: mode}
}

// progressJSON is one line of --progress json: docker compose's keys.
type progressJSON struct {
	ID     string `json:"id"`
	Status string `json:"status"` // Working, Done, Warning, Error
	Text   string `json:"text"`
	Detail string `json:"details,omitempty"`
}

// answer prints the progress that an answer carries, if any.
func (p *progress) answer(a *api.Answer) error {
	if a.Progress != nil {
		p.line(a.Progress)
	}
	return nil
}

func (p *progress) line(s *api.Progress) {
	switch {
	case s.Status == "Warning" && p.mode != "json":
		fmt.Fprintln(p.w, "WARN", s.Text)
	case p.quiet || p.mode == "quiet":
	case p.mode == "json":
		// An error here would be one of standard error itself.
		_ = json.NewEncoder(p.w).Encode(progressJSON{s.Kind + " " + s.Name, phase(s.Status), s.Status, s.Text})
	case s.Text != "":
		fmt.Fprintf(p.w, " %s %s  %s %s\n", s.Kind, s.Name, s.Status, s.Text)
	default:
		fmt.Fprintf(p.w, " %s %s  %s\n", s.Kind, s.Name, s.Status)
	}
}

// phase tells a step that goes on from one that is over.
func phase(status string) string {
	switch status {
	case "Creating", "Starting", "Waiting", "Stopping", "Killing", "Removing", "Recreate", "Restarting", "Copying", "Connecting", "Disconnecting", "Updating":
		return "Working"
	case "Error":
		return "Error"
	case "Skipped":
		return "Warning"
	default:
		return "Done"
	}
}
