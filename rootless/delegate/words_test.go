package delegate

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Who would end with the terminal gets a scope, and nobody else.
func TestEndsWithStarter(t *testing.T) {
	const user = "/user.slice/user-1000.slice/"
	for _, c := range []struct {
		group string
		uid   int
		want  bool
	}{
		{user + "session-3.scope", 1000, true},
		{user + "user@1000.service/init.scope", 1000, true},
		{user + "user@1000.service/app.slice/run-u0.service", 1000, true},
		{user + "user@1000.service/app.slice/run-u0.service/sub", 1000, true},
		{user + "user@1000.service/app.slice/vte-spawn-1.scope", 1000, false},
		{user + "user@1000.service/app.slice/mocker-compose.scope", 1000, false},
		{user + "user@1000.service/app.slice/mocker-compose-demo.scope/holder", 1000, false},
		{user + "user@1001.service/app.slice/vte-spawn-1.scope", 1000, true}, // su from another's terminal
		{"/system.slice/cron.service", 1000, true},
		{"/system.slice/cron.service", 0, true},
		{"/system.slice/mocker-compose.scope", 0, false},
		{"/user.slice/user-0.slice/session-1.scope", 0, true},
		{"/", 1000, true},
	} {
		if got := endsWithStarter(c.group, c.uid); got != c.want {
			t.Errorf("%s of %d: %v", c.group, c.uid, got)
		}
	}
}

func (h hierarchy) search() *search {
	return &search{h: h, user: account{uid: 4321, dir: "/run/user/4321"}, from: h.mount + "/a/b"}
}

func TestWhy(t *testing.T) {
	t.Setenv("MOCKER_FORCE_NO_SYSTEMD", "1") // whether this machine has one is not the question
	s := hierarchy{mount: "/sys/fs/cgroup", root: "/"}.search()
	stranger := &strangerError{"/sys/fs/cgroup/a", "bash, process 7"}
	for name, c := range map[string]struct {
		asked, here   error
		cause, remedy string
	}{
		"systemd refuses": {fmt.Errorf("systemd makes no scope: no"), stranger, "systemd makes no scope: no", "systemd-run --user --scope"},
		"read-only":       {errNoSystemd, fmt.Errorf("x: %w", unix.EROFS), "read-only", "outer container"},
		"not ours":        {errNoSystemd, fmt.Errorf("x: %w", unix.EACCES), "permission denied", "mkdir -p /sys/fs/cgroup/mocker-compose.4321/shell"},
		"strangers":       {errNoSystemd, stranger, "bash, process 7", ""},
	} {
		got := s.why(c.asked, c.here)
		if !strings.Contains(got.Cause, c.cause) || !strings.Contains(got.Remedy, c.remedy) || got.Remedy == "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	// Nothing is advised that would not give a limit.
	s = hierarchy{mount: t.TempDir(), root: "/", v1: true}.search()
	if got := s.why(errNoSystemd, fmt.Errorf("x: %w", unix.EACCES)); !strings.Contains(got.Cause, "cgroup v1 has the controllers") || strings.Contains(got.Remedy, "chown") {
		t.Errorf("hybrid: %+v", got)
	}
	if got := noHierarchy(errNoV2); got.Remedy == "" || got.Cause == "" {
		t.Errorf("no v2: %+v", got)
	}
}

func TestLacks(t *testing.T) {
	for name, c := range map[string]struct {
		h             hierarchy
		d             Delegation
		cause, remedy string
	}{
		"nothing": {hierarchy{}, Delegation{}, "", ""},
		"hybrid":  {hierarchy{v1: true}, Delegation{Missing: Wanted}, "cgroup v1 has the controllers", unifyCommand()},
		"drop-in": {hierarchy{root: "/x"}, Delegation{By: BySystemd, Missing: []string{"io"}}, "does not delegate io to user", "user@.service.d/delegate.conf"},
		"above": {
			hierarchy{mount: "/m", root: "/x"}, Delegation{By: ByHandedOver, Dir: "/m/a/d", Missing: []string{"cpu", "io"}},
			"cpu io is not enabled", "for d in /m /m/a; do for c in cpu io;",
		},
	} {
		cause, remedy := c.h.search().lacks(c.d)
		if !strings.Contains(cause, c.cause) || !strings.Contains(remedy, c.remedy) || (c.cause == "") != (cause == "") {
			t.Errorf("%s: %q, %q", name, cause, remedy)
		}
	}
}

func TestHandedOverWords(t *testing.T) {
	s := hierarchy{mount: "/sys/fs/cgroup", root: "/"}.search()
	for dir, words := range map[string][2]string{
		"relative":                   {"absolute path", "export MOCKER_CGROUP=/sys/fs/cgroup/relative"},
		t.TempDir():                  {"not a directory of cgroup v2", "/sys/fs/cgroup/mocker-compose.4321"},
		"/sys/fs/cgroup/no/such/one": {"no such directory", "mkdir -p /sys/fs/cgroup/no/such/one/shell"},
		"/no/such/one":               {"no such file", "mkdir -p /sys/fs/cgroup/mocker-compose.4321/shell"},
	} {
		_, err := s.handedGroup(dir)
		none, ok := err.(*NoneError)
		if !ok || !strings.Contains(none.Cause, dir) || !strings.Contains(none.Cause, words[0]) || !strings.Contains(none.Remedy, words[1]) {
			t.Errorf("%s: %+v", dir, err)
		}
	}
}
