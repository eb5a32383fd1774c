package lifecycle

import (
	"context"
	"fmt"
	"time"

	"github.com/mocker-compose/mocker-compose/supervisor/policy"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// restartsAfter reports that i, whose run is over, is to run again by itself.
func (l *Loop) restartsAfter(i *Instance) bool {
	if i.Rec.Desired != WantRunning || i.Rec.Exit == nil {
		return false
	}
	return policy.Restarts(i.Rec.Service.Restart, i.Rec.Exit.Code, i.counted())
}

// counted is how many restarts count among those that the policy allows, the present
// run's included.
func (i *Instance) counted() int {
	if i.Rec.Service.Restart.Window == 0 {
		return i.Rec.Restarts // all of them
	}
	n := i.Rec.Counted
	if i.Rec.Restarts > 0 && policy.Counts(i.Rec.Service.Restart, i.ran()) {
		n++
	}
	return n
}

// ran is how long the last run lasted; nothing, if it was no start.
func (i *Instance) ran() time.Duration {
	if i.Rec.Reason == ReasonStartFailed {
		return 0
	}
	return i.Rec.Finished.Sub(i.Rec.Started)
}

// release lets the runtime free what belongs to the run that is over.
func (l *Loop) release(i *Instance) {
	c := i.Rec.Container
	c.Again = i.again || i.back || i.Rec.Held && i.Rec.Desired == WantRunning || l.restartsAfter(i)
	i.back = false
	l.actions = append(l.actions, action{run: func() {
		ctx, cancel := context.WithTimeout(l.ctx, releaseLimit)
		defer cancel()
		l.post(event{kind: Released, name: c.Name, err: l.rt.Stopped(ctx, &c)})
	}})
}

// decide is the moment after a run: start at once, after the back-off, when the
// dependencies are back, or not at all.
func (l *Loop) decide(i *Instance, e event) {
	if e.err != nil {
		l.Report(fmt.Sprintf("release what the last run of container %s used: %v", i.Rec.Name, e.err))
	}
	switch {
	case i.again:
		l.enter(i, Exited)
		l.emitEnd(i)
		l.launch(i, e)
		return
	case i.Rec.Held && i.Rec.Desired == WantRunning:
		l.enter(i, Exited) // settleHeld starts it
	case l.scheduleRestart(i):
	default:
		l.enter(i, Exited)
	}
	l.emitEnd(i)
	if sent := i.Rec.Sent; i.Rec.Reason == ReasonStopped && (sent == nil || sent.By != record.SentByKill) {
		l.Emit(i, "stop") // docker tells of no stop after the command kill
	}
}

// scheduleRestart moves i to Waiting if its policy wants another run.
func (l *Loop) scheduleRestart(i *Instance) bool {
	if !l.restartsAfter(i) {
		return false
	}
	wait := policy.Wait(i.Rec.Service.Restart, i.Rec.Backoff, i.ran())
	i.Rec.Backoff, i.Rec.Counted = wait, i.counted()
	i.Rec.Restarts++
	i.Rec.Due = time.Now().Add(wait)
	l.enter(i, Waiting)
	l.arm(i, wait, BackoffOver)
	return true
}
