package e2e

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

// doctorCheck is one entry of `doctor --json`.
type doctorCheck struct {
	ID, State, Found, Cause, Lost, Note, Keep string

	CauseID  string `json:"cause_id"`
	Remedy   []string
	Blocking bool
}

// doctor runs it; its exit code is the number of what blocks.
func (s *scenario) doctor() map[string]doctorCheck {
	s.t.Helper()
	r := s.compose("doctor", "--json")
	var report struct {
		Blocking, Degraded int
		Checks             []doctorCheck
	}
	if err := json.Unmarshal([]byte(r.stdout), &report); err != nil {
		s.t.Fatalf("%v\n%s%s", err, r.stdout, r.stderr)
	}
	m := map[string]doctorCheck{}
	blocking, degraded := 0, 0
	for _, c := range report.Checks {
		m[c.ID] = c
		switch c.State {
		case "problem":
			blocking++
		case "degraded":
			degraded++
		case "ok", "absent", "untried":
		default:
			s.t.Errorf("check %+v", c)
		}
		if c.Found == "" || c.Blocking != (c.State == "problem") {
			s.t.Errorf("check %+v", c)
		}
		if (c.State == "problem" || c.State == "degraded") && (c.Cause == "" || c.Lost == "" || len(c.Remedy) == 0 && c.Note == "") {
			s.t.Errorf("%s is %s without cause, remedy or loss: %+v", c.ID, c.State, c)
		}
	}
	if r.code != blocking || report.Blocking != blocking || report.Degraded != degraded {
		s.t.Errorf("exit %d, says %d and %d, but %d block and %d are degraded", r.code, report.Blocking, report.Degraded, blocking, degraded)
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
			c, ok := checks["uplink-"+string(u)]
			if !ok {
				t.Errorf("doctor says nothing of the uplink %s", u)
			}
			r := s.compose("up", "-d", "--uplink", string(u))
			if can := r.code == 0; can != (c.State == "ok") {
				t.Errorf("uplink %s: doctor says %s (%s), up: exit %d %s", u, c.State, c.Found, r.code, r.stderr)
			}
		}
	}
	agree()
	w.run("host", "chmod", "600", "/dev/net/tun")
	agree()
	if c := s.doctor()["tun"]; c.State != "absent" || !slices.Equal(c.Remedy, []string{"sudo chmod 666 /dev/net/tun"}) {
		t.Errorf("of the device that may not be opened: %+v", c)
	}
	w.run("host", "rm", "/dev/net/tun")
	if c := s.doctor()["tun"]; c.State != "absent" || !strings.Contains(strings.Join(c.Remedy, ""), "modprobe tun") {
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
	for _, id := range []string{"userns", "ids", "namespaces", "bridge", "veth", "packet", "data", "run", "overlay"} {
		if c := checks[id]; c.State == "problem" || c.State == "untried" || c.State == "" {
			t.Errorf("%s, with which this test runs: %+v", id, c)
		}
	}
	if out := s.compose("doctor").stdout; !strings.Contains(out, "uplink relay") || !strings.Contains(out, "default") {
		t.Errorf("the default uplink is not told:\n%s", out)
	}
	s.fails(1, []string{"pretty or json"}, "doctor", "--format", "xml")
	s.env = append(s.env, "MOCKER_FORCE_NO_NFT=1")
	if c := s.doctor()["nft"]; c.State != "degraded" || c.CauseID != "nft-kernel" {
		t.Errorf("of a kernel without nf_tables: %+v", c)
	}
	s.write("compose.yaml", "services:\n  a: { command: ./probe pause }\n") // for the end
}
