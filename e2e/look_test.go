package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"os/user"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// event is a line of `events --json`.
type event struct {
	Time                      time.Time
	Type, Action, ID, Service string
	Attributes                map[string]string
}

// follow is `events --json` in the background: what it has said so far, and its end.
func (s *scenario) follow(args ...string) (seen func() []event, stop func()) {
	s.t.Helper()
	// What happens while it starts is to be seen too.
	cmd := s.command(s.t.Context(), append([]string{"events", "--json", "--since", time.Now().Format(time.RFC3339Nano)}, args...)...)
	out := &lockedBuffer{}
	cmd.Stdout, cmd.Stderr = out, os.Stderr
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	seen = func() (list []event) {
		for line := range strings.Lines(out.String()) {
			var e event
			if json.Unmarshal([]byte(line), &e) == nil {
				list = append(list, e)
			}
		}
		return list
	}
	return seen, func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 130 {
			s.t.Errorf("events ended with %v, want exit code 130", cmd.ProcessState)
		}
	}
}

func actionsOf(list []event) string {
	var words []string
	for _, e := range list {
		words = append(words, e.Action)
	}
	return strings.Join(words, ", ")
}

// events is started before the project, sees all of its life, and a second one.
func TestEvents(t *testing.T) {
	s := begin(t, "services:\n  a: { command: sh -c 'trap \"exit 3\" TERM; while :; do sleep 0.05; done', labels: { tier: back } }\n  b: { command: ./probe pause }\n")
	all, stop := s.follow("a")
	seen := func() []event { // what happens to networks has a test of its own
		return slices.DeleteFunc(all(), func(e event) bool { return e.Type == "network" })
	}
	time.Sleep(100 * time.Millisecond) // that it waits for the project is the point; it need not
	s.must("up", "-d", "--wait")
	// It looks for a project some times a second: one that is gone before that is missed.
	s.eventually("the first start", func() bool { return actionsOf(seen()) == "create, start" })
	s.compose("exec", "-T", "a", "sh", "-c", "exit 4")
	s.must("down")
	s.must("up", "-d")
	want := "create, start, exec_create: sh -c exit 4, exec_start: sh -c exit 4, exec_die, kill, die, stop, destroy, create, start"
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("seen: %s", actionsOf(seen()))
		}
	})
	s.eventually("the last start", func() bool { return strings.HasSuffix(actionsOf(seen()), "destroy, create, start") })
	if got := actionsOf(seen()); got != want {
		t.Fatalf("got  %s\nwant %s", got, want)
	}
	list := seen()
	for _, e := range list {
		if e.Type != "container" || e.Service != "a" || len(e.ID) != 64 || e.Attributes["name"] != s.project+"-a-1" || e.Attributes["tier"] != "back" || time.Since(e.Time) > time.Hour {
			t.Errorf("%+v", e)
		}
	}
	if x, d := list[4].Attributes["exitCode"], list[6].Attributes["exitCode"]; x != "4" || d != "3" || list[5].Attributes["signal"] != "15" {
		t.Errorf("exec_die %q, die %q, kill %v", x, d, list[5].Attributes)
	}
	stop()
	if out := s.must("events", "--since", "1h", "--until", "0s", "a"); strings.Count(out, " container ") != 2 || strings.Count(out, " network connect ") != 1 || !strings.Contains(out, " container create "+list[9].ID+" (image=, name=") {
		t.Errorf("what is remembered:\n%s", out)
	}
}

// top names processes of the container only, also those of exec, with pids that
// mean something on the host and users that mean something inside.
func TestTop(t *testing.T) {
	s := begin(t, "services:\n  a: { command: sh -c './probe pause & exec ./probe pause marked' }\n  b: { command: ./probe pause other }\n")
	s.must("up", "-d")
	s.must("exec", "-d", "a", "./probe", "pause", "by-exec")
	var out string
	s.eventually("three processes, which are what they are to be", func() bool {
		out = s.must("top", "a")
		return strings.Count(out, "\n") == 4 && strings.Count(out, "./probe pause") == 3 && !strings.Contains(out, "sh -c")
	})
	if f := strings.Fields(out); strings.Join(f[:10], " ") != "SERVICE # UID PID PPID C STIME TTY TIME CMD" {
		t.Errorf("header of\n%s", out)
	}
	found := 0
	root, err := user.LookupId("0")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if f[0] != "a" {
			continue
		}
		cmdline, err := os.ReadFile("/proc/" + f[3] + "/cmdline")
		if err != nil || strings.ReplaceAll(strings.TrimRight(string(cmdline), "\x00"), "\x00", " ") != strings.Join(f[9:], " ") || f[2] != root.Username {
			t.Errorf("%q: process %s is %q, %v", line, f[3], cmdline, err)
		}
		for _, word := range []string{"marked", "by-exec"} {
			if strings.HasSuffix(strings.TrimSpace(line), word) {
				found++
			}
		}
	}
	if found != 2 {
		t.Errorf("%d of the 2 marked processes:\n%s", found, out)
	}
	if all := s.must("top"); !strings.Contains(all, "other") || !strings.Contains(all, "marked") {
		t.Errorf("top of all:\n%s", all)
	}
	s.must("stop", "-t", "0")
	if out := s.must("top"); out != "" {
		t.Errorf("top of nothing: %q", out)
	}
}

func TestPortAndImages(t *testing.T) {
	s := begin(t, `services:
  web: { command: ./probe serve :80, scale: 2, ports: ["127.0.0.1::80"] }
`)
	s.must("up", "-d")
	one, two := s.must("port", "web", "80"), s.must("port", "--index", "2", "web", "80")
	if one == two || !strings.HasPrefix(one, "127.0.0.1:") {
		t.Errorf("%q and %q: want two ports of 127.0.0.1", one, two)
	}
	if got := s.must("port", "--index", "1", "web"); got != "80/tcp -> "+one {
		t.Errorf("all ports: %q, want that of 80/tcp, %q", got, one)
	}
	s.fails(1, []string{"no port 81/tcp", "80/tcp"}, "port", "web", "81")
	s.fails(1, []string{"accepts 1 or 2 arguments"}, "port")
	var rows []struct{ ContainerName, Repository, ID string }
	if err := json.NewDecoder(bytes.NewReader([]byte(s.must("images", "--format", "json")))).Decode(&rows); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 2 || rows[1].ContainerName != s.project+"-web-2" || rows[1].Repository != "(host)" || rows[1].ID != "" {
		t.Errorf("images: %+v", rows)
	}
}

// logs --index shows one replica.
func TestLogsIndex(t *testing.T) {
	s := begin(t, "services:\n  w: { command: sh -c 'echo from $$HOSTNAME', scale: 3 }\n")
	s.must("up", "-d")
	id := s.ps()["w-2"].ID[:12]
	s.eventually("the second has spoken", func() bool { return s.must("logs", "--no-log-prefix", "--index", "2", "w") == "from "+id+"\n" })
	s.fails(1, []string{"--index requires one service"}, "logs", "--index", "2")
}

// lockedBuffer is a bytes.Buffer that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
