package record

import (
	"testing"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

func TestOut(t *testing.T) {
	r := Replica{Container: kernel.Container{Name: "demo-a-1"}, Reason: states.ReasonOOM, Exit: &kernel.Exit{Code: 137, OOM: true}}
	if got := r.Why(); got != "out of memory" {
		t.Errorf("without more: %q", got)
	}
	r.Detail = "limit 1 GiB"
	if got := r.Why(); got != "out of memory: limit 1 GiB" {
		t.Errorf("with a limit: %q", got)
	}
	if got := r.notRunning().Error(); got != "container demo-a-1 exited (137): out of memory: limit 1 GiB" {
		t.Errorf("who waits for it: %q", got)
	}
	if e := r.Event("die"); !e.OOM || e.Reason != "out of memory: limit 1 GiB" {
		t.Errorf("event %+v", e)
	}
}
