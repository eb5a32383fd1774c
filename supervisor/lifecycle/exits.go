package lifecycle

import (
	"context"

	"github.com/mocker-compose/mocker-compose/supervisor/inside"
)

// AwaitRun waits for the end of a container's present run, or of its next one
// if it is just between two.
func (l *Loop) AwaitRun(ctx context.Context, name string) (code int, err error) {
	return l.awaitExit(ctx, name, func(i *Instance, seen bool) bool {
		return !seen && !i.Rec.Final() && i.Rec.State != Ending
	})
}

// AwaitDrained waits until the present run of a container has ended and its
// log is complete.
func (l *Loop) AwaitDrained(ctx context.Context, name string) (code int, err error) {
	return l.awaitExit(ctx, name, func(i *Instance, _ bool) bool { return i.Rec.State == Ending })
}

// awaitExit waits for the end of a container's present run, and then as long as
// pending says so; seen tells it whether there was a run.
func (l *Loop) awaitExit(ctx context.Context, name string, pending func(i *Instance, seen bool) bool) (code int, err error) {
	var seen *Run
	err = l.Await(ctx, func() (bool, error) {
		i := l.Instances[name]
		if i == nil {
			return true, nil
		}
		if i.Run != nil && (seen == nil || seen == i.Run) {
			seen = i.Run
			return false, nil
		}
		if pending(i, seen != nil) {
			return false, nil
		}
		if i.Rec.Exit != nil {
			code = i.Rec.Exit.Code
		}
		return true, nil
	})
	return code, err
}

// AwaitEnd waits until a container has ended for good and its log is complete.
// One that is removed meanwhile has ended as it was last seen; one that was removed
// before its end was seen was killed.
func (l *Loop) AwaitEnd(ctx context.Context, name string) (code int, err error) {
	code = inside.Killed
	err = l.Await(ctx, func() (bool, error) {
		i := l.Instances[name]
		if i == nil {
			return true, nil
		}
		if i.Rec.Exit != nil {
			code = i.Rec.Exit.Code
		}
		return i.Rec.Final(), nil
	})
	return code, err
}
