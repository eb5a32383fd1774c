package client_test

import (
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/client/tty/ptytest"
)

// Log lines have colours on a terminal that shows them, unless the user wants none.
func TestColourOfLogs(t *testing.T) {
	_, tty := ptytest.Open(t)
	for _, c := range []struct {
		env  map[string]string
		ansi string
		want bool
	}{
		{map[string]string{"TERM": "xterm"}, "", true}, {map[string]string{"TERM": "dumb"}, "", false}, {map[string]string{"TERM": "dumb"}, "always", true},
		{map[string]string{"NO_COLOR": "1"}, "", false}, {nil, "never", false}, {map[string]string{"COMPOSE_ANSI": "never"}, "auto", false},
	} {
		w := clienttest.New(t)
		w.Environ = c.env
		w.Stdout, w.Global.Ansi = tty, c.ansi
		if got := w.Format(false, false, false).Color; got != c.want {
			t.Errorf("%v --ansi %s: colours %v, want %v", c.env, c.ansi, got, c.want)
		}
	}
}
