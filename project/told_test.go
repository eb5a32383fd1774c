package project

import (
	"slices"
	"testing"
)

// What several services have in common is one line, with the names of a few.
func TestTold(t *testing.T) {
	notice := func(key, reason string) Notice { return Notice{Fate: Degraded, Key: key, Reason: reason} }
	for _, tt := range []struct {
		name string
		in   []Notice
		want []string
	}{
		{"nothing", nil, nil},
		{"honoured", []Notice{{Fate: Honoured, Key: "services.a.image"}}, nil},
		{"one", []Notice{notice("services.a.runtime", "r")}, []string{"services.a.runtime: r"}},
		{"twice the same", []Notice{notice("services.a.runtime", "r"), notice("services.a.runtime", "r")}, []string{"services.a.runtime: r"}},
		{"three", []Notice{notice("services.a.runtime", "r"), notice("services.b.runtime", "r"), notice("services.c.runtime", "r")},
			[]string{"services.a.runtime (as of b, c): r"}},
		{"many", []Notice{notice("services.a.runtime", "r"), notice("services.b.runtime", "r"), notice("services.c.runtime", "r"),
			notice("services.d.runtime", "r"), notice("services.e.runtime", "r"), notice("services.f.runtime", "r")},
			[]string{"services.a.runtime (as of b, c, d and 2 more): r"}},
		{"another reason is another line", []Notice{notice("services.a.runtime", "r"), notice("services.b.runtime", "s"), notice("services.c.runtime", "r")},
			[]string{"services.a.runtime (as of c): r", "services.b.runtime: s"}},
		{"another key is another line", []Notice{notice("services.a.runtime", "r"), notice("services.a.platform", "r")},
			[]string{"services.a.runtime: r", "services.a.platform: r"}},
		{"a network is no service", []Notice{notice("services.a.driver", "r"), notice("networks.b.driver", "r"), notice("networks.c.driver", "r")},
			[]string{"services.a.driver: r", "networks.b.driver (as of c): r"}},
		{"names with dots", []Notice{notice("services.peer0.org1.test.deploy.labels", "r"), notice("services.peer1.org1.test.deploy.labels", "r")},
			[]string{"services.peer0.org1.test.deploy.labels (as of peer1.org1.test): r"}},
		{"not of one name", []Notice{notice("jobs", "r"), notice("version", "s")}, []string{"jobs: r", "version: s"}},
	} {
		if got := Told(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("%s:\n got %q\nwant %q", tt.name, got, tt.want)
		}
	}
}
