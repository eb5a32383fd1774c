package delegate

import (
	"strings"
	"testing"
)

func TestNames(t *testing.T) {
	long := strings.Repeat("a", 300)
	for _, c := range []struct{ project, alternative, want string }{
		{"demo", "", "mocker-compose-demo.scope"},
		{"a_b-1", "", "mocker-compose-a_b-1.scope"},
		{"a.b/c d", "", `mocker-compose-a\x2eb\x2fc\x20d.scope`},
		{"é@", "", `mocker-compose-\xc3\xa9\x40.scope`},
		{"demo", "/run/user/1000", "mocker-compose-demo." + shortHash("/run/user/1000") + ".scope"},
		{"", "", "mocker-compose.scope"},
	} {
		if got := scopeName(c.project, c.alternative); got != c.want {
			t.Errorf("%q, %q: %s, want %s", c.project, c.alternative, got, c.want)
		}
	}
	if got := scopeName(long, ""); len(got) != longest || !strings.HasSuffix(got, ".scope") || got == scopeName(long+"b", "") {
		t.Errorf("a long name: %d bytes: %s", len(got), got)
	}
	if got := dirName(long); len(got) != longest {
		t.Errorf("a long name: a directory of %d bytes", len(got))
	}
	if dirName("holder") == userLeaf || dirName("x") == dirName("y") {
		t.Error("two directories have one name")
	}
}

func TestMapOut(t *testing.T) {
	const inside = "         0       1000          1\n         1     100000      65536\n"
	for _, c := range []struct {
		text   string
		id, to int
	}{
		{inside, 0, 1000}, {inside, 1, 100000}, {inside, 65536, 165535}, {inside, 65537, -1},
		{"0 0 4294967295\n", 1000, 1000}, {"", 0, -1}, {"0 x 1\n", 0, -1},
	} {
		got, err := mapOut(c.text, c.id)
		if err != nil {
			got = -1
		}
		if got != c.to {
			t.Errorf("%d by %q: %d %v, want %d", c.id, c.text, got, err, c.to)
		}
	}
}

func TestSockets(t *testing.T) {
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "")
	a := account{uid: 1000, dir: "/run/user/1000"}
	if got := strings.Join(a.sockets(), " "); got != "unix:path=/run/user/1000/systemd/private unix:path=/run/user/1000/bus" {
		t.Error(got)
	}
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:abstract=/x")
	if got := a.sockets()[1]; got != "unix:abstract=/x" {
		t.Error(got)
	}
	if got := reachable([]string{"unix:path=/no/such", "unix:path=/etc/passwd", "unix:abstract=/x"}); len(got) != 1 || got[0] != "unix:abstract=/x" {
		t.Error(got)
	}
	if got := (account{dir: "/run"}).sockets()[0]; got != "unix:path=/run/systemd/private" {
		t.Error(got)
	}
}

func TestParents(t *testing.T) {
	for stat, want := range map[string]int{
		"12 (sh) S 7 12 12 0": 7, "12 (a) b (c) S 9 1": 9, "12 (sh": 0, "": 0, "1 (x) S y": 0,
	} {
		if got := parseParent(stat); got != want {
			t.Errorf("%q: %d, want %d", stat, got, want)
		}
	}
	parents := map[int]int{2: 1, 3: 2, 4: 3, 7: 8, 8: 7}
	for pid, want := range map[int]bool{4: true, 3: true, 2: false, 1: false, 7: false, 99: false} {
		if got := descends(parents, pid, 2); got != want {
			t.Errorf("%d below 2: %v", pid, got)
		}
	}
}

func TestProjectsOwn(t *testing.T) {
	for name, want := range map[string]string{
		"mocker-compose-demo.scope":          BySystemd,
		"mocker-compose-demo.12345678.scope": BySystemd,
		"mocker-compose-demo":                ByCurrent,
		"mocker-compose-demo2.scope":         "",
		"mocker-compose-demo-2":              "",
		"mocker-compose.scope":               "",
		"mocker-compose.holder":              "",
		"session-1.scope":                    "",
	} {
		if by, unit := projectsOwn(name, "demo"); by != want || (unit == name) != (by == BySystemd) {
			t.Errorf("%s: %q %q, want %q", name, by, unit, want)
		}
	}
}
