package e2e

import (
	"cmp"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// cripple is one thing that a machine lacks, and what is to come of it: doctor names
// the cause, `up` says the same, and the remedy of doctor's own words brings it back.
type cripple struct {
	name  string
	take  string // as root: takes the thing away; $DATA and $RUN are our directories
	then  func(*scenario)
	cause string // the id of what doctor is to find
	// up is what `up` does meanwhile.
	up outcome
	// said are words of `up` in place of doctor's cause, where it can know less.
	said string
	// file is a compose file that needs what is missing; "" = one service that waits.
	file string
	args []string // of `up`, besides -d
	// rare: only with MOCKER_TEST_CRIPPLED=all, since others of the same kind are there.
	rare bool
	// boots: also try what is to keep the remedy over a restart of the machine.
	boots bool
	// in is how dev comes in; nil = by a login.
	in login
	// env are variables of dev's shell: KEY=VALUE, or KEY for none of that name. The
	// remedy may change them.
	env []string
}

// outcome is what a command makes of a missing thing.
type outcome int

const (
	refuses outcome = iota // it fails, with cause and remedy
	says                   // it works with less, and says cause and remedy
	works                  // it does not need the thing
)

const waits = "services:\n  a: { command: ./probe pause }\n"

// Every cause that doctor finds is the right one, is what `up` says too, and is gone
// after the remedy: each host of a list lacks one thing.
func (m *machine) cripples(list []cripple) {
	for _, c := range list {
		m.t.Run(c.name, func(t *testing.T) { m.in(t).cripple(c) })
	}
}

func (m *machine) cripple(c cripple) {
	t := m.t
	t.Helper()
	if c.rare && os.Getenv("MOCKER_TEST_CRIPPLED") != "all" {
		t.Skip("MOCKER_TEST_CRIPPLED=all tries it, too")
	}
	if c.in != nil {
		m.login = c.in
	}
	t.Cleanup(func() { m.root(noNowhere) }) // after the project's end
	s := m.begin(cmp.Or(c.file, waits))
	t.Cleanup(func() { m.root(heal) })
	m.takes(s, c)
	bad := s.diagnosis(c.cause)
	m.upSays(s, c, bad)
	m.follow(s, bad.Remedy)
	if good := s.doctor()[bad.ID]; good.State != "ok" && good.State != "absent" {
		t.Fatalf("after %q: %+v", bad.Remedy, good)
	}
	r := s.compose(append([]string{"up", "-d"}, c.args...)...)
	if r.code != 0 || strings.Contains(r.stderr, bad.Cause) {
		t.Errorf("up after %q: exit %d\n%s", bad.Remedy, r.code, r.stderr)
	}
	if c.boots {
		m.reboots(s, c, bad)
	}
}

// takes cripples the machine.
func (m *machine) takes(s *scenario, c cripple) {
	m.t.Helper()
	m.root("DATA=" + quote(s.dirs.Data) + " RUN=" + quote(s.dirs.Run) + "\n" + c.take)
	if c.then != nil {
		c.then(s)
	}
	for _, kv := range c.env {
		name, _, set := strings.Cut(kv, "=")
		s.unset(name)
		if set {
			s.env = append(s.env, kv)
		}
	}
}

// upSays compares what `up` does on the crippled machine with what doctor found. Where
// it fails, nothing is left of it.
func (m *machine) upSays(s *scenario, c cripple, bad doctorCheck) {
	t := m.t
	t.Helper()
	before := testns.Take(m.scope(s))
	r := s.compose(append([]string{"up", "-d"}, c.args...)...)
	if refused := r.code != 0; refused != (c.up == refuses) {
		t.Errorf("up: exit %d\n%s", r.code, r.stderr)
	}
	for _, want := range append([]string{cmp.Or(c.said, bad.Cause)}, bad.Remedy...) {
		if c.up != works && !strings.Contains(r.stderr, want) {
			t.Errorf("up does not say %q:\n%s", want, r.stderr)
		}
	}
	s.must("down", "-t", "0")
	testns.Clean(t, m.scope(s), before, 10*time.Second)
}

// reboots follows the advice that keeps a remedy over a restart of the machine: the
// thing is taken away again, and what a boot reads is read.
func (m *machine) reboots(s *scenario, c cripple, bad doctorCheck) {
	m.t.Helper()
	if bad.Keep == "" {
		m.t.Fatalf("nothing is advised that outlives a restart: %+v", bad)
	}
	m.follow(s, []string{bad.Keep})
	m.takes(s, c)
	m.root("/lib/systemd/systemd-sysctl && /lib/systemd/systemd-modules-load")
	if good := s.doctor()[bad.ID]; good.State != "ok" {
		m.t.Fatalf("after %q and a restart: %+v", bad.Keep, good)
	}
}
