package e2e

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// output is a growing text that a scenario may look at while it is written.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// foreground is a command that stays, such as `up`.
type foreground struct {
	s    *scenario
	out  output
	end  chan int
	kill func(syscall.Signal)
}

func (s *scenario) foreground(args ...string) *foreground {
	s.t.Helper()
	return s.background(append([]string{"up", "--no-color"}, args...)...)
}

// background starts any command.
func (s *scenario) background(args ...string) *foreground {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*patience)
	f := &foreground{s: s, end: make(chan int, 1)}
	cmd := s.command(ctx, args...)
	cmd.Stdout, cmd.Stderr = &f.out, &f.out
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		cancel()
		s.t.Fatal(err)
	}
	go func() {
		defer cancel()
		_ = cmd.Wait() // its exit code says all
		f.end <- cmd.ProcessState.ExitCode()
	}()
	f.kill = func(sig syscall.Signal) { _ = cmd.Process.Signal(sig) } // it may have ended
	return f
}

// code waits for the end and returns the exit code.
func (f *foreground) code() int {
	f.s.t.Helper()
	select {
	case code := <-f.end:
		return code
	case <-time.After(patience):
		f.s.t.Fatalf("it does not end:\n%s", f.out.String())
		return -1
	}
}

func (f *foreground) shows(text string) {
	f.s.t.Helper()
	f.s.eventually("up shows "+text, func() bool { return strings.Contains(f.out.String(), text) })
}

// Ctrl-C once is graceful: services get their signal, exit code 130.
func TestCtrlC(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe trap }\n  b: { command: ./probe trap }\n")
	f := s.foreground()
	f.shows("a-1  | trapping\n")
	f.shows("b-1  | trapping\n")
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 {
		t.Errorf("exit %d, want 130\n%s", code, f.out.String())
	}
	for _, name := range []string{"a", "b"} {
		if !s.logged(name, "got SIGTERM") || s.state(name+"-1") != "exited" {
			t.Errorf("%s was not stopped gracefully", name)
		}
	}
}

// Ctrl-C twice does not wait for who ignores the first.
func TestCtrlCTwice(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe trap SIGTERM, stop_grace_period: 50s }\n")
	f := s.foreground()
	f.shows("trapping")
	f.kill(syscall.SIGINT)
	s.eventually("a was asked", func() bool { return s.logged("a", "got SIGTERM") })
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 {
		t.Errorf("exit %d, want 130\n%s", code, f.out.String())
	}
	s.eventually("a is dead", func() bool { return s.state("a-1") == "exited" })
}

// up ends by itself when all have ended; the last line of each is shown.
func TestUpEndsWithServices(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe lines 50 1ms a }\n  b: { command: ./probe exit 4 }\n")
	f := s.foreground()
	if code := f.code(); code != 0 {
		t.Errorf("exit %d, want 0\n%s", code, f.out.String())
	}
	for _, want := range []string{"a-1  | a 49\n", "b-1  | leaving\n", "b-1 exited with code 4", "a-1 exited with code 0"} {
		if !strings.Contains(f.out.String(), want) {
			t.Errorf("up did not show %q:\n%s", want, f.out.String())
		}
	}
}

// The flags that end up with a service stop the others and pass the exit code.
func TestUpEndsWithOne(t *testing.T) {
	const file = "services:\n  job: { command: sh -c 'sleep 0.3; exit CODE' }\n  rest: { command: ./probe trap }\n"
	for _, c := range []struct {
		name string
		exit string
		args []string
		code int
	}{
		{"abort on exit", "0", []string{"--abort-on-container-exit"}, 0},
		{"abort on failure", "5", []string{"--abort-on-container-failure"}, 5},
		{"exit code from", "6", []string{"--exit-code-from", "job"}, 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := begin(t, strings.ReplaceAll(file, "CODE", c.exit))
			f := s.foreground(c.args...)
			if code := f.code(); code != c.code {
				t.Errorf("exit %d, want %d\n%s", code, c.code, f.out.String())
			}
			if got := s.state("rest-1"); got != "exited" {
				t.Errorf("rest is %q, want exited", got)
			}
		})
	}
}

// --attach and --no-attach choose whose lines are shown.
func TestAttach(t *testing.T) {
	s := begin(t, "services:\n  loud: { command: ./probe lines 3 1ms loud }\n  quiet: { command: ./probe lines 3 1ms quiet }\n")
	f := s.foreground("--no-attach", "quiet")
	f.code()
	if out := f.out.String(); !strings.Contains(out, "| loud 2") || strings.Contains(out, "| quiet") {
		t.Errorf("want the lines of loud alone:\n%s", out)
	}
}
