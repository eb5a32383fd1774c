package why

import (
	"fmt"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/record"
	"github.com/mocker-compose/mocker-compose/supervisor/states"
)

// shellSignal is what a shell adds to the number of a signal that ended its child.
const shellSignal = 128

// ended is the account of a container that has run and does not.
func (f *Facts) ended(r *record.Replica, a *Account) {
	name := short(r)
	switch {
	case r.Reason == states.ReasonLost:
		a.Head = name + " has vanished: " + plain(r.Detail)
		a.Cause = "its processes ended with what held the project, not by themselves"
		a.Mend = []string{f.command("up -d")}
		return
	case r.Exit == nil:
		// It is on record as running, and there is nobody who runs it.
		a.Head = name + " has vanished: the project's processes have ended"
		a.Mend = []string{f.command("up -d")}
		return
	}
	a.Head = fmt.Sprintf("%s %s %s after its start", name, ending(r.Exit), round(r.Finished.Sub(r.Started)))
	if r.Exit.Code == 0 && r.Reason == states.ReasonExited {
		f.done(r, a)
		return
	}
	switch r.Reason {
	case states.ReasonStopped:
		a.Head = fmt.Sprintf("%s was stopped by a command %s ago", name, since(f.Now, r.Finished))
		a.Mend = []string{f.command("start " + r.Service.Name)}
		a.Cause = f.stopped(r)
		if r.Sent != nil && r.Sent.By == record.SentByGrace {
			a.Mend = append(a.Mend, f.edit(&r.Service, "stop_grace_period: 30s gives it longer; init: true helps a shell that does not pass signals on"))
		}
		a.Log = tail(a.Log, 5)
		return
	case states.ReasonDependency:
		a.Head = name + " was stopped because what it depends on restarts, or failed"
		a.Mend = []string{f.command("start " + r.Service.Name)}
		return
	case states.ReasonNone, states.ReasonExited, states.ReasonSignal, states.ReasonOOM, states.ReasonStartFailed, states.ReasonLost:
	}
	a.Cause, a.Mend = f.cause(r)
	if r.Service.Restart.Mode == project.RestartNo || r.Service.Restart.Mode == "" {
		a.Head += ", and restart: no lets it be"
	}
}

// stopped is how a command ended it.
func (f *Facts) stopped(r *record.Replica) string {
	s := r.Sent
	switch {
	case s == nil:
		return ""
	case s.By == record.SentByGrace:
		return fmt.Sprintf("it had not ended %s after %s, and was killed", round(s.Waited), f.stopSignal(r))
	case s.By == record.SentByKill:
		return "the command kill sent it " + signal(s.Signal)
	case s.Signal == syscall.SIGKILL:
		return "it was killed at once: no time was given (-t 0), or it ignores " + f.stopSignal(r)
	case r.Exit.Code == shellSignal+int(s.Signal):
		return fmt.Sprintf("it ended by %s, as it was told", signal(s.Signal))
	}
	return fmt.Sprintf("it was sent %s, and ended with exit code %d", signal(s.Signal), r.Exit.Code)
}

func (f *Facts) stopSignal(r *record.Replica) string {
	if r.Service.StopSignal != "" {
		return r.Service.StopSignal
	}
	return "SIGTERM"
}

func grace(r *record.Replica) time.Duration {
	if d := r.Service.StopGracePeriod; d > 0 {
		return d
	}
	return 10 * time.Second
}

// done is the account of a container that has ended well.
func (f *Facts) done(r *record.Replica, a *Account) {
	a.Fine = true
	a.Head = fmt.Sprintf("%s has done its work: it exited (0) %s after its start", short(r), round(r.Finished.Sub(r.Started)))
	args := append(append([]string(nil), r.Service.Entrypoint...), r.Service.Command...)
	if len(args) == 1 && !r.Service.TTY && isShell(args[0]) {
		a.Cause = "its command is a shell, which ends at once where nobody types"
		a.Mend = []string{f.edit(&r.Service, "stdin_open: true and tty: true keep it, or give it a command")}
	}
	a.Log = tail(a.Log, 5)
}

func isShell(name string) bool {
	switch name[strings.LastIndexByte(name, '/')+1:] {
	case "sh", "bash", "ash", "dash", "zsh":
		return true
	}
	return false
}

// ending is how a run ended, in two words: "exited (1)", "was ended by SIGSEGV (139)".
func ending(e *kernel.Exit) string {
	switch {
	case e.OOM:
		return fmt.Sprintf("ran out of memory (%d)", e.Code)
	case e.Signal != 0:
		return fmt.Sprintf("was ended by %s (%d)", signal(e.Signal), e.Code)
	}
	return fmt.Sprintf("exited (%d)", e.Code)
}

// signal is the name of a signal.
func signal(s syscall.Signal) string {
	if name := unix.SignalName(s); name != "" {
		return name
	}
	return fmt.Sprintf("signal %d", int(s))
}

// cause is why a run ended that nobody ended, and what mends it. What its log says comes
// first, if it says something that is known.
func (f *Facts) cause(r *record.Replica) (cause string, mend []string) {
	e, svc := r.Exit, &r.Service
	switch {
	case e.OOM && e.Limit > 0:
		return fmt.Sprintf("it needed more than its limit of memory, %s, and the kernel killed it", project.Size(e.Limit)),
			[]string{f.edit(svc, "mem_limit: more than "+project.Size(e.Limit)), f.command("stats " + svc.Name)}
	case e.OOM:
		return "memory was short on this machine, or in a cgroup above: not its own limit", []string{"free -m", f.edit(svc, "mem_limit: SIZE keeps it from taking all")}
	case e.Signal == syscall.SIGKILL:
		return f.killed(r), []string{"dmesg | grep -i -e oom -e 'killed process'", f.command("stats " + svc.Name)}
	}
	if cause, mend = f.says(r); cause != "" {
		return "by its log: " + cause, mend
	}
	logs := f.command("logs " + svc.Name)
	if cause = crash(e.Signal); cause != "" {
		return cause, []string{logs}
	}
	switch {
	case e.Signal != 0:
		return fmt.Sprintf("somebody outside of this project sent it %s: no command of ours did", signal(e.Signal)), []string{f.command("start " + svc.Name)}
	case e.Code == 127:
		return "a command in it was not found (that is what 127 means to a shell)", []string{f.command("run --rm --entrypoint sh " + svc.Name), logs}
	case e.Code == 126:
		return "a command in it could not be executed (that is what 126 means to a shell)", []string{f.command("run --rm --entrypoint sh " + svc.Name), logs}
	case e.Code > shellSignal && e.Code < shellSignal+65 && unix.SignalName(syscall.Signal(e.Code-shellSignal)) != "":
		return fmt.Sprintf("it ended by itself, with the number for %s (128 + %d): a process that it waited for was ended by that", signal(syscall.Signal(e.Code-shellSignal)), e.Code-shellSignal), []string{logs}
	case f.Full:
		return fmt.Sprintf("its program gave up with exit code %d; the file system of its log is full: lines may be missing", e.Code), []string{f.command("doctor"), f.command("up -d " + svc.Name)}
	case len(f.Logs[r.Name]) == 0:
		return fmt.Sprintf("its program gave up with exit code %d and wrote nothing", e.Code), []string{f.command("run --rm " + svc.Name + " sh")}
	}
	return fmt.Sprintf("its program gave up with exit code %d; its last lines say more", e.Code), []string{logs}
}

// killed is who may have sent SIGKILL.
func (f *Facts) killed(r *record.Replica) string {
	if r.Sent != nil {
		return f.stopped(r)
	}
	return "somebody outside of this project sent SIGKILL: a person (kill -9), or this machine when its memory ran out"
}

// crash says what a signal means that a program brings upon itself.
func crash(s syscall.Signal) string {
	switch s {
	case syscall.SIGSEGV, syscall.SIGBUS:
		return "the program crashed: it touched memory that is not its own (" + signal(s) + ")"
	case syscall.SIGABRT:
		return "the program gave up by itself (SIGABRT): an assertion failed, or a library found its memory broken"
	case syscall.SIGILL:
		return "the program has an instruction that this processor does not know (SIGILL): it was built for another"
	case syscall.SIGFPE:
		return "the program divided by zero (SIGFPE)"
	case syscall.SIGSYS:
		return "the program made a system call that its seccomp filter forbids (SIGSYS)"
	case syscall.SIGPIPE:
		return "the program wrote to somebody who had gone (SIGPIPE)"
	}
	return ""
}
