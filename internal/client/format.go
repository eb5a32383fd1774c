package client

import (
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/client/tty"
	"github.com/mocker-compose/mocker-compose/internal/logs"
)

// Format is how log lines look on our standard output.
func (e *Env) Format(timestamps, noPrefix, noColour bool) logs.Format {
	terminal := tty.Is(e.Stdout)
	colour := terminal && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb" || e.ansi() == "always"
	return logs.Format{
		Prefix: !noPrefix, Timestamps: timestamps, Terminal: terminal,
		Color: colour && !noColour && e.ansi() != "never",
	}
}

// ansi is --ansi, else COMPOSE_ANSI, else auto.
func (e *Env) ansi() string {
	if a := e.Global.Ansi; a != "" && a != "auto" {
		return a
	}
	return strings.ToLower(e.Getenv("COMPOSE_ANSI"))
}
