package client

import (
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	display "github.com/mocker-compose/mocker-compose/internal/progress"
)

// Progress prints what the supervisor does, to standard error.
type Progress struct {
	Lines bool // also on a terminal: others write to it too

	env  *Env
	mode display.Mode
}

// Progress is a new one, on [Env.Display].
func (e *Env) Progress() *Progress { return &Progress{env: e, mode: e.Display().Mode()} }

// Display is where everything that this command does is shown, on standard error.
func (e *Env) Display() *display.Display {
	e.showing.Do(func() {
		out := e.Stderr
		if e.flagged("COMPOSE_STATUS_STDOUT") {
			out = e.Stdout
		}
		terminal := tty.Is(out) && e.Getenv("TERM") != "dumb" && e.ansi() != "never"
		word := e.Global.Progress
		if env := e.Getenv("COMPOSE_PROGRESS"); (word == "" || word == "auto") && env != "" {
			word = env
		}
		mode := display.Choose(word, terminal)
		if mode == display.TTY && (!terminal || e.Global.DryRun) {
			mode = display.Plain
		}
		e.shown = display.New(out, display.Options{
			DryRun: e.Global.DryRun,
			Mode:   mode, Colour: e.Getenv("NO_COLOR") == "" || e.ansi() == "always", ASCII: !e.unicode(),
			Size: func() (int, int) { rows, cols := tty.Size(out); return int(rows), int(cols) },
		})
		e.shown.Title(e.Doing)
	})
	return e.shown
}

// unicode: the terminal has more than ASCII (locale(7): the first that is set counts).
func (e *Env) unicode() bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := strings.ToLower(e.Getenv(name)); v != "" {
			return strings.Contains(v, "utf-8") || strings.Contains(v, "utf8")
		}
	}
	return true
}

// Settle ends what is drawn: what follows may be written to standard error.
func (e *Env) Settle() {
	if e.shown != nil {
		e.shown.Pause()
	}
}

// Answer prints the progress that an answer carries, if any.
func (p *Progress) Answer(a *api.Answer) error {
	if a.Progress != nil {
		p.Line(a.Progress)
	}
	if a.Done || a.Error != nil {
		p.env.Settle()
	}
	return nil
}

// Line prints one step.
func (p *Progress) Line(s *api.Progress) {
	d := p.env.Display()
	e := display.Event{ID: s.Kind + " " + s.Name, Status: phase(s.Status), Text: s.Status, Details: s.Text}
	switch {
	case s.Status == "Warning" && p.mode != display.JSON:
		d.Print("WARN " + s.Text)
	case p.Lines && p.mode == display.TTY:
		d.Line(e)
	default:
		d.On(e)
	}
}

// phase tells a step that goes on from one that is over.
func phase(status string) display.Status {
	switch status {
	case "Creating", "Starting", "Waiting", "Stopping", "Killing", "Removing", "Recreate", "Restarting", "Copying", "Connecting", "Disconnecting", "Updating", "Loading":
		return display.Working
	case "Error":
		return display.Error
	case "Skipped", "Warning":
		return display.Warning
	default:
		return display.Done
	}
}
