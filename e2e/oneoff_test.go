package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// A one-off container is reached by its name and by its id, where a service
// would stand; commands without a name leave it out, but for down.
func TestOneOffByName(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe trap, stop_grace_period: 5s }\n")
	id := strings.TrimSpace(s.must("run", "-d", "--name", "mine", "a"))
	for _, name := range []string{"mine", id, id[:12]} {
		s.eventually("its log", func() bool { return strings.HasPrefix(s.must("logs", "--raw", name), "trapping\n") })
		s.must("exec", "-T", name, "true")
		s.must("pause", name)
		if got := s.state("mine"); got != "paused" {
			t.Errorf("%s: %q", name, got)
		}
		s.must("unpause", name)
		f := s.background("logs", "-f", "--no-log-prefix", name)
		s.must("kill", "-s", "USR1", name)
		f.shows("got SIGUSR1")
		s.must("restart", name)
		s.eventually("it traps again", func() bool { return strings.HasSuffix(s.must("logs", "--raw", name), "trapping\n") })
		s.must("stop", name)
		if code := f.code(); code != 0 || !strings.Contains(f.out.String(), "got SIGTERM") {
			t.Errorf("%s: logs -f ended with %d: %s", name, code, f.out.String())
		}
		if got := s.state("mine"); got != "exited" {
			t.Errorf("%s: %q", name, got)
		}
		s.must("start", name)
	}
	for _, all := range [][]string{{"stop"}, {"restart"}, {"pause"}, {"rm", "-f"}} {
		s.must(all...)
		if got := s.state("mine"); got != "running" {
			t.Fatalf("%v: %q", all, got)
		}
	}
	s.fails(1, []string{"no such service"}, "stop", "mi")
	s.fails(1, []string{"no such service"}, "stop", id[:11])
	s.withPause("wait ends as it did", func(pause time.Duration) bool {
		s.must("start", "mine")
		g := s.background("wait", "mine")
		time.Sleep(pause)
		s.must("kill", "mine")
		return g.code() == 137
	})
	s.must("rm", "-f", "mine")
	if got := s.must("ps", "-aq"); got != "" {
		t.Errorf("left: %s", got)
	}
}

// up in the foreground does not wait for what run has made, nor show it.
func TestOneOffBesideUp(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe exit 0 }\n")
	s.must("run", "-d", "--name", "beside", "a", "./probe", "trap")
	f := s.foreground()
	if code := f.code(); code != 0 || strings.Contains(f.out.String(), "trapping") {
		t.Errorf("exit %d: %s", code, f.out.String())
	}
	if got := s.state("beside"); got != "running" {
		t.Errorf("it is %q", got)
	}
}

// Many at once, while supervisors are killed: each gives every line and its code.
func TestRunChaos(t *testing.T) {
	s := begin(t, "services:\n  a: { command: 'true' }\n")
	s.must("up", "-d")
	stop := make(chan struct{})
	killed := make(chan int, 1)
	go func() {
		n := 0
		for {
			select {
			case <-stop:
				killed <- n
				return
			case <-time.After(time.Duration(200+rand.IntN(400)) * time.Millisecond):
			}
			if pid, err := supervisorPID(s.dirs.APISocket(s.project)); err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
				n++
			}
		}
	}()
	var want strings.Builder
	seq(&want, 20000)
	var runs sync.WaitGroup
	for n := range 4 {
		runs.Go(func() {
			for round := range 3 {
				code := 10*n + round
				flags := []string{"run", "-T", "--rm", "-q"}
				r := s.finish("in\n", append(flags, "a", "sh", "-c", fmt.Sprintf("cat; seq 1 10000; sleep 0.2; seq 10001 20000; exit %d", code))...)
				if r.code != code || r.stdout != "in\n"+want.String() {
					t.Errorf("run %d: exit %d, %d bytes of %d: %s", code, r.code, len(r.stdout), want.Len()+3, r.stderr)
				}
			}
		})
	}
	runs.Wait()
	close(stop)
	if n := <-killed; n == 0 {
		t.Error("no supervisor was killed")
	}
	last := ""
	defer func() {
		if t.Failed() {
			t.Log(last)
		}
	}()
	s.eventually("all have gone", func() bool { last = s.must("ps", "-a"); return !strings.Contains(last, "-run-") })
}

// The project's holder dies with all that runs in it: run says so.
func TestRunHolderKilled(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	j := s.beside("run", "-T", "--name", "mine", "a", "sh", "-c", "echo here; exec ./probe pause")
	j.shows("here")
	if err := syscall.Kill(s.projectHolderPID("mine"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if code := j.code(); code != 137 {
		t.Errorf("exit %d: %s", code, j.out.String())
	}
}
