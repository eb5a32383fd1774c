package e2e

import (
	"strings"
	"testing"
)

// Each flag of plan is in what it says, and none of them does anything.
func TestPlanFlags(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause, depends_on: [b] }\n  b: { command: ./probe pause }\n  old: { command: ./probe lines 3 0s word; }\n")
	s.must("up", "-d")
	s.write("compose.yaml", "services:\n  a: { command: ./probe trap, depends_on: [b] }\n  b: { command: ./probe pause }\n")
	before := s.must("ps", "-aq")
	for line, want := range map[string]string{
		"plan --remove-orphans": "old", "plan --force-recreate": "b", "plan --always-recreate-deps a": "b", "plan --no-recreate": "", "plan --no-deps a": "a",
		"plan --no-start --no-build --pull never": "a", "plan --scale b=3": "3", "plan --uplink none --ports auto --yes": "",
	} {
		if out := s.must(strings.Fields(line)...); !strings.Contains(out, want) {
			t.Errorf("%s has no %q:\n%s", line, want, out)
		}
	}
	if after := s.must("ps", "-aq"); after != before {
		t.Errorf("plan has changed %q to %q", before, after)
	}
}

// The lines that match, and those that do not, are all there are.
func TestLogsMatch(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe lines 12 0s word, restart: 'no' }\n")
	s.must("up", "-d")
	s.eventually("all lines", func() bool { return s.logged("a", "word 11") })
	with, without := s.must("logs", "--no-log-prefix", "--grep", "word 1", "a"), s.must("logs", "--no-log-prefix", "--grep", "word 1", "--invert", "a")
	if strings.Count(with, "word 1") != 3 || strings.Contains(without, "word 1") || strings.Count(with+without, "word") != 12 {
		t.Errorf("with %q, without %q", with, without)
	}
}
