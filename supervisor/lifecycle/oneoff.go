package lifecycle

import (
	"context"
	"time"
)

// ReturnLimit is how long a one-off container that is to go waits, after the
// supervisor was replaced, for the client that runs it: it wants the exit code.
const ReturnLimit = 15 * time.Second

// expectClient claims an adopted container for its client until ReturnLimit.
func (l *Loop) expectClient(i *Instance) {
	if !i.removable() {
		return
	}
	i.Claims++
	time.AfterFunc(ReturnLimit, func() { _ = l.Ask(func() { i.Claims-- }) })
}

// removable reports a one-off container that goes when it has ended.
func (i *Instance) removable() bool { return i.Rec.OneOff != nil && i.Rec.OneOff.Remove }

// Passing reports that i has ended and will be removed without a command.
func (i *Instance) Passing() bool {
	return i.removable() && i.Rec.Final() && i.Rec.Run > 0 && !i.stays
}

// settleOneOffs removes those that are over and that nobody asks about.
func (l *Loop) settleOneOffs() {
	for _, i := range l.Instances {
		if i.Passing() && i.Claims == 0 && i.Rec.State.Settled() {
			l.apply(event{kind: CmdRemove, name: i.Rec.Name, volumes: true})
		}
	}
}

// readingLimit is how long the removal of a container that ended waits for the client of
// its run: the log goes with it, and the client comes to the log later than its writer.
const readingLimit = 2 * time.Second

// LetRead waits until the clients of a run that has ended have read its log. One that
// does not read has its time, and no more.
func (l *Loop) LetRead(ctx context.Context, name string) {
	within, cancel := context.WithTimeout(ctx, readingLimit)
	defer cancel()
	// Whatever ends this, the container goes.
	_ = l.Await(within, func() (bool, error) {
		i := l.Instances[name]
		return i == nil || i.Claims == 0 || i.Rec.Run == 0 || !i.Rec.State.Settled(), nil
	})
}
