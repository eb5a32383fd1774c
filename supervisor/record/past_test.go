package record

import (
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// The latest runs are remembered, and a copy of the record does not change with them.
func TestRemember(t *testing.T) {
	r := Replica{Started: time.Unix(9, 0)}
	r.Remember() // it has not ended
	for run := 1; run <= pastKept+3; run++ {
		r.Run, r.Exit, r.Reason = run, &kernel.Exit{Code: run}, states.ReasonExited
		before := r
		r.Remember()
		if n := len(before.Past); n > 0 && before.Past[n-1].Run != run-1 {
			t.Fatalf("a copy has changed: %+v", before.Past)
		}
	}
	if len(r.Past) != pastKept || r.Past[0].Run != 4 || r.Past[pastKept-1].Exit.Code != pastKept+3 {
		t.Errorf("%+v", r.Past)
	}
	r.Reason = states.ReasonStartFailed
	r.Remember()
	if last := r.Past[pastKept-1]; !last.Started.IsZero() {
		t.Errorf("a start that failed has started: %+v", last)
	}
}

// Who is said to have killed: the end of the grace period only where there was one.
func TestSend(t *testing.T) {
	if s := Send(nil, syscall.SIGKILL, SentByGrace); s.By != SentByStop || s.Waited != 0 {
		t.Errorf("without a stop signal: %+v", s)
	}
	term := &Sent{Signal: syscall.SIGTERM, By: SentByStop, At: time.Now().Add(-3 * time.Second)}
	if s := Send(term, syscall.SIGKILL, SentByGrace); s.By != SentByGrace || s.Waited < 3*time.Second {
		t.Errorf("after one: %+v", s)
	}
	if s := Send(term, syscall.SIGKILL, SentByKill); s.By != SentByKill || s.Waited != 0 {
		t.Errorf("by kill: %+v", s)
	}
}
