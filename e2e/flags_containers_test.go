package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// One replica of several is meant by its number; what run made is not a replica, and
// gets files only with --all.
func TestIndexEverywhere(t *testing.T) {
	s := begin(t, "services:\n  a: { image: base:1, command: cat, stdin_open: true, scale: 2, stop_grace_period: 1s }\n")
	s.image("base.tar", "base:1", imagetest.Config{})
	s.must("image", "load", "-i", "base.tar")
	s.must("up", "-d")
	s.must("run", "-d", "--name", "beside", "a", "sleep", "1000")
	at := func(container, path string) string {
		r := s.compose("exec", "-T", container, "cat", path)
		return r.stdout
	}
	s.write("marker", "two")
	s.must("cp", "--index", "2", "marker", "a:/marker")
	if first := s.compose("exec", "-T", "--index", "1", "a", "cat", "/marker"); first.code == 0 {
		t.Errorf("the first replica has it too: %q", first.stdout)
	}
	s.must("cp", "--index", "2", "a:/marker", "back")
	if s.read("back") != "two" || at("beside", "/marker") != "" {
		t.Errorf("back %q, beside %q", s.read("back"), at("beside", "/marker"))
	}
	s.must("cp", "marker", "a:/every")
	if got := at("beside", "/every"); got != "" {
		t.Errorf("cp without --all gave it to what run made: %q", got)
	}
	s.must("cp", "--all", "marker", "a:/every")
	if got := at("beside", "/every"); got != "two" {
		t.Errorf("cp --all: %q", got)
	}
	s.must("export", "--index", "2", "--output", "two.tar", "a")
	s.must("export", "--index", "1", "--output", "one.tar", "a")
	if one, two := strings.Join(exported(t, filepath.Join(s.dir, "one.tar")), " ")+" ", strings.Join(exported(t, filepath.Join(s.dir, "two.tar")), " ")+" "; strings.Contains(one, "marker ") || !strings.Contains(two, "marker ") {
		t.Error("export took another replica")
	}
	s.must("commit", "--index", "2", "--pause=false", "a", "kept:2")
	if out := s.must("image", "history", "--human=false", "--quiet", "kept:2"); strings.Count(out, "\n") < 1 {
		t.Errorf("history: %q", out)
	}
	s.fails(1, []string{`service "a" is not running container #3`}, "commit", "--index", "3", "a", "kept:3")
	j := s.beside("attach", "--index", "2", "--sig-proxy=false", "a")
	j.type_("to the second\n")
	j.shows("to the second")
	j.in.Close()
	_ = j.cmd.Process.Signal(syscall.SIGINT)
	_ = j.cmd.Wait()
	if out := s.must("logs", "--index", "1", "a"); strings.Contains(out, "second") {
		t.Errorf("the first replica was attached to:\n%s", out)
	}
	if got := s.state("a-2"); got != "running" {
		t.Errorf("the end of attach ended it: %q", got)
	}
}

// exec takes docker's old words for a terminal, and none for scripts.
func TestExecTerminalFlags(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.must("up", "-d")
	const tells = "if [ -t 1 ]; then echo terminal; else echo pipe; fi"
	for line, want := range map[string]string{
		"exec --no-tty a": "pipe", "exec --no-TTY a": "pipe", "exec -T --interactive a": "pipe", "exec --tty=false a": "pipe", "exec -it -T a": "pipe",
	} {
		if out := s.must(append(strings.Fields(line), "sh", "-c", tells)...); out != want+"\n" {
			t.Errorf("%s: %q", line, out)
		}
	}
	j := s.onTerminal("exec", "--interactive", "--tty", "a", "sh", "-c", tells)
	j.shows("terminal")
	_ = j.cmd.Wait()
}

// Flags of run that change what the container is.
func TestRunContainerFlags(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: ./probe pause
    environment: { GIVEN: file, KEPT: file }
    cap_add: [NET_RAW]
  gone: { command: ./probe pause, profiles: [later] }
`)
	s.write("more.env", "MORE=file\n")
	s.must("--profile", "later", "up", "-d")
	s.write("compose.yaml", strings.Split(s.read("compose.yaml"), "  gone:")[0])
	const caps = "grep CapEff /proc/self/status"
	full := s.must("run", "--rm", "-T", "-q", "a", "sh", "-c", caps)
	for _, c := range []struct {
		line, command, want string
	}{
		{"run --rm -q --no-tty --env GIVEN=flag --env-from-file more.env a", "echo $GIVEN $KEPT $MORE", "flag file file\n"},
		{"run --rm -q --interactive=false --workdir /tmp a", "pwd; cat", "/tmp\n"},
		{"run --rm -q -T --use-aliases --remove-orphans a", "echo there", "there\n"},
		{"run --rm -q -T --ports auto a", "echo there", "there\n"},
	} {
		if out := s.must(append(strings.Fields(c.line), "sh", "-c", c.command)...); out != c.want {
			t.Errorf("%s: %q, want %q", c.line, out, c.want)
		}
	}
	if got := s.state("gone-1"); got != "" {
		t.Errorf("--remove-orphans left it %q", got)
	}
	fewer := s.must("run", "--rm", "-q", "-T", "--cap-drop", "ALL", "--cap-add", "CHOWN", "a", "sh", "-c", caps)
	if !strings.HasSuffix(fewer, "0000000000002001\n") || fewer == full {
		t.Errorf("capabilities %q, were %q", fewer, full)
	}
	s.must("run", "--rm", "-q", "-T", "--uplink", "none", "a", "true")
	s.fails(1, []string{"--ports"}, "run", "--ports", "somewhere", "a", "true")
}

// create makes what up would start, and says no more than asked.
func TestCreateFlags(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  old: { command: ./probe pause }\n")
	s.must("create", "--uplink", "none", "--ports", "auto", "--yes", "--pull", "never", "--quiet-pull", "--quiet-build", "--scale", "a=2")
	ps := s.ps()
	if len(ps) != 3 || ps["a-2"].State != "created" {
		t.Fatalf("%+v", ps)
	}
	s.write("compose.yaml", "services:\n  a: { command: ./probe trap }\n")
	s.must("create", "--no-recreate", "--remove-orphans")
	now := s.ps()
	if now["a-1"].ID != ps["a-1"].ID || now["old-1"].ID != "" {
		t.Errorf("--no-recreate replaced it, or --remove-orphans did not: %+v", now)
	}
	s.must("create", "--force-recreate", "--no-build")
	if again := s.ps(); again["a-1"].ID == ps["a-1"].ID || again["a-1"].State != "created" {
		t.Errorf("--force-recreate: %+v", again)
	}
	s.must("start", "--wait", "--wait-timeout", "30")
	if got := s.state("a-1"); got != "running" {
		t.Errorf("start: %q", got)
	}
}

// What is killed, removed and shown by its state.
func TestStateFlags(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n  b: { command: ./probe exit 3 }\n  old: { command: ./probe pause }\n")
	s.must("up", "-d", "--yes", "--menu=false")
	s.eventually("b has ended", func() bool { return s.state("b-1") == "exited" })
	for line, want := range map[string]string{
		"ps --status exited --services": "b\n", "ps --filter status=running --services": "a\nold\n", "ps -a --status paused -q": "",
		"ls --all --quiet --filter name=" + s.project: s.project + "\n", "ls --filter name=nobody -q": "",
		"ls --filter name=^e2e -q": s.project + "\n",
	} {
		if out := s.must(strings.Fields(line)...); out != want {
			t.Errorf("%s: %q, want %q", line, out, want)
		}
	}
	s.fails(1, []string{"unknown filter colour"}, "ps", "--filter", "colour=red")
	s.fails(1, []string{"invalid filter 'colour'"}, "ls", "--filter", "colour=red")
	out := s.must("stats", "--no-stream", "--all", "--no-trunc", "--pressure")
	for _, want := range []string{s.project + "-b-1", s.project + "-a-1", "CPU PSI", s.ps()["a-1"].ID} {
		if !strings.Contains(out, want) {
			t.Errorf("stats has no %q:\n%s", want, out)
		}
	}
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause }\n  b: { command: ./probe exit 3 }\n")
	s.must("up", "-d") // now old is an orphan
	s.must("kill", "--signal", "SIGKILL", "--remove-orphans", "a")
	s.eventually("all are dead", func() bool {
		return s.state("a-1") == "exited" && s.state("old-1") == "exited" && s.state("b-1") == "exited" // up had started b again
	})
	s.must("rm", "--force", "--all", "--volumes")
	if out := s.must("ps", "-a", "--orphans=false", "-q"); out != "" {
		t.Errorf("rm left %q", out)
	}
}

// Flags of a foreground up: whose lines, with which time, until when.
func TestUpFlags(t *testing.T) {
	for _, c := range []struct {
		line, file string
		code       int
		has, not   string
	}{
		{"up --no-color --timestamps --abort-on-container-exit", "services:\n  a: { command: ./probe lines 2 1ms a }\n  b: { command: ./probe pause }\n", 0, "Z a 1", ""},
		{"up --no-color --abort-on-container-failure", "services:\n  a: { command: ./probe exit 4 }\n  b: { command: ./probe pause }\n", 4, "a-1 exited with code 4", ""},
		{"up --no-color --exit-code-from a", "services:\n  a: { command: ./probe exit 5 }\n  b: { command: ./probe pause }\n", 5, "", ""},
		{"up --no-color --attach a --no-attach b", "services:\n  a: { command: ./probe lines 2 1ms a }\n  b: { command: ./probe lines 2 1ms b }\n", 0, "| a 1", "| b 1"},
		{"up --no-color --attach-dependencies a", "services:\n  a: { command: ./probe lines 2 1ms a, depends_on: [b] }\n  b: { command: ./probe lines 2 1ms b }\n", 0, "| b 1", ""},
		{"up --no-color --no-log-prefix a", "services:\n  a: { command: ./probe lines 2 1ms a, depends_on: [b] }\n  b: { command: ./probe lines 2 1ms b }\n", 0, "\na 1", "b 1"},
		{"up --detach --wait --wait-timeout 1", "services:\n  a: { command: ./probe pause, healthcheck: { test: [CMD, 'false'], interval: 5s } }\n", 1, "", ""},
	} {
		t.Run(c.line, func(t *testing.T) {
			s := begin(t, c.file)
			r := s.compose(strings.Fields(c.line)...)
			all := r.stdout + r.stderr
			if r.code != c.code || !strings.Contains(all, c.has) || c.not != "" && strings.Contains(all, c.not) {
				t.Errorf("exit %d, want %d; want %q and not %q in\n%s", r.code, c.code, c.has, c.not, all)
			}
		})
	}
}

// What --always-recreate-deps and --renew-anon-volumes make anew, and that nothing is
// without them.
func TestUpAnew(t *testing.T) {
	s := begin(t, "services:\n  a: { command: sh -c 'echo $$(ls /v) found; touch /v/old; exec sleep 1000', stop_signal: KILL, depends_on: [b], volumes: [/v] }\n  b: { command: ./probe pause }\n")
	s.must("up", "-d")
	s.eventually("a has looked", func() bool { return s.logged("a", "found") })
	first := s.ps()
	for _, c := range []struct {
		args  string
		b     bool // is another one
		found string
	}{
		{"up -d --force-recreate --yes a", false, "old found"},
		{"up -d --force-recreate --always-recreate-deps a", true, "old found"},
		{"up --detach --force-recreate --renew-anon-volumes a", true, "| found"},
	} {
		s.must(strings.Fields(c.args)...)
		s.eventually(c.args+": "+c.found, func() bool { return strings.HasSuffix(s.must("logs", "a"), c.found+"\n") })
		if now := s.ps(); now["a-1"].ID == first["a-1"].ID || (now["b-1"].ID != first["b-1"].ID) != c.b {
			t.Errorf("%s: a was %s, b %s; they are\n%+v", c.args, first["a-1"].ID, first["b-1"].ID, now)
		}
	}
}

// completion prints scripts; doctor -q says nothing of what is well; what is refused
// says why.
func TestSmallCommands(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	for _, shell := range []string{"bash", "zsh", "fish"} {
		if out := s.must("completion", "--no-descriptions", shell); !strings.Contains(out, "__completeNoDesc") {
			t.Errorf("%s: %.200s", shell, out)
		}
	}
	s.fails(1, []string{`no completion for the shell "csh"`}, "completion", "csh")
	long, short := s.compose("doctor"), s.compose("doctor", "--quiet")
	if short.code != long.code || len(short.stdout) >= len(long.stdout) {
		t.Errorf("doctor -q: exit %d and %d bytes, without %d and %d", short.code, len(short.stdout), long.code, len(long.stdout))
	}
	for line, want := range map[string]string{
		"publish me/shop:1": "compose files are not put into registries", "bridge convert -o x": "kompose", "alpha generate": "docker daemon", "alpha dry-run -- up": "--dry-run",
		"network connect front a": "what its compose file says", "network disconnect front a": "what its compose file says",
	} {
		s.fails(1, []string{want}, strings.Fields(line)...)
	}
	if _, err := os.Stat(filepath.Join(s.dirs.Data, "p")); err == nil {
		t.Error("one of them has made a project")
	}
}
