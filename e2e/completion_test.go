package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// shells are how each is told to complete our command line: a start without anybody's
// settings, and what makes it ask us.
var shells = map[string]struct {
	args  []string
	setup string
}{
	"bash": {[]string{"--norc", "--noprofile", "-i"}, "source /usr/share/bash-completion/bash_completion; source ./script"},
	"zsh":  {[]string{"-f", "-i"}, "autoload -Uz compinit; compinit -u -D; source ./script; setopt no_beep"},
	"fish": {[]string{"--no-config", "-i"}, "source ./script"},
}

// In a real shell, TAB completes the names of this moment: of a service that runs, a
// flag and its value, a project, and the line that it made is then carried out. Nothing
// is printed but that.
func TestCompletionInShells(t *testing.T) {
	s := begin(t, "services:\n  zebra: { command: ./probe pause }\n  zulu: { command: ./probe pause, profiles: [quagga] }\n")
	s.must("up", "-d")
	for shell, how := range shells {
		t.Run(shell, func(t *testing.T) {
			path, err := exec.LookPath(shell)
			if err != nil {
				t.Skipf("%s is not installed: apt-get install %s", shell, shell)
			}
			if _, err := os.Stat("/usr/share/bash-completion/bash_completion"); shell == "bash" && err != nil {
				t.Skip("bash-completion is not installed: apt-get install bash-completion")
			}
			s := s.in(t)
			s.write("script", s.must("completion", shell))
			j := s.inShellOf(path, how.args...)
			defer func() {
				_ = j.cmd.Process.Kill() // it may have been born deaf to a hangup, as below nohup(1)
				_ = j.cmd.Wait()
				if t.Failed() {
					t.Logf("the terminal:\n%q", j.screen.bytes())
				}
			}()
			j.type_(how.setup + "; echo read\"\"y\n")
			j.shows("ready")
			// Only zebra runs: three letters of its name are not needed.
			j.type_("mocker-compose exec -T z\t")
			j.shows("exec -T zebra")
			j.type_("touch by-" + shell + "; echo do\"\"ne\n")
			j.shows("done")
			if _, err := os.Stat(filepath.Join(s.dir, "by-"+shell)); err != nil {
				t.Errorf("the completed line did nothing: %v", err)
			}
			j.type_("mocker-compose --prof\tq\tup -d zul\t; echo up\"\"ped\n")
			j.shows("upped")
			if got := s.state("zulu-1"); got != "running" {
				t.Errorf("the completed profile and service are not up: %q", got)
			}
			s.must("--profile", "quagga", "rm", "-s", "-f", "zulu")
			if out := string(j.screen.bytes()); strings.Contains(out, "Error") || strings.Contains(out, "directive") || strings.Contains(out, "not found") {
				t.Errorf("it complains:\n%q", out)
			}
		})
	}
}

// inShellOf starts a shell on a terminal, with our command in its path.
func (s *scenario) inShellOf(path string, args ...string) *joined {
	s.t.Helper()
	master, slave := openPTY(s.t)
	s.t.Cleanup(func() { slave.Close(); master.Close() })
	setSize(s.t, master, 40, 200)
	j := &joined{s: s, cmd: exec.CommandContext(s.t.Context(), path, args...), in: master, master: master, screen: watch(master)}
	j.cmd.Dir = s.dir
	j.cmd.Env = append(s.env, "PATH="+filepath.Dir(built.compose)+":"+os.Getenv("PATH"), "TERM=xterm", "PS1=> ", "HISTFILE=", "HOME="+s.t.TempDir())
	j.cmd.Stdin, j.cmd.Stdout, j.cmd.Stderr = slave, slave, slave
	j.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := j.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	return j
}

// What a shell is offered follows the state of the project; asking changes nothing, and
// works where files are broken, or there are none.
func TestCompletionOffers(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, scale: 2, ports: ['127.0.0.1:0:80'] }\n  b: { command: ./probe exit 0 }\n  c: { command: ./probe pause, profiles: [extra] }\nvolumes: { v: {} }\n")
	offers := func(line string) string {
		t.Helper()
		r := s.compose(append([]string{"__complete"}, strings.Split(line, " ")...)...)
		words := strings.Fields(strings.Split(r.stdout, "\n:")[0])
		if strings.HasPrefix(r.stdout, ":") {
			words = nil
		}
		if r.code != 0 || strings.TrimSuffix(strings.SplitN(r.stderr, "directive", 2)[0], "Completion ended with ") != "" {
			t.Errorf("%s: exit %d: %s", line, r.code, r.stderr)
		}
		return strings.Join(words, " ")
	}
	check := func(when string, want map[string]string) {
		t.Helper()
		for line, names := range want {
			if got := offers(line); got != names {
				t.Errorf("%s, %q: %q, want %q", when, line, got, names)
			}
		}
	}
	check("before up", map[string]string{"up ": "a b c", "exec ": "", "stop ": "", "logs ": "a b c", "-p ": "", "--profile ": "extra", "scale ": "a= b= c=", "up --pull ": "always missing never build"})
	if _, err := os.Stat(s.dirs.Run + "/p"); err == nil {
		t.Error("completion has made a run directory")
	}
	s.must("up", "-d")
	s.eventually("b has ended", func() bool { return s.state("b-1") == "exited" })
	s.must("run", "-d", "--name", "once", "a")
	check("while it runs", map[string]string{
		"exec ": "a once", "stop ": "a once", "start ": "b", "logs a ": "b c once", "-p ": s.project, "port ": "a", "port a ": "80", "unpause ": "",
		"restart a ": "b", "rm ": "b", "logs a --index ": "1 2", "run ": "a b c", "run a ": "", "cp ": "a: b:", "kill --signal SIGU": "SIGUSR1 SIGUSR2", "up --exit-code-from ": "a b c",
	})
	s.must("pause", "a")
	check("paused", map[string]string{"unpause ": "a", "pause ": "once", "exec ": "a once"})
	s.must("unpause")
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause }\n  new: { bogus: '${MISSING?}' }\n  broken: [\n")
	check("a broken file", map[string]string{"exec ": "a once"})
	s.must("-p", s.project, "rm", "-s", "-f", "once")
	s.dir = t.TempDir()
	check("no file", map[string]string{"-p " + s.project + " stop ": "a", "volume rm ": "", "image rm ": ""})
	s.dir = filepath.Join(filepath.Dir(s.dirs.Run), "project")
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause }\n")
}
