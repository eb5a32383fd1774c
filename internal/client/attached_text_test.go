package client_test

import (
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
)

func TestExited(t *testing.T) {
	for want, c := range map[string]struct {
		ev   api.Event
		next string
	}{
		"a-1 exited with code 3":                                              {api.Event{ExitCode: 3, Reason: "exited"}, ""},
		"a-1 exited with code 3 (restarting)":                                 {api.Event{ExitCode: 3}, "restarting"},
		"a-1 exited with code 137 (out of memory: limit 100 MiB)":             {api.Event{ExitCode: 137, OOM: true, Reason: "out of memory: limit 100 MiB"}, ""},
		"a-1 exited with code 137 (out of memory: limit 100 MiB; restarting)": {api.Event{ExitCode: 137, OOM: true, Reason: "out of memory: limit 100 MiB"}, "restarting"},
	} {
		if got := client.Exited("a-1", &c.ev, c.next); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
