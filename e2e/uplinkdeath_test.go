package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
)

// helpers are the processes that run the helper of an uplink in the calling
// process's net namespace, the world's host: nobody else's are there.
func helpers(t *testing.T, u project.Uplink) (pids []int) {
	t.Helper()
	here, err := os.Readlink("/proc/self/ns/net")
	if err != nil {
		t.Fatal(err)
	}
	dirs, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		line, err := os.ReadFile(dir + "/cmdline")
		if err != nil || !strings.Contains(string(line), "mctap0") {
			continue
		}
		// What has dropped its rights shows its namespaces to nobody, but it is ours
		// by its arguments.
		if ns, err := os.Readlink(dir + "/ns/net"); err == nil && ns != here {
			continue
		}
		words := strings.Split(string(line), "\x00")
		if name := needsHelper[u]; words[0] != name && !slices.Contains(words, "uplink-"+string(u)) {
			continue
		}
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err == nil && mine(dir) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// mine tells whether a process is of the account that the tests run as.
func mine(dir string) bool {
	info, err := os.Stat(dir + "/task")
	if err != nil {
		return false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (int(st.Uid) == os.Getuid() || readUID(dir) == os.Getuid())
}

func readUID(dir string) int {
	b, err := os.ReadFile(dir + "/status")
	if err != nil {
		return -1
	}
	f := strings.Fields(statusOf(string(b))["Uid"])
	if len(f) == 0 {
		return -1
	}
	n, err := strconv.Atoi(f[0])
	if err != nil {
		return -1
	}
	return n
}

// one is the only helper there is.
func (s *scenario) oneHelper(u project.Uplink) int {
	s.t.Helper()
	var pids []int
	s.eventually("one helper runs", func() bool { pids = helpers(s.t, u); return len(pids) == 1 })
	return pids[0]
}

// withEachHelper runs f for each uplink that has a helper, with a project that
// has it and a published port.
func withEachHelper(t *testing.T, w *netWorld, f func(s *scenario, u project.Uplink, works func() bool)) {
	for _, u := range project.Uplinks() {
		if needsHelper[u] == "" {
			continue
		}
		t.Run(string(u), func(t *testing.T) {
			requireUplink(t, u)
			s := w.begin(t, "services:\n  a: { command: ./probe serve :80, ports: ['127.0.0.1::80'] }\n")
			s.must("up", "-d", "--uplink", string(u))
			works := func() bool {
				r := s.compose("exec", "-T", "a", "./probe", "reach", "tcp:"+w.addr("echo4"))
				return strings.Contains(r.stdout, "at internet")
			}
			s.eventually("the outside answers", works)
			f(s, u, works)
		})
	}
}

// kill -9 of a helper at random moments costs what it carried and nothing else.
func TestUplinkHelperKilled(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	withEachHelper(t, w, func(s *scenario, u project.Uplink, works func() bool) {
		before, port := s.ps()["a-1"], s.port("a-1")
		var longest time.Duration
		for range kills() {
			time.Sleep(time.Duration(rand.IntN(40)) * time.Millisecond)
			pid := s.oneHelper(u)
			killed := time.Now()
			signalPID(s.t, pid, syscall.SIGKILL)
			if resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/", port)); err != nil {
				s.t.Errorf("the published port does not answer while there is no helper: %v", err)
			} else {
				resp.Body.Close()
			}
			s.eventually("the outside answers again", works)
			longest = max(longest, time.Since(killed))
			if now := s.oneHelper(u); now == pid {
				s.t.Errorf("process %d lives", pid)
			}
		}
		s.t.Logf("%d kills; the outside was back after at most %v", kills(), longest.Round(time.Millisecond))
		if now := s.ps()["a-1"]; now.ID != before.ID || now.State != "running" || !slices.Equal(now.Publishers, before.Publishers) {
			s.t.Errorf("a is %+v, was %+v", now, before)
		}
		if st := statusOf(s.must("exec", "-T", "a", "./probe", "status")); st["Pid"] == "" {
			s.t.Errorf("no status: %v", st)
		}
	})
}

// A supervisor that dies leaves the helper to its successor, and one that died
// with it is replaced.
func TestUplinkAdopted(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	withEachHelper(t, w, func(s *scenario, u project.Uplink, works func() bool) {
		succeed := func(old int) {
			s.t.Helper()
			signalPID(s.t, old, syscall.SIGKILL)
			s.eventually("another supervisor answers", func() bool {
				pid, err := supervisorPID(s.dirs.APISocket(s.project))
				return err == nil && pid != old
			})
		}
		pid := s.oneHelper(u)
		for range 3 {
			succeed(s.supervisorPID())
			if !works() {
				s.t.Error("the outside does not answer")
			}
			if now := s.oneHelper(u); now != pid {
				s.t.Errorf("the helper is %d, was %d", now, pid)
			}
		}
		s.must("up", "-d", "--uplink", string(u))
		if now := s.oneHelper(u); now != pid {
			s.t.Errorf("up has replaced the helper that runs: %d, was %d", now, pid)
		}
		for range 3 {
			pid := s.oneHelper(u)
			old := s.supervisorPID()
			signalPID(s.t, old, syscall.SIGSTOP) // it sees nothing of the helper's death
			signalPID(s.t, pid, syscall.SIGKILL)
			s.eventually("the helper is gone", func() bool { return !slices.Contains(helpers(s.t, u), pid) })
			succeed(old)
			s.eventually("the outside answers again", works)
			s.oneHelper(u)
		}
		s.must("up", "-d", "--uplink", "none")
		if left := helpers(s.t, u); len(left) != 0 || works() {
			s.t.Errorf("helpers without an uplink: %v", left)
		}
	})
}

// The death of a helper is seen in events, and is said by the next command that
// changes something.
func TestUplinkEvents(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	withEachHelper(t, w, func(s *scenario, u project.Uplink, works func() bool) {
		seen, stop := s.follow()
		s.eventually("events has begun", func() bool { s.must("restart", "-t", "0", "a"); return len(seen()) > 0 })
		signalPID(s.t, s.oneHelper(u), syscall.SIGKILL)
		s.eventually("the outside answers again", works)
		s.eventually("the events", func() bool {
			var told []string
			for _, e := range seen() {
				if e.Type == "uplink" && e.Attributes["name"] == string(u) {
					told = append(told, e.Action+" "+e.Attributes["reason"])
				}
			}
			return len(told) == 2 && strings.HasPrefix(told[0], "die killed by SIGKILL") && told[1] == "start "
		})
		stop()
		if r := s.compose("up", "-d"); !strings.Contains(r.stderr, fmt.Sprintf("uplink %s", u)) {
			s.t.Errorf("up says nothing of it:\n%s", r.stderr)
		}
	})
}

// While no helper can be started ps says so, and why; when it can, all is well
// again without anybody's doing.
func TestUplinkTrouble(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	withEachHelper(t, w, func(s *scenario, u project.Uplink, works func() bool) {
		if r := s.compose("ps"); r.stderr != "" {
			s.t.Errorf("ps warns while all is well: %s", r.stderr)
		}
		w.run("host", "chmod", "600", "/dev/net/tun")
		signalPID(s.t, s.oneHelper(u), syscall.SIGKILL)
		want := "uplink " + string(u) + ": services have no way out"
		s.eventually("the warning", func() bool {
			r := s.compose("ps")
			return r.code == 0 && strings.Contains(r.stderr, want) && strings.Contains(r.stderr, "ended at once") && strings.Contains(r.stdout, "a-1")
		})
		if works() {
			s.t.Error("the outside answers without a helper")
		}
		w.run("host", "chmod", "666", "/dev/net/tun")
		s.eventually("the outside answers again", works)
		if r := s.compose("ps"); r.stderr != "" {
			s.t.Errorf("ps still warns: %s", r.stderr)
		}
	})
}
