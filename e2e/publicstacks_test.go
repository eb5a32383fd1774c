package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// publicStack is a project as many public ones are: how it is used once it is up, and
// what must be there again after down and up.
type publicStack struct {
	name string
	use  func(s *scenario)
	kept func(s *scenario)
}

// publicStacks differ in what they are made of and in how their files are written: by the
// short forms and the long ones, with anchors, env files, overrides, profiles, templates
// of variables, version lines.
var publicStacks = []publicStack{
	{"wordpress", useWordpress, keptWordpress},
	{"django", useDjango, keptDjango},
	{"vote", useVote, keptVote},
	{"monitoring", useMonitoring, keptMonitoring},
	{"iot", useBroker, keptBroker},
	{"balancer", useBalancer, keptBalancer},
	{"directory", useDirectory, keptDirectory},
	{"queue", useQueue, keptQueue},
	{"names", useNames, keptNames},
}

// TestPublicStacks: whole projects in the manner of public ones, of real servers, run from
// their files alone, as a plain user: a request through the published port is answered, and
// what was stored is there after down and up.
func TestPublicStacks(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("the servers need ids of their own")
	}
	s := begin(t, "services: {}\n")
	s.publicImagesAndStack()
	for _, stack := range publicStacks {
		t.Run(stack.name, func(t *testing.T) { s.in(t).runStack(stack) })
	}
}

// runStack takes one project from its first up to down -v.
func (s *scenario) runStack(stack publicStack) {
	s.t.Helper()
	s.dir = filepath.Join(s.dir, stack.name)
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(built.dir, "testdata/TestPublicStacks", stack.name))); err != nil {
		s.t.Fatal(err)
	}
	defer func() {
		if s.t.Failed() {
			r := s.compose("logs", "--no-color", "--tail", "20")
			s.t.Logf("last log lines:\n%s%s", r.stdout, r.stderr)
			s.compose("down", "-v", "-t", "0", "--rmi", "local")
		}
	}()
	s.must("up", "-d", "--wait", "--build")
	stack.use(s)
	s.must("down")
	if left := s.ps(); len(left) > 0 {
		s.t.Errorf("after down: %v", left)
	}
	s.must("up", "-d", "--wait")
	stack.kept(s)
	if r := s.compose("logs", "--no-color", "--tail", "1"); r.code != 0 || r.stdout+r.stderr == "" {
		s.t.Errorf("logs: exit %d, %q", r.code, r.stderr)
	}
	if again := s.must("up", "-d", "--dry-run"); strings.Contains(again, "Recreate") {
		s.t.Errorf("a further up is not without work: %s", again)
	}
	s.must("down", "-v", "--rmi", "local")
	for _, what := range []string{"volume", "network"} {
		if got := s.must(what, "ls", "-q"); strings.Contains(got, s.project) {
			s.t.Errorf("a %s is left: %s", what, got)
		}
	}
}

// output of a command in a service, without the spaces around it.
func (s *scenario) output(service string, command ...string) string {
	s.t.Helper()
	return strings.TrimSpace(s.must(append([]string{"exec", "-T", service}, command...)...))
}

// servicePort is the published port of a service's first container.
func (s *scenario) servicePort(service, port string) int {
	s.t.Helper()
	var n int
	out := s.must("port", service, port)
	if _, err := fmt.Sscanf(out[strings.LastIndexByte(out, ':')+1:], "%d", &n); err != nil {
		s.t.Fatalf("%s is published at %q: %v", service, out, err)
	}
	return n
}
