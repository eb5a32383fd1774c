package lifecycle

import (
	"strconv"
	"strings"
	"syscall"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// Emit tells all listeners what happened to i, and remembers it. more are further
// attributes, by key and value. Called on the loop, after the state has changed.
func (l *Loop) Emit(i *Instance, action string, more ...string) {
	l.News.Container(&i.Rec, action, more...)
}

// emitEnd tells that a run is over: as docker does, of the kernel's kill before the death.
func (l *Loop) emitEnd(i *Instance) {
	if e := i.Rec.Exit; e != nil && e.OOM {
		l.Emit(i, "oom", "reason", i.Rec.Out())
	}
	l.Emit(i, "die")
	l.News.Attachments(&i.Rec, "disconnect")
}

// emitKill tells of a signal to the run of i, and records who sent it; of SIGKILL once in
// a run.
func (l *Loop) emitKill(i *Instance, sig syscall.Signal, by record.Sender) {
	if sig == syscall.SIGKILL {
		if i.killed == i.Run {
			return
		}
		i.killed = i.Run
	}
	i.Rec.Sent = record.Send(i.Rec.Sent, sig, by)
	l.Emit(i, "kill", "signal", strconv.Itoa(int(sig)))
}

// tellHappenings passes on what is about no container, until the supervisor ends.
func (l *Loop) tellHappenings() {
	for {
		select {
		case h := <-l.rt.Happenings():
			_ = l.Ask(func() { l.News.Happening(h) })
		case <-l.ctx.Done():
			return
		}
	}
}

// ExecEvents tells of a command that is executed in a container: exec_create and
// exec_start now, exec_die by the function that is returned.
func (l *Loop) ExecEvents(c *Container, args []string) (died func(code int)) {
	id, line := kernel.NewID(), strings.Join(args, " ")
	tell := func(action string, more ...string) {
		if i := l.Instances[c.Name]; i != nil && i.Rec.ID == c.ID {
			l.Emit(i, action, append(more, "execID", id)...)
		}
	}
	_ = l.Ask(func() {
		tell("exec_create: " + line)
		tell("exec_start: " + line)
	})
	return func(code int) {
		_ = l.Ask(func() { tell("exec_die", "exitCode", strconv.Itoa(code)) })
	}
}
