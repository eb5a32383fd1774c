package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// pidsOf are the processes of the scenario's probe with these arguments.
func (s *scenario) pidsOf(args ...string) []int {
	want := strings.Join(args, "\x00") + "\x00"
	var pids []int
	for _, pid := range processesOf(s.dir + "/probe") {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
		if _, after, ok := strings.Cut(string(b), "\x00"); err == nil && ok && after == want {
			pids = append(pids, pid)
		}
	}
	return pids
}

// kill -9 of the supervisor at random moments, while lines flow, a service
// flaps and commands change others: no command may fail, the services that
// nobody touches keep their processes, and no line is lost or doubled.
func TestSupervisorKilledUnderChanges(t *testing.T) {
	count := 2000 + 200*kills()

	s := begin(t, fmt.Sprintf(`
services:
  talk: { command: ./probe lines %d 1ms talk }
  stay: { command: ./probe pause one, scale: 3 }
  flap: { command: ./probe exit 1, restart: always }
  a: { command: ./probe pause two, scale: 2 }
  b: { command: ./probe stay, depends_on: [a] }
`, count))
	s.must("up", "-d")
	before := s.pidsOf("pause", "one")
	if len(before) != 3 {
		t.Fatalf("%d stable processes, want 3", len(before))
	}
	attached := s.background("logs", "-f", "--no-color", "--no-log-prefix", "talk")
	killed := make(chan int, 1)
	stop := make(chan struct{})
	defer close(stop)
	go func() { killed <- s.killSupervisors(kills(), stop) }()
	commands := [][]string{
		{"stop", "-t", "0", "a"}, {"start", "a"}, {"restart", "-t", "0", "b", "a"}, {"up", "-d", "b", "flap"}, {"ps"},
		{"kill", "b"}, {"up", "-d", "--force-recreate", "-t", "0", "b"}, {"exec", "-T", "stay", "true"}, {"logs", "--tail", "1"},
		{"restart", "-t", "0", "flap"}, // begins the back-off anew
		{"rm-and-up"},
	}
	n := 0
	for n < kills() {
		select {
		case n = <-killed:
		default:
			s.change(commands[rand.IntN(len(commands))])
		}
	}
	s.must("up", "-d", "b", "flap", "stay") // talk may have done its job
	for name, c := range s.ps() {
		if c.State != "running" && (c.State != "restarting" || name != "flap-1") && name != "talk-1" {
			t.Errorf("%s is %s", name, c.State)
		}
	}
	if after := s.pidsOf("pause", "one"); !slices.Equal(before, after) {
		t.Errorf("stable processes: before %v, after %v", before, after)
	}
	if pids := s.pidsOf("pause", "two"); len(pids) != 2 {
		t.Errorf("%d processes of a, want 2", len(pids))
	}
	s.must("stop", "-t", "0", "flap")
	s.eventually("talk has ended", func() bool { return s.state("talk-1") == "exited" })
	if c := s.ps()["talk-1"]; c.ExitCode != 0 {
		t.Errorf("talk: exit code %d", c.ExitCode)
	}
	s.complete("talk", count)
	if code := attached.code(); code != 0 || !inOrder(attached.out.String(), "talk", count) {
		t.Errorf("logs -f: exit %d, and it did not show each line once:\n...%s", code, tail(attached.out.String(), 500))
	}
}

// inOrder reports that text is the lines of `probe lines COUNT PAUSE TAG`.
func inOrder(text, tag string, count int) bool {
	n := 0
	for line := range strings.Lines(text) {
		if line != fmt.Sprintf("%s %d\n", tag, n) {
			return false
		}
		n++
	}
	return n == count
}

func tail(text string, n int) string { return text[max(0, len(text)-n):] }

// change runs one command, which must succeed whoever dies. An exec that was
// cut off in its middle may say so.
func (s *scenario) change(args []string) {
	s.t.Helper()
	if args[0] == "rm-and-up" {
		s.must("down", "-t", "0", "b")
		args = []string{"up", "-d", "b"}
	}
	r := s.compose(args...)
	if r.code != 0 && !strings.Contains(r.stderr, "was not repeated") {
		s.t.Errorf("%v: exit %d: %s", args, r.code, r.stderr)
	}
}

// killSupervisors kills n supervisors at random moments, or until stop.
func (s *scenario) killSupervisors(n int, stop <-chan struct{}) int {
	last := 0
	for done := 0; done < n; {
		select {
		case <-stop:
			return done
		case <-time.After(time.Duration(10+rand.IntN(140)) * time.Millisecond):
		}
		pid, err := listenerPID(s.dirs.APISocket(s.project))
		if err == nil && pid != last {
			if syscall.Kill(pid, syscall.SIGKILL) == nil {
				done++
				last = pid
			}
		}
	}
	return n
}

// An up in the foreground shows each line once, and ends as its service does,
// whatever number of supervisors it has seen.
func TestForegroundOutlivesSupervisors(t *testing.T) {
	count := 2000 + 100*kills()
	s := begin(t, fmt.Sprintf("services:\n  talk: { command: ./probe lines %d 1ms talk }\n", count))
	f := s.foreground("--no-log-prefix")
	f.shows("talk 0\n")
	stop, killed := make(chan struct{}), make(chan int, 1)
	go func() { killed <- s.killSupervisors(kills(), stop) }()
	code := f.code()
	close(stop)
	t.Logf("%d supervisors killed", <-killed)
	var lines strings.Builder
	for line := range strings.Lines(f.out.String()) {
		if strings.HasPrefix(line, "talk ") {
			lines.WriteString(line)
		}
	}
	if code != 0 || !inOrder(lines.String(), "talk", count) {
		t.Errorf("exit %d, or not each line once:\n...%s", code, tail(f.out.String(), 500))
	}
}

// Whoever of ours dies, at whatever moment of whatever command: the next up
// brings everything back, and nothing is left of what was.
func TestAnybodyKilledAtAnyMoment(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe family, scale: 2 }\n  b: { command: ./probe serve :80, ports: [\"127.0.0.1::80\"], depends_on: [a] }\n")
	commands := [][]string{{"up", "-d"}, {"down", "-t", "0"}, {"restart", "-t", "0"}, {"stop", "-t", "0"}, {"ps"}, {"up", "-d", "--force-recreate", "-t", "0"}}
	sockets := []string{s.dirs.HolderSocket(s.project), s.dirs.HolderSocket(s.project), s.dirs.APISocket(s.project), s.dirs.UserSocket()}
	hits := map[string]int{}
	for range kills() {
		f := s.background(commands[rand.IntN(len(commands))]...)
		for range 1 + rand.IntN(2) {
			time.Sleep(time.Duration(rand.IntN(60)) * time.Millisecond)
			socket := sockets[rand.IntN(len(sockets))]
			if pid, err := listenerPID(socket); err == nil && syscall.Kill(pid, syscall.SIGKILL) == nil {
				hits[filepath.Base(socket)]++
			}
		}
		f.code() // whatever it is, it comes
		if rand.IntN(3) == 0 {
			s.must("down", "-t", "0")
			s.eventually("no service is left", func() bool { return len(processesOf(s.dir+"/probe")) == 0 })
		}
		s.must("up", "-d")
		s.allRun(3)
		s.eventually("b answers", func() bool { return get(s.port("b-1"), "/") != "" })
		s.eventually("nothing runs twice", func() bool { return len(s.pidsOf("family")) == 2 && len(s.pidsOf("serve", ":80")) == 1 })
	}
	t.Logf("killed: %v", hits)
}

// allRun checks that there are n containers, all of them running.
func (s *scenario) allRun(n int) {
	s.t.Helper()
	all := s.ps()
	if len(all) != n {
		s.t.Fatalf("%d containers, want %d", len(all), n)
	}
	for name, c := range all {
		if c.State != "running" {
			s.t.Fatalf("%s is %s", name, c.State)
		}
	}
}

// Commands from several shells at once: none hangs, and the last one decides.
func TestShellsAtOnce(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, scale: 3 }\n  b: { command: ./probe trap, depends_on: [a] }\n")
	commands := [][]string{{"up", "-d"}, {"stop", "-t", "0"}, {"restart", "-t", "0"}, {"down", "-t", "0"}, {"start"}, {"kill"}, {"up", "-d", "--force-recreate", "-t", "0"}, {"ps", "-a"}}
	for round := range max(5, kills()/4) {
		var shells sync.WaitGroup
		for range 4 {
			shells.Go(func() {
				for range 3 {
					args := commands[rand.IntN(len(commands))]
					if r := s.plain(args...); r.code < 0 || r.hangs {
						t.Errorf("%v hangs: %s", args, r.stderr)
					}
				}
			})
		}
		shells.Wait()
		if round%2 == 0 {
			s.must("up", "-d")
			s.allRun(4)
			continue
		}
		s.must("down", "-t", "0")
		if _, err := os.Lstat(s.dirs.ProjectData(s.project)); err == nil {
			t.Errorf("%s is left after down", s.dirs.ProjectData(s.project))
		}
		s.eventually("no service is left", func() bool { return len(processesOf(s.dir+"/probe")) == 0 })
	}
}

// Ten projects go up and down, each at its own pace, under one user holder.
func TestTenProjectsUpAndDown(t *testing.T) {
	s := begin(t, "services: {}\n")
	var shells sync.WaitGroup
	for i := range 10 {
		p := *s
		p.project = fmt.Sprintf("%s-%d", s.project, i)
		p.dir = filepath.Join(filepath.Dir(s.dir), fmt.Sprintf("project-%d", i))
		p.env = append(slices.Clone(s.env), "COMPOSE_PROJECT_NAME="+p.project)
		p.write("compose.yaml", "services:\n  a: { command: ./probe pause, scale: 2 }\n")
		if err := copyFile(filepath.Join(p.dir, "probe"), built.probe); err != nil {
			t.Fatal(err)
		}
		shells.Go(func() {
			for range max(3, kills()/10) {
				for _, args := range [][]string{{"up", "-d"}, {"restart", "-t", "0"}, {"down", "-t", "0"}} {
					if r := p.plain(args...); r.code != 0 {
						t.Errorf("%v of %s: exit %d: %s", args, p.project, r.code, r.stderr)
					}
				}
			}
		})
	}
	shells.Wait()
}
