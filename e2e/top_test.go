package e2e

import (
	"os"
	"os/user"
	"slices"
	"strings"
	"testing"
)

// processesOf are the lines of top without their heading: service, number, user and
// command of each.
func (s *scenario) processesOf(args ...string) (lines []string) {
	s.t.Helper()
	for n, line := range strings.Split(strings.TrimSpace(s.must(append([]string{"top"}, args...)...)), "\n") {
		if f := strings.Fields(line); n > 0 {
			lines = append(lines, strings.Join(append(f[:3:3], f[9:]...), " "))
		}
	}
	slices.Sort(lines)
	return lines
}

// top has a line for each process of each replica and of one-off containers, by the
// users that they are inside; what is stopped has none and is no error, paused
// processes are still there.
func TestTopOfMany(t *testing.T) {
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("a service runs as another user: without MOCKER_FORCE_SINGLE_ID")
	}
	s := begin(t, `services:
  many: { command: ./probe pause, scale: 2 }
  off:  { command: ./probe exit 0 }
  rest: { command: ./probe pause, user: "12345:12345" }
`)
	s.must("up", "-d")
	s.must("run", "-d", "--name", s.project+"-extra", "many", "./probe", "pause", "extra")
	s.must("pause", "rest")
	s.eventually("one has ended", func() bool { return s.ps()["off-1"].State == "exited" })
	root, err := user.LookupId("0")
	if err != nil {
		t.Fatal(err)
	}
	other := "12345"
	if u, err := user.LookupId(other); err == nil {
		other = u.Username
	}
	all := []string{"many 1 " + root.Username + " ./probe pause", "many 2 " + root.Username + " ./probe pause", "rest 1 " + other + " ./probe pause"}
	got := s.processesOf()
	extra := slices.IndexFunc(got, func(l string) bool { return strings.HasSuffix(l, "extra") })
	if extra < 0 || !strings.HasPrefix(got[extra], "many ") {
		t.Fatalf("no process of the one-off container: %q", got)
	}
	want := append(slices.Clone(all), "many "+strings.Fields(got[extra])[1]+" "+root.Username+" ./probe pause extra")
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for args, want := range map[string][]string{"rest": all[2:], "off": nil, "off rest": all[2:], s.project + "-extra": {got[extra]}} {
		if got := s.processesOf(strings.Fields(args)...); !slices.Equal(got, want) {
			t.Errorf("top %s: %q, want %q", args, got, want)
		}
	}
	s.fails(1, []string{"no such service: nobody"}, "top", "nobody")
}
