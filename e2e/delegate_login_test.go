package e2e

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// killingSessions makes logind end what is in a session with it.
const killingSessions = `mkdir -p /etc/systemd/logind.conf.d
printf '[Login]\nKillUserProcesses=yes\n' >/etc/systemd/logind.conf.d/kill.conf
systemctl restart systemd-logind`

// Each command comes from a login of its own, whose processes are ended with it. What
// it started stays, and so does what replaces what is killed.
func TestDelegationSurvivesLogout(t *testing.T) {
	m := theLab(t)
	m.root(killingSessions)
	t.Cleanup(func() { m.root("rm /etc/systemd/logind.conf.d/kill.conf; systemctl restart systemd-logind") })
	if out := m.dev("sleep 1000 >/dev/null 2>&1 & cat /proc/self/cgroup"); !strings.Contains(out.stdout, "/session-") {
		t.Fatalf("a login is no session: %s%s", out.stdout, out.stderr)
	}
	s := m.begin(limitedService)
	s.must("up", "-d")
	s.eventually("the sessions have ended, with what else was in them", func() bool {
		return m.run(asRoot, "pgrep -u dev -x sleep").code != 0
	})
	tree := s.tree()
	if filepath.Base(tree) != s.scope() || !strings.Contains(tree, "/user@1000.service/app.slice/") {
		t.Fatalf("D is %s", tree)
	}
	s.placed(tree, "a")
	service := s.pidsOf("pause")
	for range kills() {
		holder := s.rolePID("user-holder")
		s.eventually("the user holder has a scope", func() bool { return filepath.Base(cgroupOf(holder)) == "mocker-compose.scope" })
		signalPID(t, holder, syscall.SIGKILL)
		signalPID(t, s.supervisorPID(), syscall.SIGKILL)
		s.must("up", "-d") // out of another session: only systemd can move what it starts
		if holder := s.rolePID("user-holder"); filepath.Base(cgroupOf(holder)) != "mocker-compose.scope" {
			t.Errorf("the user holder is in %s when the command has ended", cgroupOf(holder))
		}
		s.placed(tree, "a")
	}
	if now := s.pidsOf("pause"); !slices.Equal(now, service) || len(now) != 1 {
		t.Errorf("the service was %v, is %v", service, now)
	}
	s.must("down")
}

func asRoot(ctx context.Context, script string) *exec.Cmd {
	return exec.CommandContext(ctx, "bash", "-euc", script)
}

// Without linger the services end with the last session, which is said, with the
// command that changes it.
func TestDelegationWithoutLinger(t *testing.T) {
	m := theLab(t)
	s := m.begin(limitedService)
	// A session that stays, so that what is his for as long as he is there is not made anew.
	stays := throughLogin(t.Context(), "sleep 1000")
	if err := stays.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.root("loginctl enable-linger dev") })
	s.eventually("he is logged in", func() bool { return strings.Contains(m.root("loginctl list-sessions"), " dev ") })
	m.root("loginctl disable-linger dev")
	const remedy = "loginctl enable-linger dev"
	if r := s.compose("up", "-d"); r.code != 0 || strings.Count(r.stderr, remedy) != 1 || !strings.Contains(r.stderr, "end with your last session") {
		t.Errorf("exit %d, said is: %s", r.code, r.stderr)
	}
	if r := s.compose("up", "-d"); strings.Contains(r.stderr, remedy) {
		t.Errorf("said twice: %s", r.stderr)
	}
	s.must("down", "-t", "0")
	m.root(remedy)
	if r := s.compose("up", "-d"); r.code != 0 || strings.Contains(r.stderr, "linger") {
		t.Errorf("with linger, exit %d, said is: %s", r.code, r.stderr)
	}
}

// As root, the system's manager is asked.
func TestDelegationOfRoot(t *testing.T) {
	m := theLab(t)
	m.login = func(ctx context.Context, script string) *exec.Cmd {
		return exec.CommandContext(ctx, "sh", "-c", script)
	}
	s := m.begin(limitedService)
	m.root("chown -R root: " + filepath.Dir(s.dir))
	s.must("up", "-d")
	if want := cgroupMount + "/system.slice/" + s.scope(); s.tree() != want {
		t.Errorf("D is %s, want %s", s.tree(), want)
	}
	s.placed(s.tree(), "a")
	s.must("down", "-t", "0")
	s.eventually("systemd has forgotten the scope", func() bool {
		return strings.Contains(m.root("systemctl show -p LoadState "+s.scope()), "not-found")
	})
}

// Where there is no systemd for the user, the command for the administrator that is
// printed gives him a cgroup, word for word.
func TestDelegationByAdministrator(t *testing.T) {
	m := theLab(t)
	m.login = withoutSession
	given := fmt.Sprintf("%s/mocker-compose.%d", cgroupMount, labUser)
	t.Cleanup(func() {
		m.root(fmt.Sprintf("! test -d %[1]s || { for p in $(cat %[1]s/shell/cgroup.procs); do echo $p >%[2]s/cgroup.procs; done; rmdir %[1]s/shell %[1]s; }", given, cgroupMount))
	})
	s := m.begin(limitedService)
	s.env = append(s.env, "MOCKER_FORCE_NO_SYSTEMD=1")
	r := s.compose("up", "-d")
	_, remedy, ok := strings.Cut(r.stderr, "; to change that: ")
	remedy, _, _ = strings.Cut(remedy, "\n")
	if r.code != 0 || !ok || !strings.HasPrefix(remedy, "sudo ") {
		t.Fatalf("exit %d, no command in: %s", r.code, r.stderr)
	}
	s.must("down", "-t", "0")
	s.login = func(ctx context.Context, script string) *exec.Cmd {
		return withoutSession(ctx, remedy+"\n"+script) // it exports the variable
	}
	if r := s.compose("up", "-d"); r.code != 0 || strings.Contains(r.stderr, "not enforced") {
		t.Fatalf("after %s: exit %d: %s", remedy, r.code, r.stderr)
	}
	if want := given + "/mocker-compose-" + s.project; s.tree() != want {
		t.Errorf("D is %s, want %s", s.tree(), want)
	}
	s.placed(s.tree(), "a")
	s.login = withoutSession
	s.must("down", "-t", "0")
	if dirs := allCgroups(given); len(dirs) != 2 {
		t.Errorf("left: %q", dirs)
	}
}
