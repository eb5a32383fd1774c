package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// used is a line of `stats --format json`.
type used struct {
	ID, Name, Service, State                         string
	CPUPerc, MemUsage, MemPerc, NetIO, BlockIO, PIDs string
	CPUPercent, CPUPressure                          *float64
	MemBytes, MemLimitBytes, PIDCount                *uint64
	NetReceivedBytes, NetSentBytes                   *uint64
	BlockReadBytes, BlockWrittenBytes                *uint64
	SummedOverProcesses                              []string
}

// stats are the lines of one look, by name without the project's.
func (s *scenario) stats(args ...string) map[string]used {
	s.t.Helper()
	out := map[string]used{}
	for line := range strings.Lines(s.must(append([]string{"stats", "--no-stream", "--format", "json"}, args...)...)) {
		var u used
		if err := json.Unmarshal([]byte(line), &u); err != nil {
			s.t.Fatalf("%v: %s", err, line)
		}
		out[strings.TrimPrefix(u.Name, s.project+"-")] = u
	}
	return out
}

const statsProject = `services:
  busy: { command: ./probe burn 1 0s }
  idle: { command: ./probe pause, scale: 2 }
  many: { command: ./probe threads 20 }
  mem:  { command: ./probe hungry 60 1ms }
  web:  { command: ./probe serve :80 }
  off:  { command: ./probe exit 3 }
`

// stats shows of each container what it does, and of others nothing.
func TestStats(t *testing.T) {
	s := begin(t, statsProject)
	s.must("up", "-d")
	s.eventually("memory is taken, and one has ended", func() bool {
		return strings.Contains(s.must("logs", "mem"), "full") && s.ps()["off-1"].State == "exited"
	})
	s.checkStats()
	// The columns are docker's, with or without a terminal.
	head := regexp.MustCompile(`^CONTAINER ID +NAME +CPU % +MEM USAGE / LIMIT +MEM % +NET I/O +BLOCK I/O +PIDS\n`)
	if out := s.must("stats", "--no-stream", "web"); !head.MatchString(out) || strings.Count(out, "\n") != 2 || !strings.Contains(out, s.project+"-web-1 ") {
		t.Errorf("table:\n%s", out)
	}
	if out := s.must("stats", "--no-stream", "--format", "{{.Name}} {{.PIDs}}", "many", "web"); !regexp.MustCompile(`^\S+-many-1 \d\d\n\S+-web-1 \d+\n$`).MatchString(out) {
		t.Errorf("template: %q", out)
	}
	s.fails(1, []string{"no such service: nobody"}, "stats", "--no-stream", "nobody")
	s.fails(1, []string{"template"}, "stats", "--no-stream", "--format", "{{.Nope}}")

	before := s.stats("web")["web-1"]
	s.must("exec", "-T", "--index", "2", "idle", "./probe", "get", "http://web/peer")
	if after := s.stats("web")["web-1"]; *after.NetReceivedBytes <= *before.NetReceivedBytes || *after.NetSentBytes <= *before.NetSentBytes {
		t.Errorf("a request went through: %+v, before %+v", after, before)
	}
	// Nobody who restarts has used less than nothing.
	s.must("restart", "-t", "0", "busy")
	s.eventually("busy is so after a restart", func() bool { return *s.stats("busy")["busy-1"].CPUPercent > 1 })
	s.must("down", "-t", "0")
	for _, args := range [][]string{{}, {"-a"}, {"web"}} {
		if list := s.stats(args...); len(list) != 0 {
			t.Errorf("%q of a project that does not run: %v", args, list)
		}
	}
}

// checkStats looks at the project above.
func (s *scenario) checkStats() {
	s.t.Helper()
	list := s.stats()
	names := []string{"busy-1", "idle-1", "idle-2", "many-1", "mem-1", "web-1"}
	for _, name := range names {
		u := list[name]
		if len(u.ID) != 12 || u.CPUPercent == nil || u.MemBytes == nil || u.PIDCount == nil || u.NetReceivedBytes == nil || u.MemLimitBytes == nil {
			s.t.Fatalf("%s: something is not known: %+v", name, u)
		}
		if *u.MemBytes == 0 || *u.PIDCount == 0 || *u.MemLimitBytes < 64<<20 {
			s.t.Errorf("%s uses nothing: %+v", name, u)
		}
	}
	if len(list) != len(names) {
		s.t.Errorf("%d containers, want %d: %v", len(list), len(names), list)
	}
	s.eventually("one that is busy is seen to be, when it gets its time", func() bool {
		now := s.stats("busy", "idle")
		b, i := now["busy-1"].CPUPercent, now["idle-1"].CPUPercent
		if *b > 150 {
			s.t.Errorf("busy %.1f%%", *b)
		}
		return *b > 5 && *i < *b/2
	})
	if m, i := *list["mem-1"].MemBytes, *list["idle-1"].MemBytes; m < 60<<20 || m > 100<<20 || i > 40<<20 {
		s.t.Errorf("60 MB are %d bytes, nothing is %d", m, i)
	}
	if n := *list["many-1"].PIDCount; n < 21 || n > 60 {
		s.t.Errorf("20 threads and a few are %d", n)
	}
	all := s.stats("--all", "off")
	if u := all["off-1"]; len(all) != 1 || u.State != "exited" || u.CPUPerc != "0.00%" || u.MemUsage != "0B / 0B" || u.NetIO != "0B / 0B" || u.PIDs != "0" || u.MemBytes != nil {
		s.t.Errorf("one that has ended: %+v", all)
	}
}

// Without a cgroup stats sums up, and says so once.
func TestStatsSumsUp(t *testing.T) {
	s := begin(t, statsProject+`  joined: { command: ./probe threads 20, pid: "service:mem" }
`)
	s.env = append(s.env, "MOCKER_FORCE_NO_CGROUP=1")
	s.must("up", "-d")
	s.eventually("memory is taken, and one has ended", func() bool {
		return strings.Contains(s.must("logs", "mem"), "full") && s.ps()["off-1"].State == "exited"
	})
	list := s.stats()
	if u := list["busy-1"]; !slices.Equal(u.SummedOverProcesses, []string{"cpu", "memory", "pids", "io"}) || u.CPUPressure != nil {
		t.Fatalf("there is a cgroup: %+v", u)
	}
	// They share a pid namespace, and neither has what is the other's.
	if m, j := list["mem-1"], list["joined-1"]; *m.PIDCount > 20 || *j.PIDCount < 21 || *m.MemBytes < 60<<20 || *j.MemBytes > 40<<20 {
		t.Errorf("mem %+v\njoined %+v", m, j)
	}
	s.must("rm", "-sf", "joined")
	s.checkStats()
	r := s.compose("stats", "--no-stream")
	if n := strings.Count(r.stderr, "no cgroup"); r.code != 0 || n != 1 || strings.Count(r.stderr, "\n") != 1 {
		t.Errorf("exit %d; it is said %d times:\n%s", r.code, n, r.stderr)
	}
}

// Who lives in another's net namespace has that one's bytes, who has the host's or none
// has none; one-off containers are shown, and found by their names; what is paused uses
// memory and nothing else.
func TestStatsOfNeighbours(t *testing.T) {
	s := begin(t, `services:
  web:    { command: ./probe serve :80 }
  joined: { command: ./probe pause, network_mode: "service:web" }
  host:   { command: ./probe pause, network_mode: host }
  alone:  { command: ./probe burn 1 0s, network_mode: none }
`)
	s.must("up", "-d")
	s.must("run", "-d", "--name", s.project+"-extra", "web", "./probe", "get", "http://web/peer")
	s.must("run", "-d", "--name", s.project+"-stays", "web", "./probe", "pause")
	s.must("pause", "alone")
	s.eventually("a request went through", func() bool { return *s.stats("web")["web-1"].NetReceivedBytes > 200 })
	var list map[string]used
	s.eventually("who is in the same net namespace has the same bytes", func() bool { // one packet may come between two looks
		list = s.stats()
		web, joined := list["web-1"], list["joined-1"]
		return *web.NetReceivedBytes == *joined.NetReceivedBytes && *web.NetSentBytes == *joined.NetSentBytes
	})
	for _, name := range []string{"host-1", "alone-1"} {
		if list[name].NetIO != "0B / 0B" {
			t.Errorf("%s: %s", name, list[name].NetIO)
		}
	}
	if u := list["alone-1"]; u.State != "paused" || *u.CPUPercent > 1 || *u.MemBytes == 0 {
		t.Errorf("a paused one: %+v", u)
	}
	if u := list["stays"]; u.Service != "web" || u.State != "running" {
		t.Errorf("a one-off container: %+v", u)
	}
	if only := s.stats(s.project + "-stays"); len(only) != 1 || only["stays"].ID != list["stays"].ID {
		t.Errorf("a one-off container by its name: %+v", only)
	}
}

// startStats starts stats with the given output.
func (s *scenario) startStats(stdout, stderr *os.File, env string, args ...string) (end func() int) {
	s.t.Helper()
	cmd := s.command(s.t.Context(), append([]string{"stats"}, args...)...)
	cmd.Env = append(slices.Clone(cmd.Env), env)
	cmd.Stdout, cmd.Stderr = stdout, stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return func() int {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
		return cmd.ProcessState.ExitCode()
	}
}

// On a terminal the table is drawn in place, follows containers that come and go,
// the size of the terminal and a supervisor that was killed, until Ctrl-C.
func TestStatsLive(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  b: { command: ./probe pause }\n")
	s.must("up", "-d", "a")
	master, slave := openPTY(t)
	defer master.Close()
	setSize(t, master, 10, 200)
	end := s.startStats(slave, slave, "TERM=xterm")
	slave.Close()
	screen := watch(master)
	// shown is the last frame that is there as a whole.
	shown := func() string {
		frames := bytes.Split(screen.bytes(), []byte("\x1b[H"))
		for i := len(frames) - 1; i > 0; i-- {
			if text, ok := bytes.CutSuffix(frames[i], []byte("\x1b[J")); ok {
				return strings.NewReplacer("\x1b[K", "", "\r", "").Replace(string(text))
			}
		}
		return ""
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%q", screen.bytes())
		}
	})
	s.eventually("a first frame, without a rate", func() bool {
		return strings.Contains(string(screen.bytes()), "-a-1  ") && strings.Contains(string(screen.bytes()), " --  ")
	})
	s.eventually("rates", func() bool { return regexp.MustCompile(`-a-1 +\d+\.\d\d%`).MatchString(shown()) })
	s.must("up", "-d", "b")
	s.eventually("the new one", func() bool { return strings.Contains(shown(), "-b-1  ") })
	if err := syscall.Kill(s.supervisorPID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	at := strings.Count(string(screen.bytes()), "\x1b[H")
	s.eventually("frames after the supervisor's death", func() bool { return strings.Count(string(screen.bytes()), "\x1b[H") > at+2 })
	s.must("rm", "-sf", "a")
	s.eventually("one less", func() bool { return !strings.Contains(shown(), "-a-1") && strings.Contains(shown(), "-b-1") })
	setSize(t, master, 10, 30)
	s.eventually("lines that fit", func() bool {
		for line := range strings.Lines(shown()) {
			if len(strings.TrimRight(line, "\n")) > 29 {
				return false
			}
		}
		return true
	})
	setSize(t, master, 1, 30)
	s.eventually("one line", func() bool { return strings.HasPrefix(shown(), "... and ") })
	if strings.Contains(string(screen.bytes()), "\x1b[2J") {
		t.Error("the screen is cleared, which flickers")
	}
	if code := end(); code != 130 {
		t.Errorf("after Ctrl-C: exit %d, want 130", code)
	}
}

// Elsewhere tables follow each other, without a sequence for terminals.
func TestStatsPiped(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.must("up", "-d")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	end := s.startStats(w, os.Stderr, "TERM=xterm", "--format", "json")
	w.Close()
	out := watch(r)
	s.eventually("three lines", func() bool { return bytes.Count(out.bytes(), []byte("\n")) >= 3 })
	if code := end(); code != 130 {
		t.Errorf("exit %d, want 130", code)
	}
	for line := range bytes.Lines(out.bytes()) {
		var u used
		if err := json.Unmarshal(line, &u); err != nil || u.Service != "a" || u.CPUPercent == nil {
			t.Errorf("%v: %s", err, line)
		}
	}
}

// With cgroups the kernel counts: a limit holds and shows, also what was used by
// processes that are gone, and in a container whose supervisor was killed.
func TestStatsOfCgroups(t *testing.T) {
	needControllers(t, "cpu", "memory", "io", "pids")
	s := begin(t, `services:
  slow: { command: ./probe burn 1 0s, cpus: 0.2, mem_limit: 300m, pids_limit: 77 }
  mem:  { command: ./probe hungry 60 1ms, mem_limit: 200m }
  disk: { command: sh -c './probe disk /data/file 12 && exec ./probe pause', volumes: [ "data:/data" ] }
  many: { command: ./probe threads 20 }
volumes: { data: {} }
`)
	s.env = append(s.env, "MOCKER_DATA_HOME="+s.onDisk())
	s.must("up", "-d")
	s.eventually("memory is taken, the disk written", func() bool {
		out := s.must("logs")
		return strings.Contains(out, "full") && strings.Contains(out, "wrote 12 MB")
	})
	var shares []float64
	var list map[string]used
	for range 5 {
		list = s.stats()
		if u := list["slow-1"]; u.CPUPercent == nil || len(u.SummedOverProcesses) > 0 {
			t.Fatalf("no cgroup: %+v", u)
		}
		shares = append(shares, *list["slow-1"].CPUPercent)
	}
	slices.Sort(shares)
	if m := shares[len(shares)/2]; m < 16 || m > 25 {
		t.Errorf("a fifth of a processor is shown as %.1f%%", shares)
	}
	if u := list["slow-1"]; *u.MemLimitBytes != 300<<20 || !strings.HasSuffix(u.MemUsage, " / 300MiB") {
		t.Errorf("a limit of 300 MiB: %+v", u)
	}
	if u := list["mem-1"]; *u.MemBytes < 60<<20 || *u.MemBytes > 100<<20 || *u.MemLimitBytes != 200<<20 {
		t.Errorf("60 MB of 200: %+v", u)
	}
	if u := list["disk-1"]; *u.BlockWrittenBytes < 12<<20 || *u.BlockWrittenBytes > 40<<20 {
		t.Errorf("12 MB were written: %+v", u)
	}
	if n := *list["many-1"].PIDCount; n < 21 || n > 60 {
		t.Errorf("20 threads and a few are %d", n)
	}
	if _, err := os.Stat(cgroupMount + "/cpu.pressure"); err == nil {
		if u := list["slow-1"]; u.CPUPressure == nil || *u.CPUPressure < 20 {
			t.Errorf("one that waits most of the time: %+v", u)
		}
	} else if list["slow-1"].CPUPressure != nil {
		t.Errorf("a kernel without pressure: %+v", list["slow-1"])
	}
	signalPID(t, s.supervisorPID(), syscall.SIGKILL)
	again := s.stats("slow", "disk")
	if u := again["slow-1"]; len(u.SummedOverProcesses) > 0 || *u.CPUPercent < 10 || *u.CPUPercent > 30 {
		t.Errorf("after the supervisor's death: %+v", u)
	}
	if u := again["disk-1"]; *u.BlockWrittenBytes < *list["disk-1"].BlockWrittenBytes {
		t.Errorf("bytes were unwritten: %+v", u)
	}
	s.must("down", "-t", "0", "-v") // before its directory goes
}
