package e2e

import (
	"context"
	"os"
	"strings"
	"testing"
)

// post_start is executed in the container, in order, as its keys say, before what
// depends on the service; what it says is in the service's log.
func TestPostStart(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe pause
    environment: { OF_SERVICE: yes, BOTH: service }
    post_start:
      - { command: [sh, -c, "echo one $$OF_SERVICE $$BOTH $$OF_HOOK in $$PWD >> order"], environment: { BOTH: hook, OF_HOOK: 1 } }
      - { command: [sh, -c, "id -u >> /`+"${PWD}"+`/order; pwd >> /`+"${PWD}"+`/order"], user: "7", working_dir: /usr }
      - { command: [sh, -c, "grep CapEff /proc/self/status >> order; echo hook was here"], privileged: true }
  after:
    command: ./probe exit 0 after-ran
    depends_on: [web]
`)
	if err := os.Chmod(s.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	s.write("order", "")
	if err := os.Chmod(s.dir+"/order", 0o666); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	lines := strings.Split(strings.TrimSpace(s.read("order")), "\n")
	if len(lines) != 4 || lines[0] != "one yes hook 1 in "+s.dir || lines[1] != "7" || lines[2] != "/usr" {
		t.Fatalf("order: %q", lines)
	}
	if !strings.HasSuffix(lines[3], "ffffffff") {
		t.Errorf("privileged: %s", lines[3])
	}
	s.eventually("the log has what the hook said", func() bool { return s.logged("web", "hook was here") })
	s.eventually("after ran", func() bool { return s.read("after-ran") != "" })
}

// A hook of post_start that fails ends the up, with what it said; the container is
// stopped, what depends on it is not started, and the record keeps no secret of it.
func TestPostStartFails(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe trap
    restart: always
    post_start:
      - command: sh -c 'echo the word is hunter2 >&2; exit 3'
  after: { command: ./probe exit 0 after-ran, depends_on: [web] }
`)
	s.fails(1, []string{"web post_start[0] hook exited with status 3", "the word is hunter2"}, "up", "-d")
	s.eventually("web is stopped", func() bool { return s.ps()["web-1"].State == "exited" })
	if c := s.ps()["web-1"]; c.ExitCode != 3 || s.read("after-ran") != "" {
		t.Errorf("web: %+v, after: %q", c, s.read("after-ran"))
	}
	if b, err := os.ReadFile(s.dirs.StateFile(s.project)); err != nil || strings.Contains(string(b), "the word is") && !strings.Contains(string(b), "echo the word is") {
		t.Errorf("the record: %v", err)
	}
}

// pre_stop comes before the signal: of a stop, a restart, a recreation, a scale down and
// of down; its failure holds nothing up and is said.
func TestPreStop(t *testing.T) {
	const file = `
services:
  web:
    command: sh -c 'trap "echo signal >> order; exit 0" TERM; echo up >> order; while :; do sleep 0.05; done'
    labels: { v: "VERSION" }
    environment: { v: "VERSION" }
    pre_stop:
      - command: sh -c 'echo stop >> order; echo bye bye; exit 4'
`
	s := begin(t, strings.ReplaceAll(file, "VERSION", "1"))
	order := func(want string) {
		t.Helper()
		s.eventually("order "+want, func() bool {
			return strings.Join(strings.Fields(s.read("order")), " ") == want
		})
		s.write("order", "")
	}
	s.must("up", "-d")
	order("up")
	if r := s.compose("stop"); r.code != 0 || !strings.Contains(r.stderr, "web pre_stop[0] hook exited with status 4: bye bye") {
		t.Errorf("stop: %+v", r)
	}
	order("stop signal")
	s.must("start")
	order("up")
	s.must("restart")
	order("stop signal up")
	s.write("compose.yaml", strings.ReplaceAll(file, "VERSION", "2"))
	s.must("up", "-d")
	order("stop signal up")
	s.must("kill", "-s", "KILL")
	order("")
	s.must("up", "-d", "--scale", "web=2")
	order("up up")
	s.must("up", "-d", "--scale", "web=1")
	order("stop signal")
	s.must("down")
	order("stop signal")
}

// A hook that hangs is killed with all that it has begun, when the grace period is over.
func TestPreStopHangs(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe trap
    stop_grace_period: 300ms
    pre_stop:
      - command: sh -c 'echo $$$$ > began; sleep 1000 & sleep 1000'
`)
	s.must("up", "-d")
	s.eventually("web traps", func() bool { return s.logged("web", "trapping") })
	r := s.compose("down")
	if r.code != 0 || !strings.Contains(r.stderr, "did not end within the grace period") || s.read("began") == "" {
		t.Errorf("down: %+v, began %q", r, s.read("began"))
	}
	if !strings.Contains(r.stderr, "Removed") {
		t.Errorf("not removed: %s", r.stderr)
	}
}

// Hooks outlive their supervisor: the next one goes on with what was cut off, and what
// waits for it starts.
func TestSupervisorDiesInHooks(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe trap
    post_start:
      - command: sh -c 'echo first >> order'
      - command: sh -c 'echo second >> order; while ! test -f go; do sleep 0.05; done; echo done >> order'
    pre_stop:
      - command: sh -c 'echo bye >> order; while ! test -f bye; do sleep 0.05; done'
  after: { command: ./probe exit 0 after-ran, depends_on: [web] }
`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	up := s.command(ctx, "up", "-d")
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	order := func() string { return strings.Join(strings.Fields(s.read("order")), " ") }
	s.eventually("the second hook runs", func() bool { return order() == "first second" })
	s.killSupervisor()
	s.eventually("it runs again", func() bool { return order() == "first second second" })
	if s.read("after-ran") != "" {
		t.Error("after did not wait")
	}
	s.write("go", "")
	if err := up.Wait(); err != nil {
		t.Errorf("up: %v", err)
	}
	s.eventually("after ran", func() bool { return s.read("after-ran") != "" })
	stop := s.command(ctx, "stop")
	if err := stop.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("pre_stop runs", func() bool { return strings.HasSuffix(order(), "done bye") })
	s.killSupervisor()
	s.eventually("it runs again", func() bool { return strings.HasSuffix(order(), "done bye bye") })
	s.write("bye", "")
	if err := stop.Wait(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if c := s.ps()["web-1"]; c.State != "exited" {
		t.Errorf("web: %+v", c)
	}
}

// A restart by policy has its post_start; a container that dies by itself no pre_stop.
func TestHooksAndPolicy(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: sh -c 'echo up >> order; while ! test -f die; do sleep 0.05; done; rm die; exit 1'
    restart: on-failure
    post_start:
      - command: sh -c 'echo hook >> order'
    pre_stop:
      - command: sh -c 'echo bye >> order'
`)
	s.must("up", "-d")
	s.write("die", "")
	s.eventually("it is up again, with its hook", func() bool {
		return strings.Join(strings.Fields(s.read("order")), " ") == "up hook up hook"
	})
	s.must("down")
	if !strings.HasSuffix(s.read("order"), "bye\n") {
		t.Errorf("order: %q", s.read("order"))
	}
}
