package e2e

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

const limitedService = "services:\n  a: { command: ./probe pause, mem_limit: 100m }\n"

// needUserManager skips the test where no systemd of the caller's answers.
func needUserManager(t *testing.T) {
	t.Helper()
	if _, err := os.Stat(userRuntime() + "/systemd/private"); err != nil {
		t.Skip("this user has no systemd manager: test/lab/scenarios " + t.Name())
	}
}

func userRuntime() string { return fmt.Sprintf("/run/user/%d", os.Getuid()) }

// userSystemd runs a command that asks the user's systemd, and returns what it prints.
func userSystemd(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+userRuntime(), "SYSTEMD_COLORS=0", "COLUMNS=300")
	out, _ := cmd.CombinedOutput() // systemctl status has exit codes of its own
	return string(out)
}

// rolePID is the process of ours in a role, for this scenario.
func (s *scenario) rolePID(role string) (pid int) {
	s.t.Helper()
	s.eventually("there is a "+role, func() bool {
		dirs, _ := filepath.Glob("/proc/[0-9]*")
		for _, dir := range dirs {
			if strings.Contains(cgroupFile(dir, "cmdline"), "\x00__role\x00"+role+"\x00"+s.dirs.Run+"\x00") {
				pid, _ = strconv.Atoi(filepath.Base(dir))
				return pid > 0
			}
		}
		return false
	})
	return pid
}

func (s *scenario) scope() string { return "mocker-compose-" + s.project + ".scope" }

// placed checks that all is where it belongs: D is tree, the holders and the service
// are in their groups, and no process is in an inner one.
func (s *scenario) placed(tree, service string) {
	s.t.Helper()
	leaf := strings.TrimPrefix(tree, cgroupMount) + "/holder"
	s.eventually("the supervisor is in "+leaf, func() bool { return cgroupOf(s.supervisorPID()) == leaf })
	if got := cgroupOf(s.rolePID("project-holder")); got != leaf {
		s.t.Errorf("the project holder is in %s, want %s", got, leaf)
	}
	if got := filepath.Dir(s.group(service)); got != tree {
		s.t.Errorf("%s is in %s, want %s", service, got, tree)
	}
	if bad := innerProcesses(tree); len(bad) > 0 {
		s.t.Errorf("processes in inner nodes: %q", bad)
	}
	if own := cgroupFile(tree, "cgroup.procs"); own != "" {
		s.t.Errorf("in %s itself there are %q", tree, own)
	}
	if got := cgroupFile(s.group(service), "memory.max"); got != fmt.Sprint(100<<20) {
		s.t.Errorf("memory.max of %s: %q", service, got)
	}
}

// With systemd a project is a scope of its name, with the service visible in it, and
// stays one whoever of ours is killed; down leaves no unit.
func TestDelegationBySystemd(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory")
	s := begin(t, limitedService)
	s.must("up", "-d")
	tree := s.tree()
	if filepath.Base(tree) != s.scope() {
		t.Fatalf("D is %s, want %s", tree, s.scope())
	}
	s.placed(tree, "a")
	for _, args := range [][]string{{"systemctl", "--user", "--no-pager", "--full", "status"}, {"systemd-cgls", "--user", "--no-pager", "--full"}} {
		if out := userSystemd(t, args...); !strings.Contains(out, s.scope()) || !strings.Contains(out, filepath.Base(s.group("a"))) || !strings.Contains(out, "probe pause") {
			t.Errorf("%q does not show %s with its service:\n%s", args, s.scope(), out)
		}
	}
	if out := userSystemd(t, "systemctl", "--user", "show", s.scope()); !strings.Contains(out, "Description=Project "+s.project+" of mocker-compose\n") ||
		!strings.Contains(out, "\nDelegate=yes\n") || !strings.Contains(out, "\nSlice=app.slice\n") {
		t.Errorf("the scope:\n%s", out)
	}
	userHolder := s.rolePID("user-holder")
	s.eventually("the user holder has a scope", func() bool { return filepath.Base(cgroupOf(userHolder)) == "mocker-compose.scope" })

	service := s.pidsOf("pause")
	for range kills() {
		signalPID(t, s.supervisorPID(), syscall.SIGKILL)
		s.placed(tree, "a")
	}
	if err := os.Remove(s.dirs.CgroupFile(s.project)); err != nil {
		t.Error(err)
	}
	signalPID(t, userHolder, syscall.SIGKILL)
	signalPID(t, s.supervisorPID(), syscall.SIGKILL)
	s.must("up", "-d")
	s.placed(tree, "a")
	if now := s.pidsOf("pause"); len(now) != 1 || now[0] != service[0] {
		t.Errorf("the service was %v, is %v", service, now)
	}
	s.eventually("the next user holder has it too", func() bool {
		return filepath.Base(cgroupOf(s.rolePID("user-holder"))) == "mocker-compose.scope"
	})
	s.must("down")
	s.unitless()
}

// A command that needs the user holder for a moment only leaves no scope of it: systemd
// keeps one whose process ends while it is made.
func TestDelegationOfAShortCommand(t *testing.T) {
	needUserManager(t)
	s := begin(t, limitedService)
	var archive bytes.Buffer
	w := tar.NewWriter(&archive)
	if err := errors.Join(w.WriteHeader(&tar.Header{Name: "etc/", Typeflag: tar.TypeDir, Mode: 0o755}), w.Close()); err != nil {
		t.Fatal(err)
	}
	s.write("root.tar", archive.String())
	for range kills() {
		s.must("image", "import", "root.tar", "short")
		s.eventually("systemd has forgotten the user holder's scope", func() bool {
			return strings.Contains(userSystemd(t, "systemctl", "--user", "show", "-p", "LoadState", "mocker-compose.scope"), "not-found")
		})
	}
}

// unitless waits until systemd knows no unit of the project.
func (s *scenario) unitless() {
	s.t.Helper()
	s.eventually("systemd has forgotten the scope", func() bool {
		return strings.Contains(userSystemd(s.t, "systemctl", "--user", "show", "-p", "LoadState", s.scope()), "not-found")
	})
}

// A project comes back under its name at once: after down, while systemd still removes
// its scope, and after all of ours has been killed.
func TestDelegationAgain(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory")
	s := begin(t, limitedService)
	for i := range kills() {
		s.must("up", "-d")
		tree := s.tree()
		if filepath.Base(tree) != s.scope() {
			t.Fatalf("time %d: D is %s, want %s", i, tree, s.scope())
		}
		s.placed(tree, "a")
		if i%2 == 0 {
			s.must("down", "-t", "0")
			continue
		}
		supervisor := s.supervisorPID() // it ends by itself as well
		signalPID(t, s.projectHolderPID("a"), syscall.SIGKILL)
		if i%3 == 0 {
			signalPID(t, supervisor, syscall.SIGKILL)
		}
	}
}

// Two run directories of one user can have projects of one name.
func TestDelegationTwins(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory")
	one, two := begin(t, limitedService), begin(t, limitedService)
	for i, kv := range two.env {
		if strings.HasPrefix(kv, "COMPOSE_PROJECT_NAME=") {
			two.env[i] = "COMPOSE_PROJECT_NAME=" + one.project
		}
	}
	two.project = one.project
	one.must("up", "-d")
	two.must("up", "-d")
	for _, s := range []*scenario{one, two} {
		s.placed(s.tree(), "a")
	}
	if one.tree() == two.tree() || !strings.HasPrefix(filepath.Base(two.tree()), "mocker-compose-"+one.project+".") {
		t.Errorf("%s and %s", one.tree(), two.tree())
	}
	one.must("down", "-t", "0")
	two.placed(two.tree(), "a")
}

// inScope is a way in that gives a cgroup to each command, with nobody else in it;
// before is a script that runs there first.
func inScope(before string) login {
	return func(ctx context.Context, script string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, "systemd-run", "--user", "--scope", "--quiet", "-p", "Delegate=yes",
			"sh", "-c", "C="+cgroupMount+"$(sed -n 's/^0:://p' /proc/self/cgroup); "+before+script)
		cmd.Env = append(os.Environ(), "XDG_RUNTIME_DIR="+userRuntime())
		return cmd
	}
}

// Without systemd, the current cgroup is divided if nobody else is in it.
func TestDelegationOfTheCurrent(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory")
	s := begin(t, limitedService)
	s.env = append(s.env, "MOCKER_FORCE_NO_SYSTEMD=1")
	s.login = inScope("")
	if r := s.compose("up", "-d"); strings.Contains(r.stderr, "not enforced") || r.code != 0 {
		t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	s.login = nil
	tree := s.tree()
	top := filepath.Dir(tree)
	if filepath.Base(tree) != "mocker-compose-"+s.project || !strings.HasSuffix(top, ".scope") {
		t.Fatalf("D is %s", tree)
	}
	s.placed(tree, "a")
	if got := cgroupOf(s.rolePID("user-holder")); cgroupMount+got != top+"/mocker-compose.holder" {
		t.Errorf("the user holder is in %s", got)
	}
	if bad := innerProcesses(top); len(bad) > 0 {
		t.Errorf("processes in inner nodes: %q", bad)
	}
	for range kills() {
		signalPID(t, s.supervisorPID(), syscall.SIGKILL)
		s.placed(tree, "a")
	}
	// A stale D is swept: by the user holder, which ends with its last project, or by
	// the next start.
	signalPID(t, s.supervisorPID(), syscall.SIGKILL)
	signalPID(t, s.projectHolderPID("a"), syscall.SIGKILL)
	s.eventually("nothing is left in "+top, func() bool { return !isDir(tree) })
	s.login = inScope("")
	s.must("up", "-d")
	s.login = nil
	s.placed(s.tree(), "a")
	top = filepath.Dir(s.tree())
	s.must("down", "-t", "0")
	s.eventually(top+" has gone, as nothing is in it", func() bool { return !isDir(top) })
}

// A cgroup with somebody else in it is not touched; who asked for limits learns whom.
func TestDelegationAmongStrangers(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory")
	s := begin(t, limitedService)
	s.env = append(s.env, "MOCKER_FORCE_NO_SYSTEMD=1")
	s.login = inScope("sleep 1000 >/dev/null 2>&1 & trap \"kill $!\" EXIT; ")
	// In a shell of its own: the trap is that of the first one, which waits for it.
	cmd := s.login(t.Context(), "("+s.through("up", "-d")+"); exit $?")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "mem_limit (service a)") || !strings.Contains(string(out), "holds a process that is not of mocker-compose") ||
		!strings.Contains(string(out), "systemd-run --user --scope -p Delegate=yes") {
		t.Errorf("%v: %s", err, out)
	}
	s.login = nil
	if own := cgroupOf(s.supervisorPID()); strings.Contains(own, "holder") {
		t.Errorf("the supervisor is in %s", own)
	}
}

// A directory that an administrator has handed over is used as it is, and is as it was
// when all is down.
func TestDelegationHandedOver(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory")
	s := begin(t, limitedService)
	// The scope stands for the directory: ours, with the shell in a leaf of it.
	const inLeaf = "mkdir $C/shell; echo $$ >$C/shell/cgroup.procs; export MOCKER_CGROUP=$C; "
	s.login = inScope(inLeaf)
	r := s.compose("up", "-d")
	if r.code != 0 || strings.Contains(r.stderr, "not enforced") {
		t.Fatalf("exit %d: %s", r.code, r.stderr)
	}
	s.login = nil
	tree := s.tree()
	if filepath.Base(tree) != "mocker-compose-"+s.project {
		t.Fatalf("D is %s", tree)
	}
	s.placed(tree, "a")
	s.env = append(s.env, "MOCKER_CGROUP="+filepath.Dir(tree))
	if r := s.compose("up", "-d"); r.code != 0 || strings.Contains(r.stderr, "counts when") {
		t.Errorf("once more, exit %d: %s", r.code, r.stderr)
	}
	for range kills() {
		signalPID(t, s.supervisorPID(), syscall.SIGKILL)
		s.placed(tree, "a")
	}
	s.must("down", "-t", "0")
	s.eventually("D has gone", func() bool { return !isDir(tree) })
}

// What is wrong with MOCKER_CGROUP is said, with the command that mends it; the
// services run all the same.
func TestDelegationHandedOverWrongly(t *testing.T) {
	needUserManager(t)
	needControllers(t, "memory")
	s := begin(t, limitedService)
	for dir, words := range map[string][]string{
		"relative":                     {"is not an absolute path"},
		cgroupMount + "/no-such-group": {"there is no such directory", "mkdir -p " + cgroupMount + "/no-such-group/shell"},
		t.TempDir():                    {"is not a directory of cgroup v2", "mkdir -p " + cgroupMount + "/mocker-compose."},
		cgroupMount:                    {"is not ours to write", "mkdir -p " + cgroupMount + "/mocker-compose."},
	} {
		s.login = func(ctx context.Context, script string) *exec.Cmd {
			return exec.CommandContext(ctx, "env", "MOCKER_CGROUP="+dir, "sh", "-c", script)
		}
		r := s.compose("up", "-d")
		for _, w := range append(words, "mem_limit (service a)", "MOCKER_CGROUP="+dir) {
			if r.code != 0 || !strings.Contains(r.stderr, w) {
				t.Errorf("%s: exit %d, %q is missing in: %s", dir, r.code, w, r.stderr)
			}
		}
		if len(s.pidsOf("pause")) != 1 {
			t.Errorf("%s: the service does not run", dir)
		}
		s.must("down", "-t", "0")
	}
	s.login = nil
	s.must("up", "-d")
	tree := s.tree()
	s.env = append(s.env, "MOCKER_CGROUP="+cgroupMount+"/too-late")
	if r := s.compose("up", "-d"); r.code != 0 || strings.Count(r.stderr, "too-late counts when project "+s.project+" starts") != 1 || s.tree() != tree {
		t.Errorf("for a project that runs: exit %d: %s", r.code, r.stderr)
	}
}
