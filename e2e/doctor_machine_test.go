package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// machine is the lab, with this test as its root. Whatever a test takes from it is
// gone with it; there is no other machine that this may be.
type machine struct {
	t     *testing.T
	login login
}

// login is how a user comes in, to run a script.
type login func(ctx context.Context, script string) *exec.Cmd

// labMark is a file that only the lab has (test/lab/build); labUser is its plain user.
const (
	labMark = "/etc/mocker-lab"
	labUser = 1000
)

// theLab returns the machine, or skips.
func theLab(t *testing.T) *machine {
	t.Helper()
	if _, err := os.Stat(labMark); err != nil || os.Getuid() != 0 {
		t.Skip("takes from a machine what doctor is to miss, which only the lab is for: LAB_ROOT=1 test/lab/scenarios " + t.Name() + ", or make test-lab")
	}
	m := &machine{t: t, login: throughLogin}
	m.root(heal)
	return m
}

// in is the same machine for a subtest.
func (m *machine) in(t *testing.T) *machine { return &machine{t: t, login: m.login} }

// throughLogin logs dev in as ssh would: limits of limits.conf, a session of logind
// outside of the user manager, XDG_RUNTIME_DIR (pam_limits(8), pam_systemd(8)).
func throughLogin(ctx context.Context, script string) *exec.Cmd {
	return exec.CommandContext(ctx, "runuser", "-l", "dev", "-c", script)
}

// withoutSession is a way in that gives neither XDG_RUNTIME_DIR nor a cgroup of one's
// own, like su, sudo -u and cron of some systems.
func withoutSession(ctx context.Context, script string) *exec.Cmd {
	return exec.CommandContext(ctx, "setpriv", "--reuid=1000", "--regid=1000", "--init-groups",
		"env", "-i", "HOME=/home/dev", "USER=dev", "LOGNAME=dev", "PATH=/usr/local/bin:/usr/bin:/bin", "sh", "-c", script)
}

// root runs a script, which must succeed, as root.
func (m *machine) root(script string) string {
	m.t.Helper()
	r := m.run(func(ctx context.Context, script string) *exec.Cmd {
		return exec.CommandContext(ctx, "bash", "-euc", script)
	}, script)
	if r.code != 0 {
		m.t.Fatalf("as root: %s\nexit %d\n%s%s", script, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// dev runs a script as dev, in a login of its own.
func (m *machine) dev(script string) result {
	m.t.Helper()
	return m.run(m.login, script)
}

func (m *machine) run(as login, script string) result {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := as(ctx, script)
	var stdout, stderr bytes.Buffer
	cmd.Stdin = strings.NewReader("y\n") // whoever is asked, is sure
	cmd.Stdout, cmd.Stderr, cmd.WaitDelay = &stdout, &stderr, 5*time.Second
	r := result{code: -1}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		r.stderr = err.Error()
		return r
	}
	r.stdout, r.stderr, r.code = stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
	if ctx.Err() != nil {
		m.t.Fatalf("%s\nhangs\n%s%s", script, r.stdout, r.stderr)
	}
	return r
}

// begin makes a project of dev's, as [begin] does for the user that a test runs as.
func (m *machine) begin(composeFile string) *scenario {
	m.t.Helper()
	s := prepare(m.t, composeFile)
	top := filepath.Dir(s.dir)
	cookie := "MOCKER_E2E_COOKIE=" + s.project
	s.login = m.login
	s.env = []string{ // the rest is that of the login
		"MOCKER_RUNTIME_DIR=" + s.dirs.Run, "MOCKER_DATA_HOME=" + s.dirs.Data,
		"COMPOSE_PROJECT_NAME=" + s.project, "TERM=dumb", cookie,
	}
	if strings.Contains(composeFile, "rootfs:./root") {
		s.write("root/etc/passwd", "root:x:0:0::/:/probe\n")
		if err := copyFile(filepath.Join(s.dir, "root", "probe"), built.probe); err != nil {
			m.t.Fatal(err)
		}
	}
	m.root("ln -sf " + built.compose + " /usr/local/bin/mocker-compose; chmod 755 " + top + " && chown -R dev: " + top)
	scope := m.scope(s)
	before := testns.Take(scope)
	m.t.Cleanup(func() {
		for name, what := range testns.Take(scope) { // whoever has a session again, has it anew
			if what == "mount on /run/user/1000" {
				before[name] = what
			}
		}
		s.end(scope, before)
		os.RemoveAll(top)
	})
	return s
}

// scope is what a census looks at: dev's, with the ids that dev has now.
func (m *machine) scope(s *scenario) testns.Scope {
	scope := testns.ScopeOf(labUser, "MOCKER_E2E_COOKIE="+s.project, s.dirs.Run, s.dirs.Data)
	scope.Keep = []string{"rootfs", "images", "volumes", "build", "asked", "base-*", "build-base-*", "*.lock"}
	return scope
}

// through is the command line that a login runs for a command of the scenario.
func (s *scenario) through(args ...string) string {
	words := []string{"exec", quote(built.compose)}
	for _, a := range args {
		words = append(words, quote(a))
	}
	return s.shell(strings.Join(words, " "))
}

// shell is a command in the scenario's directory and environment.
func (s *scenario) shell(command string) string {
	var b strings.Builder
	b.WriteString("cd " + quote(s.dir) + " || exit 99\n")
	for _, kv := range s.env {
		b.WriteString("export " + quote(kv) + "\n")
	}
	return b.String() + s.prelude + command
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
