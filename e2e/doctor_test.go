package e2e

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// doctorCheck is one entry of `doctor --format json`.
type doctorCheck struct {
	Name, State, Detail, Fix string
	Optional                 bool
}

func (s *scenario) doctor() map[string]doctorCheck {
	s.t.Helper()
	out := s.must("doctor", "--format", "json")
	var list []doctorCheck
	if err := json.Unmarshal([]byte(out), &list); err != nil {
		s.t.Fatalf("%v\n%s", err, out)
	}
	m := map[string]doctorCheck{}
	for _, c := range list {
		if m[c.Name] = c; c.State != "ok" && c.State != "degraded" && c.State != "missing" || c.Detail == "" {
			s.t.Errorf("check %+v", c)
		}
	}
	return m
}

// What doctor says of an uplink is what happens when it is asked for.
func TestDoctorKnowsUplinks(t *testing.T) {
	w := world(t)
	if w == nil {
		return
	}
	w.tun()
	s := w.begin(t, "services:\n  a: { command: ./probe pause }\n")
	agree := func() {
		t.Helper()
		checks := s.doctor()
		for _, u := range project.Uplinks() {
			c, ok := checks["uplink "+string(u)]
			if !ok {
				t.Errorf("doctor says nothing of the uplink %s", u)
			}
			r := s.compose("up", "-d", "--uplink", string(u))
			if can := r.code == 0; can != (c.State == "ok") {
				t.Errorf("uplink %s: doctor says %s (%s), up: exit %d %s", u, c.State, c.Detail, r.code, r.stderr)
			}
		}
	}
	agree()
	w.run("host", "chmod", "600", "/dev/net/tun")
	agree()
	if c := s.doctor()["/dev/net/tun"]; c.State != "missing" || !c.Optional || c.Fix != "sudo chmod 666 /dev/net/tun" {
		t.Errorf("of the device that may not be opened: %+v", c)
	}
	w.run("host", "rm", "/dev/net/tun")
	if c := s.doctor()["/dev/net/tun"]; c.State != "missing" || !strings.Contains(c.Fix, "modprobe tun") {
		t.Errorf("of the device that does not exist: %+v", c)
	}
}

// doctor looks at this machine, needs no file, and leaves nothing.
func TestDoctor(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	if err := os.Remove(s.dir + "/compose.yaml"); err != nil {
		t.Fatal(err)
	}
	checks := s.doctor()
	for _, name := range []string{
		"user namespaces", "net namespaces", "bridges", "pairs of interfaces (veth)", "nf_tables with tproxy", "packet sockets",
		"/dev/net/tun", "ids of containers", "ping to the outside", "published ports below 1024", "open files",
	} {
		if _, ok := checks[name]; !ok {
			t.Errorf("no check %q", name)
		}
	}
	if c := checks["user namespaces"]; c.State != "ok" {
		t.Errorf("user namespaces, with which this test runs: %+v", c)
	}
	if out := s.must("doctor"); !strings.Contains(out, "uplink relay") || !strings.Contains(out, "default") {
		t.Errorf("the default uplink is not told:\n%s", out)
	}
	s.fails(1, []string{"pretty or json"}, "doctor", "--format", "xml")
	s.env = append(s.env, "MOCKER_FORCE_NO_NFT=1")
	if c := s.doctor()["nf_tables with tproxy"]; c.State != "degraded" || !strings.Contains(c.Fix, "modprobe") {
		t.Errorf("of a kernel without nf_tables: %+v", c)
	}
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause }\n") // for the end
}
