package e2e

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// upTerminal is an up in the foreground of a terminal of its own.
type upTerminal struct {
	s      *scenario
	cmd    *exec.Cmd
	master *os.File
	slave  *os.File
	screen *screen
	before unix.Termios
}

func (s *scenario) upOnTerminal(env []string, args ...string) *upTerminal {
	s.t.Helper()
	master, slave := openPTY(s.t)
	s.t.Cleanup(func() { master.Close(); slave.Close() })
	setSize(s.t, master, 24, 100)
	u := &upTerminal{s: s, master: master, slave: slave, screen: watch(master)}
	u.before = u.termios()
	u.cmd = s.command(s.t.Context(), args...)
	shell := []string{"/bin/sh", "-m", "-c", `"$@"; code=$?; if [ $code -gt 140 ]; then echo shell has it; read x; fg >/dev/null; code=$?; fi; exit $code`, "sh"}
	u.cmd.Path, u.cmd.Args = shell[0], append(shell, append([]string{u.cmd.Path}, args...)...)
	for i, kv := range u.cmd.Env {
		if kv == "TERM=dumb" {
			u.cmd.Env[i] = "TERM=xterm"
		}
	}
	u.cmd.Env = append(u.cmd.Env, env...)
	u.cmd.Stdin, u.cmd.Stdout, u.cmd.Stderr = slave, slave, slave
	u.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := u.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("the terminal shows\n%q", u.screen.bytes())
		}
	})
	return u
}

func (u *upTerminal) termios() unix.Termios {
	u.s.t.Helper()
	t, err := unix.IoctlGetTermios(int(u.slave.Fd()), unix.TCGETS)
	if err != nil {
		u.s.t.Fatal(err)
	}
	return *t
}

func (u *upTerminal) shows(text string) {
	u.s.t.Helper()
	u.s.eventually("the terminal shows "+text, func() bool { return bytes.Contains(u.screen.bytes(), []byte(text)) })
}

func (u *upTerminal) types(keys string) {
	u.s.t.Helper()
	if _, err := u.master.WriteString(keys); err != nil {
		u.s.t.Fatal(err)
	}
}

// ends waits for the end, after which the terminal is as it was.
func (u *upTerminal) ends(code int) {
	u.s.t.Helper()
	_ = u.cmd.Wait() // its exit code says all
	if got := u.cmd.ProcessState.ExitCode(); got != code {
		u.s.t.Errorf("exit %d, want %d", got, code)
	}
	if now := u.termios(); now != u.before {
		u.s.t.Errorf("the terminal is\n%+v, was\n%+v", now, u.before)
	}
}

const chatty = `
services:
  a:
    image: "rootfs:./bb.tar"
    command: sh -c 'n=0; while :; do n=$$((n+1)); echo line $$n; sleep 0.05; done'
    stop_grace_period: 0s
    develop: {watch: [{path: ./src, action: sync, target: /src}]}
`

// The keys of up on a terminal: the watch begins and ends, the state is shown, and d
// leaves the services running with exit code 0.
func TestMenu(t *testing.T) {
	s := begin(t, chatty)
	s.busyboxRoot()
	s.write("src/a", "old")
	u := s.upOnTerminal([]string{"NO_COLOR=1"}, "up")
	u.shows("w Enable Watch   d Detach   s Status\r")
	u.shows("line 3\r\n")
	if u.termios().Lflag&(unix.ICANON|unix.ECHO) != 0 {
		t.Error("keys do not come one by one")
	}
	u.types("w")
	u.shows("⦿ Watch enabled\r\n")
	u.shows("w Disable Watch   d Detach")
	s.write("src/a", "new")
	u.shows("Syncing service \"a\" after 1 changes were detected\r\n")
	s.becomes("a", 1, "/src/a", "new")
	u.types("s")
	u.shows("a-1: running\r\n")
	u.types("w")
	u.shows("⦿ Watch disabled\r\n")
	u.types("d")
	u.ends(0)
	if s.state("a-1") != "running" {
		t.Error("the service did not go on")
	}
	if out := string(u.screen.bytes()); strings.Contains(out, "Detach\r\n") || strings.Contains(out, "Statusline") {
		t.Error("a log line stands in the line of keys")
	}
}

// Ctrl-Z gives the terminal back and stops up, which takes it again when it is continued
// in the foreground; Ctrl-C stops the services as ever.
func TestMenuStopAndContinue(t *testing.T) {
	s := begin(t, chatty)
	s.busyboxRoot()
	// A shell with job control, as that of a user.
	u := s.upOnTerminal(nil, "up")
	u.shows("line 2\r\n")
	u.shows("Detach")
	u.types("\x1a")
	u.shows("shell has it\r\n")
	if u.termios() != u.before {
		t.Error("the terminal was not given back")
	}
	u.types("\n")
	s.eventually("keys come one by one again", func() bool { return u.termios().Lflag&unix.ICANON == 0 })
	setSize(t, u.master, 24, 20)
	n := len(u.screen.bytes())
	s.eventually("the line is drawn for the new width", func() bool {
		shown := u.screen.bytes()
		if last := bytes.LastIndex(shown, []byte("Status")); last >= n { // drawn before up had heard of it
			n = last + len("Status")
		}
		return bytes.Contains(shown[n:], []byte("line"))
	})
	u.types("\x03")
	u.shows("Gracefully Stopping... press Ctrl+C again to force\r\n")
	u.ends(130)
	if s.state("a-1") != "exited" {
		t.Error("the service was not stopped")
	}
}

// There are no keys where there is no terminal to draw on, or where they are not wanted.
func TestMenuIsNotThere(t *testing.T) {
	s := begin(t, strings.ReplaceAll(chatty, "while :", "while [ $$n -lt 3 ]"))
	s.busyboxRoot()
	for _, c := range []struct {
		env  []string
		args string
	}{
		{nil, "up --menu=false"}, {[]string{"COMPOSE_MENU=0"}, "up"}, {nil, "--ansi never up"}, {nil, "--progress plain up"}, {[]string{"TERM=dumb"}, "up"},
	} {
		u := s.upOnTerminal(c.env, strings.Fields(c.args)...)
		u.shows("line 3\r\n")
		u.ends(0)
		if out := u.screen.bytes(); bytes.Contains(out, []byte("Detach")) {
			t.Errorf("%s: there are keys in %q", fmt.Sprint(c.env, c.args), out)
		}
	}
}
