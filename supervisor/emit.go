package supervisor

import (
	"strconv"
	"strings"
	"syscall"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
)

// emit tells all listeners what happened to i, and remembers it. more are further
// attributes, by key and value. Called on the loop, after the state has changed.
func (s *Supervisor) emit(i *instance, action string, more ...string) {
	s.news.Container(&i.rec, action, more...)
}

// emitEnd tells that a run is over: as docker does, of the kernel's kill before the death.
func (s *Supervisor) emitEnd(i *instance) {
	if e := i.rec.Exit; e != nil && e.OOM {
		s.emit(i, "oom", "reason", i.rec.Out())
	}
	s.emit(i, "die")
	s.news.Attachments(&i.rec, "disconnect")
}

// emitKill tells of a signal to the run of i, and records who sent it; of SIGKILL once in
// a run.
func (s *Supervisor) emitKill(i *instance, sig syscall.Signal, by record.Sender) {
	if sig == syscall.SIGKILL {
		if i.killed == i.run {
			return
		}
		i.killed = i.run
	}
	i.rec.Sent = record.Send(i.rec.Sent, sig, by)
	s.emit(i, "kill", "signal", strconv.Itoa(int(sig)))
}

// tellHappenings passes on what is about no container, until the supervisor ends.
func (s *Supervisor) tellHappenings() {
	for {
		select {
		case h := <-s.rt.Happenings():
			_ = s.ask(func() { s.news.Happening(h) })
		case <-s.ctx.Done():
			return
		}
	}
}

// execEvents tells of a command that is executed in a container: exec_create and
// exec_start now, exec_die by the function that is returned.
func (s *Supervisor) execEvents(c *Container, args []string) (died func(code int)) {
	id, line := kernel.NewID(), strings.Join(args, " ")
	tell := func(action string, more ...string) {
		if i := s.instances[c.Name]; i != nil && i.rec.ID == c.ID {
			s.emit(i, action, append(more, "execID", id)...)
		}
	}
	_ = s.ask(func() {
		tell("exec_create: " + line)
		tell("exec_start: " + line)
	})
	return func(code int) {
		_ = s.ask(func() { tell("exec_die", "exitCode", strconv.Itoa(code)) })
	}
}
