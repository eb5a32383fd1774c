package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// kills is how often each crash scenario kills.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("MOCKER_TEST_KILLS")); err == nil && n > 0 {
		return n
	}
	return 6
}

// kill -9 of the supervisor at random moments, while lines flow and a service
// is restarted, must cost no service and no line.
func TestSupervisorKilled(t *testing.T) {
	count := 1500 + 250*kills() // at 1 ms each: longer than the kills take
	s := begin(t, fmt.Sprintf(`
services:
  talk: { command: ./probe lines %d 1ms talk }
  chat: { command: ./probe lines %d 1ms chat }
  stay: { command: ./probe serve :80, ports: ["127.0.0.1::80"] }
  come: { command: ./probe exit 0 came, restart: always }
`, count, count))
	s.must("up", "-d")
	before := s.ps()
	port := s.port("stay-1")
	for range kills() {
		time.Sleep(time.Duration(rand.IntN(150)) * time.Millisecond)
		old := s.supervisorPID()
		signalPID(t, old, syscall.SIGKILL)
		s.eventually("another supervisor answers", func() bool { pid, err := supervisorPID(s.dirs.APISocket(s.project)); return err == nil && pid != old })
	}
	s.eventually("stay answers", func() bool { return get(port, "/") != "" })
	came := s.read("came")
	s.eventually("come goes on coming", func() bool { return len(s.read("came")) > len(came) })
	for _, name := range []string{"talk", "chat"} {
		s.eventually(name+" has ended", func() bool { return s.state(name+"-1") == "exited" })
		s.complete(name, count)
		if c := s.ps()[name+"-1"]; c.ExitCode != 0 || c.ID != before[name+"-1"].ID {
			t.Errorf("%s: exit code %d, same container: %t", name, c.ExitCode, c.ID == before[name+"-1"].ID)
		}
	}
	if c := s.ps()["stay-1"]; c.State != "running" || c.ID != before["stay-1"].ID {
		t.Errorf("stay: %+v", c)
	}
}

// complete checks that a service's log has its lines once each and in order.
func (s *scenario) complete(service string, count int) {
	s.t.Helper()
	got := s.logLines(service)
	if len(got) != count {
		s.t.Errorf("%s: %d lines, want %d", service, len(got), count)
	}
	for i, l := range got {
		if want := fmt.Sprintf("%s %d", service, i); l != want {
			s.t.Fatalf("%s: line %d is %q, want %q: lost, doubled or torn", service, i, l, want)
		}
	}
}

// kill -9 of the supervisor in the middle of an up: the command, or the next
// one, gets there.
func TestSupervisorKilledDuringUp(t *testing.T) {
	s := begin(t, "services:\n  w: { command: ./probe pause, scale: 8 }\n")
	for range kills() {
		f := s.foreground("-d")
		time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
		if pid, err := supervisorPID(s.dirs.APISocket(s.project)); err == nil {
			signalPID(t, pid, syscall.SIGKILL)
		}
		f.code()
		s.must("up", "-d")
		running := 0
		for _, c := range s.ps() {
			if c.State == "running" {
				running++
			}
		}
		if running != 8 {
			t.Fatalf("%d containers run, want 8", running)
		}
		s.must("down", "-t", "0")
	}
}

// kill -9 of the project holder ends all of the project at once; the next
// commands work as if it had been stopped.
func TestProjectHolderKilled(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe family }\n  b: { command: ./probe serve :80, ports: [\"127.0.0.1::80\"] }\n")
	for i := range kills() {
		s.must("up", "-d")
		s.eventually("b answers", func() bool { return get(s.port("b-1"), "/") != "" })
		signalPID(t, s.projectHolderPID("b"), syscall.SIGKILL)
		s.eventually("no service is left", func() bool { return len(processesOf(s.dir+"/probe")) == 0 })
		if i%2 == 0 {
			s.must("down")
		}
	}
	s.must("up", "-d")
	s.eventually("b answers", func() bool { return get(s.port("b-1"), "/") != "" })
}

// kill -9 of the user holder: the next command recovers.
func TestUserHolderKilled(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	for range kills() {
		s.must("up", "-d")
		signalPID(t, peerPID(t, s.dirs.UserSocket()), syscall.SIGKILL)
		if r := s.compose("ps", "-a"); r.code != 0 {
			t.Errorf("ps after the holder's death: exit %d: %s", r.code, r.stderr)
		}
		s.must("up", "-d")
		if got := s.state("a-1"); got != "running" {
			t.Fatalf("a is %q after the next up", got)
		}
	}
}

// A state file that cannot be read is set aside; down still cleans up.
func TestCorruptState(t *testing.T) {
	for name, damage := range map[string]func(b []byte) []byte{
		"empty":     func([]byte) []byte { return nil },
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"flipped":   func(b []byte) []byte { b[len(b)/2] ^= 0x20; return b },
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t, "services:\n  a: { command: ./probe pause }\n")
			s.must("up", "-d")
			path := s.dirs.StateFile(s.project)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(b), 0o600); err != nil {
				t.Fatal(err)
			}
			signalPID(t, s.supervisorPID(), syscall.SIGKILL)
			s.must("up", "-d")
			if got := s.state("a-1"); got != "running" {
				t.Errorf("a is %q", got)
			}
			s.must("down", "-t", "0")
			if n := len(processesOf(s.dir + "/probe")); n != 0 {
				t.Errorf("%d processes are left", n)
			}
		})
	}
}

func signalPID(t *testing.T, pid int, sig syscall.Signal) {
	t.Helper()
	p, err := os.FindProcess(pid) // by pidfd: it is this process or none
	if err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	if err := p.Signal(sig); err != nil && !strings.Contains(err.Error(), "finished") {
		t.Fatalf("signal %d: %v", pid, err)
	}
}
