package e2e

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

const attachFile = `services:
  open: { command: cat, stdin_open: true }
  shut: { command: ./probe trap }
  term: { command: sh, tty: true, stdin_open: true }
`

// What is typed reaches a service with stdin_open, what it writes reaches us,
// and the end of our input is not its end.
func TestAttachPipes(t *testing.T) {
	s := begin(t, attachFile)
	s.must("up", "-d")
	s.must("exec", "-T", "open", "true")
	a := s.beside("attach", "open")
	a.type_("one\n")
	a.shows("one\n")
	a.in.Close()
	b := s.beside("attach", "open")
	b.type_("two\n")
	b.shows("two\n")
	if strings.Contains(b.out.String(), "one") {
		t.Errorf("attach shows what was before: %q", b.out.String())
	}
	if got := s.state("open-1"); got != "running" {
		t.Errorf("the end of an attached input ended the service: %s", got)
	}
	if err := syscall.Kill(s.supervisorPID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	b.type_("three\n")
	b.shows("three\n")
	s.must("stop", "-t", "0", "open")
	if code := b.code(); code != 137 {
		t.Errorf("the service was killed, attach ended with %d", code)
	}
	if code := a.code(); code != 137 {
		t.Errorf("the service was killed, the first attach ended with %d: %s", code, a.out.String())
	}
	s.fails(1, []string{`service "open" is not running`}, "attach", "open")
}

// Signals are passed on to a service without terminal, unless that is not wanted.
func TestAttachSignals(t *testing.T) {
	s := begin(t, attachFile)
	s.must("up", "-d")
	s.eventually("it traps", func() bool { return s.logged("shut", "trapping") })
	f := s.background("attach", "--sig-proxy=false", "--no-stdin", "shut")
	g := s.background("attach", "shut")
	s.eventually("both see it", func() bool {
		s.must("kill", "-s", "USR1", "shut")
		return strings.Contains(f.out.String(), "got SIGUSR1") && strings.Contains(g.out.String(), "got SIGUSR1")
	})
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 {
		t.Errorf("without proxy: exit %d", code)
	}
	g.kill(syscall.SIGUSR2)
	g.shows("got SIGUSR2")
	g.kill(syscall.SIGTERM)
	if code := g.code(); code != 0 || !strings.Contains(g.out.String(), "got SIGTERM") {
		t.Errorf("exit %d: %s", code, g.out.String())
	}
}

// A service's terminal: attach types and sees, its size follows, the keys leave
// it, and the caller's terminal is as it was.
func TestAttachTerminal(t *testing.T) {
	s := begin(t, attachFile)
	s.must("up", "-d", "term")
	c := s.onTerminal("attach", "term")
	c.type_("echo a$((40+2))z; stty size\n")
	c.shows("a42z")
	c.shows("33 111")
	setSize(t, c.master, 44, 99)
	s.eventually("the new size", func() bool {
		c.type_("stty size\n")
		return bytes.Contains(c.screen.bytes(), []byte("44 99"))
	})
	c.type_("\x10\x11") // Ctrl-P Ctrl-Q
	if code := c.code(); code != 1 {
		t.Errorf("detached: exit %d", code)
	}
	c.cooked()
	if got := s.state("term-1"); got != "running" {
		t.Errorf("after the detach: %s", got)
	}
	d := s.onTerminal("attach", "--detach-keys", "x,ctrl-a", "term")
	d.type_("exit 7\n")
	if code := d.code(); code != 7 {
		t.Errorf("exit %d, want the shell's: %s", code, d.screen.bytes())
	}
	d.cooked()
}

// run on a terminal is a terminal inside; all that it shows is shown and kept.
func TestRunTerminal(t *testing.T) {
	s := begin(t, attachFile)
	c := s.onTerminal("run", "--name", "onterm", "--no-deps", "shut", "./probe", "tty")
	for _, want := range []string{"fd 0 terminal true", "fd 1 terminal true", "fd 2 terminal true", "size 33 111"} {
		c.shows(want)
	}
	setSize(t, c.master, 44, 99)
	c.shows("size 44 99")
	c.type_("\x03")
	if code := c.code(); code != 130 && code != 2 {
		t.Errorf("after Ctrl-C: exit %d", code)
	}
	c.cooked()
	if log := s.must("logs", "--raw", "onterm"); !strings.Contains(log, "size 44 99") {
		t.Errorf("log %q", log)
	}
	d := s.onTerminal("run", "--rm", "shut", "sh", "-c", "seq 1 5000; exit 4")
	if code := d.code(); code != 4 {
		t.Errorf("exit %d", code)
	}
	d.cooked()
	d.shows("\r\n5000\r\n")
	e := s.onTerminal("run", "--rm", "--name", "left", "shut", "sh", "-c", "echo here; while test ! -e stop; do sleep 0.1; done")
	e.shows("here")
	e.type_("\x10\x11")
	if code := e.code(); code != 0 {
		t.Errorf("detached: exit %d", code)
	}
	e.cooked()
	s.write("stop", "")
	s.eventually("--rm removes it", func() bool { return s.state("left") == "" })
}

// A terminal that is closed leaves the container running, and no client behind.
func TestRunTerminalClosed(t *testing.T) {
	s := begin(t, attachFile)
	master, slave := openPTY(t) // nobody reads it, or Close would wait for him
	defer slave.Close()
	before := *termios(t, master)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := s.command(ctx, "run", "--name", "left", "shut", "sh", "-c", "trap '' HUP; touch stays; exec sleep 1000")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("it runs on a raw terminal, and has set its trap", func() bool {
		return exists(filepath.Join(s.dir, "stays")) && s.state("left") == "running" && *termios(t, master) != before
	})
	master.Close()
	_ = cmd.Wait()
	if ctx.Err() != nil {
		t.Error("the client does not end")
	}
	if got := s.state("left"); got != "running" {
		t.Errorf("it is %q", got)
	}
	s.must("kill", "left")
}

// joined is a command with an open input.
type joined struct {
	s   *scenario
	cmd *exec.Cmd
	in  io.WriteCloser
	out output

	master *os.File // with a terminal
	screen *screen
	before unix.Termios
}

// beside starts a command on pipes.
func (s *scenario) beside(args ...string) *joined {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	j := &joined{s: s, cmd: s.command(ctx, args...)}
	var err error
	if j.in, err = j.cmd.StdinPipe(); err != nil {
		s.t.Fatal(err)
	}
	j.cmd.Stdout, j.cmd.Stderr = &j.out, &j.out
	if err := j.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return j
}

// onTerminal starts a command on a terminal of 33 lines and 111 columns.
func (s *scenario) onTerminal(args ...string) *joined {
	s.t.Helper()
	master, slave := openPTY(s.t)
	s.t.Cleanup(func() { slave.Close(); master.Close() })
	setSize(s.t, master, 33, 111)
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	s.t.Cleanup(cancel)
	j := &joined{s: s, cmd: s.command(ctx, args...), in: master, master: master, screen: watch(master)}
	j.before = *termios(s.t, master)
	j.cmd.Stdin, j.cmd.Stdout, j.cmd.Stderr = slave, slave, slave
	j.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := j.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return j
}

func termios(t *testing.T, f *os.File) *unix.Termios {
	t.Helper()
	got, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (j *joined) type_(text string) {
	j.s.t.Helper()
	if _, err := io.WriteString(j.in, text); err != nil {
		j.s.t.Fatal(err)
	}
}

func (j *joined) shows(text string) {
	j.s.t.Helper()
	j.s.eventually("it shows "+text, func() bool {
		if j.screen != nil {
			return bytes.Contains(j.screen.bytes(), []byte(text))
		}
		return strings.Contains(j.out.String(), text)
	})
}

func (j *joined) code() int {
	_ = j.cmd.Wait() // the exit code says all
	return j.cmd.ProcessState.ExitCode()
}

// cooked checks that the terminal is as it was found.
func (j *joined) cooked() {
	j.s.t.Helper()
	if now := *termios(j.s.t, j.master); now != j.before {
		j.s.t.Errorf("the terminal was left as %+v, was %+v", now, j.before)
	}
}
