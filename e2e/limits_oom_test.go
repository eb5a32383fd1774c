package e2e

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hungryFile has services that end for their memory under each restart policy, one
// whose child does, and siblings that must not notice.
const hungryFile = `
x-small: &small { mem_limit: 24m, memswap_limit: 24m }
services:
  no: { <<: *small, command: ./probe hungry 0 0s no, scale: 2 }
  few: { <<: *small, command: ./probe hungry 0 0s few, restart: "on-failure:2" }
  ever: { <<: *small, command: ./probe hungry 0 0s ever, restart: always }
  family: { <<: *small, command: ./probe feed 0 0s family }
  web: { command: ./probe serve :80, ports: ["127.0.0.1::80"], mem_limit: 200m }
  parrot: { command: ./probe parrot :7 }
  hold: { command: "./probe hold parrot:7 held", depends_on: [parrot] }
`

// Every end for memory is told as one, whoever watched; policies obey; the
// neighbours, our own processes and their connections do not notice.
func TestLimitsOOM(t *testing.T) {
	needControllers(t, "memory")
	kills := number(t, "MOCKER_TEST_OOMS", 5)
	s := begin(t, hungryFile)
	seen, stop := s.follow()
	s.must("up", "-d", "web", "parrot", "hold")
	s.eventually("a line is back", func() bool { return s.counted("held") > 0 })
	before := s.bystanders()
	s.must("up", "-d")
	rounds := 1
	for {
		s.eventually("all that end have ended", func() bool {
			ps := s.ps() // one that will be restarted may be seen as exited for a moment
			return strings.Count(s.read("few"), "ate\n") >= 3*rounds &&
				ps["no-1"].State == "exited" && ps["no-2"].State == "exited" && ps["few-1"].State == "exited" && ps["family-1"].State == "exited"
		})
		s.reasonsAreMemory(rounds)
		if s.meals() >= kills {
			break
		}
		s.must("start", "no", "few", "family")
		rounds++
	}
	s.must("stop", "-t", "0", "ever")
	// The last run of ever may have been stopped instead.
	s.eventually("as many events as meals", func() bool {
		n := len(oomEvents(seen()))
		return n == s.meals() || n == s.meals()-1
	})
	oomThenDie(t, seen())
	t.Logf("%d ends for memory in %d rounds, all told as such", len(oomEvents(seen())), rounds)
	if after := s.bystanders(); !slices.Equal(before, after) {
		t.Errorf("processes of others: before %v, after %v", before, after)
	}
	if get(s.port("web-1"), "/") == "" {
		t.Error("web does not answer")
	}
	s.goesOn("after all that", "held")
	if strings.Contains(s.must("logs", "family"), "outlived") {
		t.Error("the parent of one that was killed went on alone")
	}
	stop()
}

// meals is how many runs have begun to eat.
func (s *scenario) meals() int {
	n := 0
	for _, f := range []string{"no", "few", "ever", "family"} {
		n += strings.Count(s.read(f), "ate\n")
	}
	return n
}

// reasonsAreMemory looks at what ps says of those that have ended for good, and at
// how often each was run.
func (s *scenario) reasonsAreMemory(rounds int) {
	s.t.Helper()
	ps := s.ps()
	for _, name := range []string{"no-1", "no-2", "few-1", "family-1"} {
		if c := ps[name]; c.ExitCode != 137 || !strings.HasPrefix(c.Status, "Exited (137) OOM") {
			s.t.Errorf("%s: exit code %d, %q, want Exited (137) OOM", name, c.ExitCode, c.Status)
		}
	}
	for name, each := range map[string]int{"no": 2, "few": 3, "family": 1} {
		if n := strings.Count(s.read(name), "ate\n"); n != each*rounds {
			s.t.Errorf("%s ran %d times in %d rounds, want %d in each", name, n, rounds, each)
		}
	}
}

// bystanders are the processes that nobody may hurt.
func (s *scenario) bystanders() []int {
	s.t.Helper()
	pids := []int{s.supervisorPID(), peerPID(s.t, s.dirs.UserSocket()), s.projectHolderPID("web")}
	pids = append(pids, s.pidsOf("serve", ":80")...)
	pids = append(pids, s.pidsOf("parrot", ":7")...)
	return append(pids, s.pidsOf("hold", "parrot:7", "held")...)
}

func oomEvents(list []event) (ooms []event) {
	for _, e := range list {
		if e.Type == "container" && e.Action == "oom" {
			ooms = append(ooms, e)
		}
	}
	return ooms
}

// oomThenDie checks that every end with 137 of an eater has its oom event.
func oomThenDie(t *testing.T, list []event) {
	t.Helper()
	dies, ooms := map[string]int{}, map[string]int{}
	for _, e := range list {
		switch {
		case e.Type != "container":
		case e.Action == "die":
			dies[e.Attributes["name"]]++
			if code := e.Attributes["exitCode"]; code != "137" {
				t.Errorf("%s died with %s", e.Attributes["name"], code)
			}
		case e.Action == "oom":
			ooms[e.Attributes["name"]]++
		}
	}
	for name, n := range dies {
		if ooms[name] != n && (!strings.Contains(name, "-ever-") || ooms[name] != n-1) {
			t.Errorf("%s: %d ends, %d of them for memory", name, n, ooms[name])
		}
	}
}

// The command that waits for a service says why it ended.
func TestLimitsOOMIsSaid(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, "services:\n  a: { command: ./probe hungry 0 0s, mem_limit: 24m, memswap_limit: 24m }\n"+
		"  b: { command: ./probe pause, mem_limit: 24m, memswap_limit: 24m }\n"+
		"  fine: { command: ./probe pause, mem_limit: 24m }\n")
	s.must("up", "-d", "fine")
	s.must("kill", "fine")
	f := s.foreground("a")
	f.code()
	out := f.out.String()
	if !strings.Contains(out, "a-1 exited with code 137 (out of memory: limit 24 MiB)") {
		t.Errorf("up does not say why:\n%s", out)
	}
	if c := s.ps()["fine-1"]; c.ExitCode != 137 || strings.Contains(c.Status, "OOM") {
		t.Errorf("one that was killed otherwise: %d %q", c.ExitCode, c.Status)
	}
	if ps := s.must("ps", "-a"); strings.Count(ps, "Exited (137) OOM") != 1 {
		t.Errorf("ps:\n%s", ps)
	}
	// What a command in a container eats is the container's.
	s.must("up", "-d", "b")
	if r := s.compose("exec", "-T", "b", "./probe", "hungry", "0", "0s"); r.code != 137 {
		t.Errorf("exec: exit %d: %s", r.code, r.stderr)
	}
	s.eventually("b ended with it", func() bool { return strings.Contains(s.ps()["b-1"].Status, "OOM") })
	if r := s.compose("run", "-T", "--rm", "b", "./probe", "hungry", "0", "0s"); r.code != 137 {
		t.Errorf("run: exit %d: %s", r.code, r.stderr)
	}
}

// The program of the tutorials: killed at its limit where there is no swap for it,
// and only slowed down at memory_high.
func TestLimitsHungry(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, `
services:
  hard: { command: ./probe hungry 0 1ms, mem_limit: 100m, memswap_limit: 100m }
  soft: { command: ./probe hungry 0 1ms, x-mocker: { memory_high: 100m } }
`)
	s.must("up", "-d")
	s.eventually("hard is killed", func() bool { return strings.HasPrefix(s.ps()["hard-1"].Status, "Exited (137) OOM") })
	had := eaten(s.logLines("hard"))
	if had < 80 || had > 100 {
		t.Errorf("it was killed at %d MB, want 80 to 100", had)
	}
	dir := s.group("soft")
	s.eventually("soft is throttled", func() bool { return cgroupCount(dir, "memory.events", "high") > 10 })
	at := eaten(s.logLines("soft"))
	time.Sleep(5 * time.Second)
	used, err := strconv.Atoi(cgroupFile(dir, "memory.current"))
	kills := cgroupCount(dir, "memory.events", "oom_kill")
	t.Logf("hard was killed with %d MB; soft: %d MB, 5 s later %d MB, %d of them in memory, throttled %d times",
		had, at, eaten(s.logLines("soft")), used>>20, cgroupCount(dir, "memory.events", "high"))
	if c := s.ps()["soft-1"]; c.State != "running" || kills != 0 {
		t.Errorf("soft is %q, %d kills", c.Status, kills)
	}
	if err != nil || used > 120<<20 { // what it has besides is swapped out
		t.Errorf("soft has %d bytes in memory, %v: it is not held back", used, err)
	}
	s.must("stop", "-t", "0", "soft")
	if c := s.ps()["soft-1"]; c.State != "exited" || strings.Contains(c.Status, "OOM") {
		t.Errorf("stopped: %q", c.Status)
	}
}

// eaten is the last "has N MB" of a log.
func eaten(lines []string) (mb int) {
	for _, l := range lines {
		_, _ = fmt.Sscanf(l, "has %d MB", &mb) // other lines leave it
	}
	return mb
}

// With mem_limit alone a service may swap as much again, as with docker; with
// memswap_limit the difference.
func TestLimitsSwap(t *testing.T) {
	needControllers(t, "memory")
	if strings.Count(cgroupFile("/proc", "swaps"), "\n") == 0 {
		t.Skip("this machine has no swap: LAB_SWAP=256 test/lab/scenarios TestLimitsSwap")
	}
	s := begin(t, `
services:
  usual: { command: ./probe hungry 60 0s, mem_limit: 40m }
  more: { command: ./probe hungry 60 0s, mem_limit: 40m, memswap_limit: 100m }
  none: { command: ./probe hungry 60 0s, mem_limit: 40m, memswap_limit: 40m }
  little: { command: ./probe hungry 60 0s, mem_limit: 40m, memswap_limit: 45m }
`)
	for name, want := range map[string]string{"usual": fmt.Sprint(40 << 20), "more": fmt.Sprint(60 << 20), "none": "0", "little": fmt.Sprint(5 << 20)} {
		s.must("up", "-d", name)
		if want == "0" || name == "little" {
			s.eventually(name+" is killed", func() bool { return strings.Contains(s.ps()[name+"-1"].Status, "OOM") })
			continue
		}
		if got := cgroupFile(s.group(name), "memory.swap.max"); got != want {
			t.Errorf("%s: memory.swap.max is %q, want %q", name, got, want)
		}
		s.eventually(name+" is full", func() bool { return s.logged(name, "full") })
		s.must("stop", "-t", "0", name)
	}
}
