package e2e

import "testing"

// Nothing is taken from the lab yet: what the others of this name lack is there.
func TestCrippledNot(t *testing.T) {
	m := theLab(t)
	for _, in := range []struct {
		name  string
		login login
	}{{"login", throughLogin}, {"no session", withoutSession}} {
		t.Run(in.name, func(t *testing.T) {
			m := m.in(t)
			m.login = in.login
			s := m.begin("services:\n  a: { command: ./probe pause }\n")
			for name, c := range s.doctor() {
				if c.State != "absent" && c.State != "ok" {
					t.Errorf("%s: %+v", name, c)
				}
			}
			s.must("up", "-d")
			s.must("down")
		})
	}
}
