package e2e

import (
	"strings"
	"testing"
)

// reach runs "probe reach" in a service's container and returns the results by
// target.
func (s *scenario) reach(service string, targets ...string) map[string]string {
	s.t.Helper()
	return reached(s.must(append([]string{"exec", "-T", service, "./probe", "reach"}, targets...)...))
}

// reached reads the output of "probe reach".
func reached(out string) map[string]string {
	results := map[string]string{}
	for line := range strings.Lines(out) {
		target, result, _ := strings.Cut(strings.TrimSpace(line), " ")
		results[target] = result
	}
	return results
}

// want checks results against prefixes of what is wanted.
func (s *scenario) want(what string, got, want map[string]string) {
	s.t.Helper()
	for target, prefix := range want {
		if r, ok := got[target]; !ok || !strings.HasPrefix(r, prefix) || prefix == "" && r != "" {
			s.t.Errorf("%s: %s: %q, want %q", what, target, r, prefix)
		}
	}
}

// Names of the outside are asked of the host's resolvers; internal networks ask
// nobody.
func TestNamesOfTheOutside(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	s := w.begin(t, `
services:
  a: { command: ./probe pause }
  shut: { command: ./probe pause, networks: [inner] }
networks: { inner: { internal: true } }
`)
	s.must("up", "-d")
	s.want("at first", s.reach("a", "dns4:echo.example", "dns:nothing.example", "dns4:who.example"), map[string]string{
		"dns4:echo.example": "203.0.113.10", "dns:nothing.example": "unknown", "dns4:who.example": "203.0.113.53",
	})
	s.want("inside", s.reach("shut", "dns:leak.wild.example"), map[string]string{"dns:leak.wild.example": "unknown"})
	if q := w.queries(); strings.Contains(q, "leak") || !strings.Contains(q, "nothing.example") {
		t.Errorf("the names asked for outside: %s", q)
	}
	w.resolvConf("nameserver 203.0.113.77\n")
	s.want("changed", s.reach("a", "dns4:who.example"), map[string]string{"dns4:who.example": "203.0.113.77"})
}
