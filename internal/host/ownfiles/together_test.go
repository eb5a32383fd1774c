package ownfiles

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/project"
)

// party reads "NAME WISH[!] MOUNT..."; a mount is "PATH" or "@VOLUME", ":ro" behind it. "!"
// is one that has containers.
func party(text string, change ...func(*project.Service)) Party {
	f := strings.Fields(text)
	s := &project.Service{Name: f[0], Image: "i"}
	wish, fixed := strings.CutSuffix(f[1], "!")
	p := Party{Service: s, Fixed: fixed}
	if wish != "-" {
		p.Wish = exchange.IDs{UID: 1000, GID: 1000}
		s.User = "1000"
		if wish == "999" {
			p.Wish, s.User = exchange.IDs{UID: 999, GID: 998}, "999"
		}
	}
	for _, m := range f[2:] {
		source, ro := strings.CutSuffix(m, ":ro")
		mount := project.Mount{Type: project.MountBind, Source: source, ReadOnly: ro}
		if v, ok := strings.CutPrefix(source, "@"); ok {
			mount.Type, mount.Source = project.MountVolume, v
		}
		s.Mounts = append(s.Mounts, mount)
	}
	for _, c := range change {
		c(s)
	}
	return p
}

func command(words ...string) func(*project.Service) {
	return func(s *project.Service) { s.Command = words }
}
func user(name string) func(*project.Service) { return func(s *project.Service) { s.User = name } }
func asked(rule string) func(*project.Service) {
	return func(s *project.Service) { s.OwnFiles = rule }
}
func adds(c string) func(*project.Service) {
	return func(s *project.Service) { s.CapAdd = append(s.CapAdd, c) }
}
func after(name string) func(*project.Service) {
	return func(s *project.Service) {
		s.DependsOn = append(s.DependsOn, project.Dependency{Service: name, Condition: project.ConditionCompleted})
	}
}

func TestSettle(t *testing.T) {
	for _, c := range []struct {
		name    string
		parties []Party
		want    string // the names of those that have ids exchanged
		says    []string
	}{
		{"alone", []Party{party("a 1000 /d")}, "a", nil},
		{"the same user", []Party{party("a 1000 /d @v"), party("b 1000 /d @v")}, "a b", nil},
		{"two users of a bind", []Party{party("a 1000 /d"), party("b 999 /d")}, "a b", nil},
		{"root beside it", []Party{party("a 1000 /d"), party("backup - /d")}, "a", nil},
		{"nothing in common", []Party{party("a 1000 /d"), party("b - /data", user("7"))}, "a", nil},
		// One that prepares the files.
		{"gives them away", []Party{party("init - /d", command("sh", "-c", "chown -R 1000 /d")), party("a 1000 /d")}, "init a", nil},
		{"is waited for", []Party{party("init - /d"), party("a 1000 /d", after("init"))}, "init a", nil},
		{"a volume too", []Party{party("init - @v", command("chown", "1000", "/v")), party("a 1000 /d @v")}, "init a", nil},
		{"a part of it", []Party{party("init - /d/part", command("chown", "1000", "/v")), party("a 1000 /d")}, "init a", nil},
		{"writes elsewhere", []Party{party("init - /d /own", command("chown", "1000", "/d")), party("a 1000 /d")}, "a", nil},
		{"reads elsewhere", []Party{party("init - /d /own:ro", command("chown", "1000", "/d")), party("a 1000 /d")}, "init a", nil},
		{"for two users", []Party{party("init - /d /e", command("chown", "1000", "/d")), party("a 1000 /d"), party("b 999 /e")}, "a b", nil},
		{"will not", []Party{party("init - /d", command("chown", "1000", "/d"), asked("false")), party("a 1000 /d")}, "a", nil},
		{"has containers", []Party{party("init -! /d", command("chown", "1000", "/d")), party("a 1000 /d")}, "a", nil},
		// They cannot agree.
		{"the same user, with rights", []Party{party("a 1000 /d"), party("b - /d", user("1000"), adds("NET_ADMIN"))}, "",
			[]string{`service a: what it writes into your directories will not be yours: it shares /d with b, which has cap_add NET_ADMIN. To have both agree, write for both: x-mocker: {own_files: "1000"}`}},
		{"asked", []Party{party("a 1000 /d", asked("1000")), party("b - /d", user("1000"), asked("false"))}, "a",
			[]string{`service a: 1000, which has x-mocker.own_files, shares /d with b, which has x-mocker.own_files: false`}},
		{"asked of a volume", []Party{party("a 1000 @d", asked("1000")), party("b - @d", user("1000"), asked("false"))}, "a", nil},
		{"asked of one", []Party{party("a 1000 /d", asked("1000")), party("b - /d", user("1000"), adds("NET_ADMIN"))}, "a",
			[]string{`service a: 1000, which has x-mocker.own_files, shares /d with b, which has cap_add NET_ADMIN`}},
		{"has containers, too", []Party{party("a 1000! /d"), party("b - /d", user("1000"), asked("false"))}, "a", []string{"shares /d with b"}},
		{"a volume with root", []Party{party("a 1000 /d @v"), party("backup - @v")}, "", []string{"it shares volume v with backup, which has none"}},
		{"a volume with another", []Party{party("a 1000 /d @v"), party("b 999 /e @v")}, "", []string{"it shares volume v with b, which has x-mocker.own_files of 999", "it shares volume v with a, which has none"}},
		{"a volume, asked", []Party{party("a 1000 /d @v", asked("1000")), party("backup - @v:ro")}, "a", []string{"shares volume v with backup, which has none"}},
		{"both only read", []Party{party("a 1000 /d @v:ro"), party("backup - @v:ro")}, "a", nil},
		{"one after the other", []Party{party("a 1000 /d"), party("b 1000 /d /e"), party("c - /e", user("1000"), asked("false"))}, "",
			[]string{"service b: what it writes", "service a: what it writes"}},
		{"volumes_from", []Party{party("a 1000 /d"), party("b - /e", user("1000"), func(s *project.Service) { s.VolumesFrom = []project.VolumesFrom{{Service: "a"}} })}, "",
			[]string{"it shares /d with b, which has volumes_from"}},
		{"everything", []Party{party("a 1000 /d"), party("b - /", user("1000"), asked("false"))}, "", []string{"shares /d with b"}},
	} {
		ids, says := Settle(c.parties)
		var have []string
		for _, p := range c.parties {
			if !ids[p.Service.Name].None() {
				have = append(have, p.Service.Name)
			}
		}
		if got := strings.Join(have, " "); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		text := strings.Join(says, "\n")
		if len(says) != len(c.says) {
			t.Errorf("%s: says %q", c.name, says)
		}
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: says %q, want %q", c.name, says, want)
			}
		}
	}
}

// Whom nothing was agreed on with takes no risk.
func TestAgreement(t *testing.T) {
	var a Agreement
	p := party("a 1000 /d @v")
	other := party("b - @v")
	a.Note([]project.Service{*p.Service, *other.Service})
	if x := a.Of(p.Service, p.Wish); !x.None() {
		t.Errorf("a volume that another has: %v", x)
	}
	ids, _ := a.Reach([]Party{p, party("b 1000 @v")}, func(name string) bool { return name == "a" })
	if ids["a"] != p.Wish || a.Of(p.Service, exchange.IDs{}) != p.Wish {
		t.Errorf("what was agreed on: %v", ids)
	}
	if x := a.Of(other.Service, exchange.IDs{}); !x.None() {
		t.Errorf("one that is as it is: %v", x)
	}
}
