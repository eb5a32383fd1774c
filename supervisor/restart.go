package supervisor

import (
	"context"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// restartsAfter reports that i, whose run is over, is to run again by itself.
func (s *Supervisor) restartsAfter(i *instance) bool {
	if i.rec.Desired != WantRunning || i.rec.Exit == nil {
		return false
	}
	return policy.Restarts(i.rec.Service.Restart, i.rec.Exit.Code, i.counted())
}

// counted is how many restarts count among those that the policy allows, the present
// run's included.
func (i *instance) counted() int {
	if i.rec.Service.Restart.Window == 0 {
		return i.rec.Restarts // all of them
	}
	n := i.rec.Counted
	if i.rec.Restarts > 0 && policy.Counts(i.rec.Service.Restart, i.ran()) {
		n++
	}
	return n
}

// ran is how long the last run lasted; nothing, if it was no start.
func (i *instance) ran() time.Duration {
	if i.rec.Reason == ReasonStartFailed {
		return 0
	}
	return i.rec.Finished.Sub(i.rec.Started)
}

// release lets the runtime free what belongs to the run that is over.
func (s *Supervisor) release(i *instance) {
	c := i.rec.Container
	c.Again = i.again || i.back || i.rec.Held && i.rec.Desired == WantRunning || s.restartsAfter(i)
	i.back = false
	s.actions = append(s.actions, action{run: func() {
		ctx, cancel := context.WithTimeout(s.ctx, releaseLimit)
		defer cancel()
		s.post(event{kind: Released, name: c.Name, err: s.rt.Stopped(ctx, &c)})
	}})
}

// decide is the moment after a run: start at once, after the back-off, when the
// dependencies are back, or not at all.
func (s *Supervisor) decide(i *instance, e event) {
	if e.err != nil {
		s.report(fmt.Sprintf("release what the last run of container %s used: %v", i.rec.Name, e.err))
	}
	switch {
	case i.again:
		s.enter(i, Exited)
		s.emitEnd(i)
		s.launch(i, e)
		return
	case i.rec.Held && i.rec.Desired == WantRunning:
		s.enter(i, Exited) // settleHeld starts it
	case s.scheduleRestart(i):
	default:
		s.enter(i, Exited)
	}
	s.emitEnd(i)
	if sent := i.rec.Sent; i.rec.Reason == ReasonStopped && (sent == nil || sent.By != record.SentByKill) {
		s.emit(i, "stop") // docker tells of no stop after the command kill
	}
}

// scheduleRestart moves i to Waiting if its policy wants another run.
func (s *Supervisor) scheduleRestart(i *instance) bool {
	if !s.restartsAfter(i) {
		return false
	}
	wait := policy.Wait(i.rec.Service.Restart, i.rec.Backoff, i.ran())
	i.rec.Backoff, i.rec.Counted = wait, i.counted()
	i.rec.Restarts++
	i.rec.Due = time.Now().Add(wait)
	s.enter(i, Waiting)
	s.arm(i, wait, BackoffOver)
	return true
}
