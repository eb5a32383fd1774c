package e2e

import (
	"context"
	"os"
	"strings"
	"syscall"
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
      - command: sh -c 'echo the word is hunter$$((1 + 1)) >&2; exit 3'
  after: { command: ./probe exit 0 after-ran, depends_on: [web] }
`)
	s.fails(1, []string{"web post_start[0] hook exited with status 3", "the word is hunter2"}, "up", "-d")
	s.eventually("web is stopped", func() bool { return s.ps()["web-1"].State == "exited" })
	if c := s.ps()["web-1"]; c.ExitCode != 3 || s.read("after-ran") != "" {
		t.Errorf("web: %+v, after: %q", c, s.read("after-ran"))
	}
	s.keepsNot("hunter2")
}

// keepsNot wants a word to be in no record.
func (s *scenario) keepsNot(word string) {
	s.t.Helper()
	s.must("stop") // the record is written
	if b, err := os.ReadFile(s.dirs.StateFile(s.project)); err != nil || strings.Contains(string(b), word) {
		s.t.Errorf("the record has %q, or: %v", word, err)
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
	for r.code == 0 && s.read("began") == "" { // the grace period was over before it had begun
		s.must("up", "-d")
		r = s.compose("down")
	}
	if r.code != 0 || !strings.Contains(r.stderr, "did not end within the grace period") {
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
		order := s.read("order") // the hook may be faster than the command
		return strings.Count(order, "up\n") == 2 && strings.Count(order, "hook\n") == 2
	})
	s.must("down")
	if !strings.HasSuffix(s.read("order"), "bye\n") {
		t.Errorf("order: %q", s.read("order"))
	}
}

// The steps of pre_start run to their end, in order, before the containers of the service;
// they have its environment and volumes, their own over them, and are gone afterwards.
// What they say is in the log of the service.
func TestPreStart(t *testing.T) {
	s := begin(t, `
services:
  db:
    command: ./probe pause
  web:
    command: sh -c 'cat /data/one /data/two > seen; sleep 1000'
    depends_on: [db]
    environment: { A: service, B: service }
    volumes: ["data:/data", "/anonymous"]
    scale: 2
    pre_start:
      - command: sh -c 'echo one $$A $$B > /data/one; echo a > /anonymous/file; echo step one; echo 1 >> steps'
        environment: { B: step }
      - command: sh -c 'echo two $$(id -u) > /data/two; test -f /anonymous/file && echo 2 >> steps; getent hosts db >/dev/null || echo no db >> steps'
        user: "3"
        per_replica: false
      - command: sh -c 'echo 3 >> steps'
        per_replica: true
volumes: { data: }
`)
	steps := func() string { return strings.Join(strings.Fields(s.read("steps")), " ") }
	s.write("steps", "")
	for _, path := range []string{s.dir, s.dir + "/steps"} {
		if err := os.Chmod(path, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	s.must("up", "-d")
	if got := steps(); !strings.HasPrefix(got, "1 ") {
		t.Errorf("steps: %q", got)
	}
	s.eventually("web sees what the steps made", func() bool { return strings.Contains(s.read("seen"), "one service step") })
	s.eventually("the log has it", func() bool { return s.logged("web", "step one") })
	if out := s.must("ps", "-a", "--orphans=false", "--format", "json"); strings.Contains(out, "pre_start") {
		t.Errorf("ps: %s", out)
	}
	before := steps()
	s.must("up", "-d")
	s.must("stop")
	s.must("start")
	if got := steps(); got != before {
		t.Errorf("a step ran again: %q", got)
	}
	s.must("up", "-d", "--scale", "web=3")
	if got := steps(); got != before+" 3" {
		t.Errorf("scaled up: %q, want one more 3", got)
	}
	s.must("up", "-d", "--force-recreate", "web")
	if got := strings.Count(steps(), "1"); got != 2 {
		t.Errorf("recreated: %q", steps())
	}
}

// A step that fails ends the up: which one, how, and its last words. The next up goes on
// with it.
func TestPreStartFails(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe exit 0 web-ran
    pre_start:
      - command: sh -c 'echo 1 >> steps'
      - command: sh -c 'echo 2 >> steps; test -f fine || { echo the word is hunter$$((1 + 1)); exit 5; }'
      - command: sh -c 'echo 3 >> steps'
  after: { command: ./probe exit 0 after-ran, depends_on: [web] }
`)
	s.fails(1, []string{`service "web" pre_start[1] exited with status 5`, "the word is hunter2"}, "up", "-d")
	if s.read("web-ran") != "" || s.read("after-ran") != "" {
		t.Error("something was started")
	}
	if out := s.must("ps", "-a", "--format", "json"); strings.Contains(out, "pre_start") {
		t.Errorf("ps: %s", out)
	}
	s.keepsNot("hunter2")
	s.write("fine", "")
	s.must("up", "-d")
	if got := strings.Join(strings.Fields(s.read("steps")), " "); got != "1 2 2 3" {
		t.Errorf("steps: %q", got)
	}
	s.eventually("web ran", func() bool { return s.read("web-ran") != "" })
}

// A step that is under way when the supervisor is killed goes on, and the up with it.
func TestSupervisorDiesInPreStart(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe exit 0 web-ran
    pre_start:
      - command: sh -c 'echo 1 >> steps'
      - command: sh -c 'echo 2 >> steps; while ! test -f go; do sleep 0.05; done'
      - command: sh -c 'echo 3 >> steps'
`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	steps := func() string { return strings.Join(strings.Fields(s.read("steps")), " ") }
	up := s.command(ctx, "up", "-d")
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("the second step runs", func() bool { return steps() == "1 2" })
	s.killSupervisor()
	s.write("go", "")
	if err := up.Wait(); err != nil {
		t.Errorf("up: %v", err)
	}
	if steps() != "1 2 3" {
		t.Errorf("steps: %q", steps())
	}
	s.eventually("web ran", func() bool { return s.read("web-ran") != "" })
}

// A step that was cut off by the death of the project's holder is carried out again,
// with the volumes of its container, of which nothing but the record was left.
func TestHolderDiesInPreStart(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe exit 0 web-ran
    volumes: [data:/data]
    pre_start:
      - command: sh -c 'echo 1 >> steps; while ! test -f go; do sleep 0.05; done; test -w /data'
volumes:
  data:
`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	up := s.command(ctx, "up", "-d")
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("the step runs", func() bool { return s.read("steps") != "" })
	signalPID(t, s.rolePID("project-holder"), syscall.SIGKILL)
	s.write("go", "")
	if err := up.Wait(); err != nil { // it asks the next supervisor to go on
		t.Errorf("up: %v", err)
	}
	s.eventually("web ran", func() bool { return s.read("web-ran") != "" })
	if steps := strings.Join(strings.Fields(s.read("steps")), " "); steps != "1 1" {
		t.Errorf("steps: %q", steps)
	}
}

// Who stops an up in a step of pre_start ends the step too; so does down.
func TestStopInPreStart(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe exit 0 web-ran
    pre_start:
      - command: sh -c 'trap "echo told >> steps; exit 0" TERM; echo 1 >> steps; while :; do sleep 0.05; done'
`)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	up := s.command(ctx, "up", "-d")
	if err := up.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("the step runs", func() bool { return s.read("steps") == "1\n" })
	s.must("down")
	if err := up.Wait(); err == nil {
		t.Error("the up succeeded")
	}
	if s.read("steps") != "1\ntold\n" || s.read("web-ran") != "" {
		t.Errorf("steps: %q, web: %q", s.read("steps"), s.read("web-ran"))
	}
}
