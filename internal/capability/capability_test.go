package capability

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestApply(t *testing.T) {
	without := func(drop string) []string {
		return slices.DeleteFunc(slices.Clone(Default), func(c string) bool { return c == drop })
	}
	for _, c := range []struct {
		name      string
		add, drop []string
		want      []string
	}{
		{"defaults", nil, nil, Default},
		{"drop one", nil, []string{"chown"}, without("CAP_CHOWN")},
		{"drop all", nil, []string{"ALL"}, nil},
		{"add to nothing", []string{"net_admin"}, []string{"all"}, []string{"CAP_NET_ADMIN"}},
		{"an add wins over a drop by name", []string{"CHOWN"}, []string{"CAP_CHOWN"}, Default},
		{"an add wins beside drop all too", []string{"CHOWN"}, []string{"ALL", "CHOWN"}, []string{"CAP_CHOWN"}},
		{"add twice", []string{"CAP_KILL", "kill"}, nil, Default},
	} {
		got, err := Apply(c.add, c.drop)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v %v", c.name, got, err)
		}
	}
	if all, err := Apply([]string{"ALL"}, []string{"SYS_ADMIN"}); err != nil || len(all) != len(names)-1 {
		t.Errorf("all but one: %d %v", len(all), err)
	}
	for _, bad := range []string{"", "CAP_", "NET ADMIN", "CAP_CAP_CHOWN"} {
		if _, err := Apply([]string{bad}, nil); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

// TestCapNumbers ties the names to the kernel's numbers.
func TestCapNumbers(t *testing.T) {
	if len(names) != unix.CAP_LAST_CAP+1 {
		t.Errorf("%d names, the headers know %d", len(names), unix.CAP_LAST_CAP+1)
	}
	for name, n := range map[string]int{
		"CAP_CHOWN": unix.CAP_CHOWN, "CAP_SYS_ADMIN": unix.CAP_SYS_ADMIN, "CAP_NET_RAW": unix.CAP_NET_RAW,
		"CAP_SETFCAP": unix.CAP_SETFCAP, "CAP_SYSLOG": unix.CAP_SYSLOG, "CAP_CHECKPOINT_RESTORE": unix.CAP_CHECKPOINT_RESTORE,
	} {
		if names[n] != name {
			t.Errorf("number %d is %s, not %s", n, names[n], name)
		}
	}
	if m := Mask(Default); m != 0xa80425fb {
		t.Errorf("default set %#x, docker's is 0xa80425fb", m)
	}
}
