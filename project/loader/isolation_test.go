package loader_test

import (
	"slices"
	"strings"
	"testing"
)

func TestSecurityOptions(t *testing.T) {
	for _, c := range []struct {
		option string
		want   []string // what the sandbox gets
		notice bool
		fault  string
	}{
		{option: "no-new-privileges", want: []string{"no-new-privileges=true"}},
		{option: "no-new-privileges:true", want: []string{"no-new-privileges=true"}},
		{option: "no-new-privileges=false"},
		{option: "seccomp:unconfined", want: []string{"seccomp=unconfined"}},
		{option: "seccomp=builtin"},
		{option: "seccomp=./profile.json", fault: "no such file"},
		{option: "apparmor=unconfined"},
		{option: "apparmor=mine", notice: true},
		{option: "label:disable"},
		{option: "label:type:svirt_t", notice: true},
		{option: "unmask=ALL", notice: true},
		{option: "systempaths=unconfined", want: []string{"systempaths=unconfined"}},
		{option: "systempaths=on", fault: "unknown option"},
		{option: "no-new-privileges=perhaps", fault: "cannot be"},
		{option: "no-new-privilege", fault: "unknown option"},
	} {
		dir := tree(t, "compose.yaml", "services: {web: {command: x, security_opt: [\""+c.option+"\"]}}\n")
		l, err := load(t, dir)
		if c.fault != "" {
			if err == nil || !strings.Contains(err.Error(), c.fault) || !strings.HasPrefix(err.Error(), "compose.yaml:1: ") {
				t.Errorf("%s: %v", c.option, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.option, err)
			continue
		}
		if got := l.Project.Services[0].SecurityOpt; !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.option, got, c.want)
		}
		if (len(l.Project.Notices) > 0) != c.notice {
			t.Errorf("%s: notices %v", c.option, l.Project.Notices)
		}
	}
}
