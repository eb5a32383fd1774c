package e2e

import (
	"strings"
	"testing"
)

// Nothing is taken from the lab yet: what the others of this name lack is there. Only
// User-mode Linux is built without what keeps networks apart.
func TestCrippledNot(t *testing.T) {
	m := theLab(t)
	for _, in := range []struct {
		name  string
		login login
	}{{"login", throughLogin}, {"no session", withoutSession}} {
		t.Run(in.name, func(t *testing.T) {
			m := m.in(t)
			m.login = in.login
			s := m.begin(served)
			checks := s.doctor()
			for name, c := range checks {
				if c.State == "untried" && name == "uplink-relay" && checks["nft"].CauseID == "nft-kernel" {
					continue // it needs that
				}
				if c.State != "absent" && c.State != "ok" && c.CauseID != "nft-kernel" {
					t.Errorf("%s: %+v", name, c)
				}
			}
			if r := s.compose("up", "-d"); r.code != 0 || strings.Contains(r.stderr, "copied") || strings.Contains(r.stderr, "ids exist") {
				t.Errorf("up: exit %d\n%s", r.code, r.stderr)
			}
		})
	}
}
