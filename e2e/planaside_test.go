package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Steps of pre_start are in the plan, those for all containers once, those for each for
// each; and what is planned is what runs: the first time, for one more replica, and not
// at all where nothing is made.
func TestPlanShowsSteps(t *testing.T) {
	const file = `
services:
  web:
    command: ./probe pause VERSION
    scale: SCALE
    volumes: [ '.:/src' ]
    pre_start:
      - { command: sh -c 'echo once >> /src/ran' }
      - { command: sh -c 'echo each >> /src/ran', per_replica: true }
`
	as := func(version, scale string) string {
		return strings.NewReplacer("VERSION", version, "SCALE", scale).Replace(file)
	}
	s := begin(t, as("1", "2"))
	s.write("ran", "")
	steps := func() (list []string) {
		for _, line := range s.plan() {
			if rest, ok := strings.CutPrefix(line, "step P-web-pre_start-"); ok {
				list = append(list, rest)
			}
		}
		return list
	}
	bring := func(when string, want ...string) {
		t.Helper()
		if got := steps(); !slices.Equal(got, want) {
			t.Errorf("%s: the plan has %q", when, got)
		}
		said := s.compose("--dry-run", "up", "-d")
		if s.read("ran") != "" {
			t.Fatalf("%s: a plan has run a step: %s", when, s.read("ran"))
		}
		done := s.compose("up", "-d")
		if got, want := lineSet(strings.ReplaceAll(said.stderr, " DRY-RUN MODE - ", "")), lineSet(done.stderr); done.code != 0 || !slices.Equal(got, want) {
			t.Errorf("%s: --dry-run says\n%s\nand it does (exit %d)\n%s", when, strings.Join(got, "\n"), done.code, strings.Join(want, "\n"))
		}
		if ran := strings.Fields(s.read("ran")); len(ran) != len(want) {
			t.Errorf("%s: %q ran", when, ran)
		}
		s.write("ran", "")
	}
	const once, first, second = "0 run: pre_start[0]: once, before web starts", "1.1 run: pre_start[1]: before P-web-1 starts", "1.2 run: pre_start[1]: before P-web-2 starts"
	bring("the first up", once, first, second)
	bring("a second one")
	s.write("compose.yaml", "# the steps stand elsewhere\n"+as("1", "3"))
	bring("one more replica", "1.3 run: pre_start[1]: before P-web-3 starts")
	s.write("compose.yaml", as("2", "2"))
	bring("a change", once, first, second)
}

// The groups of a rolling update are in the plan, in their order, with who takes whose
// place; and the names are those that are there afterwards.
func TestPlanShowsGroups(t *testing.T) {
	s := begin(t, rolling("1", "parallelism: 1, order: start-first"))
	s.must("up", "-d")
	s.write("compose.yaml", rolling("2", "parallelism: 1, order: start-first"))
	var out struct {
		Plan []struct {
			Kind, Name, Action string
			Update             struct {
				Group, Groups, Parallelism int
				Order, Successor           string
			}
		}
	}
	if err := json.Unmarshal([]byte(s.must("plan", "--format", "json")), &out); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range out.Plan {
		if r.Kind == "container" {
			got = append(got, strings.ReplaceAll(fmt.Sprint(r.Name, " ", r.Action, " ", r.Update), s.project, "P"))
		}
	}
	if want := []string{"P-web-1 recreate {1 2 1 start-first P-web-3}", "P-web-2 recreate {2 2 1 start-first P-web-4}"}; !slices.Equal(got, want) {
		t.Errorf("the plan: %q", got)
	}
	if text := s.must("plan"); !strings.Contains(text, "group 2 of 2, 1 at a time, start-first by "+s.project+"-web-4") {
		t.Errorf("%s", text)
	}
	said := s.compose("--dry-run", "up", "-d").stderr
	if !strings.Contains(said, "-web-3  Created group 1 of 2, start-first") {
		t.Errorf("--dry-run: %s", said)
	}
	s.must("up", "-d")
	if ps := s.ps(); len(ps) != 2 || ps["web-3"].State != "running" || ps["web-4"].State != "running" {
		t.Errorf("ps: %+v", ps)
	}
	s.wantPlan()
}

// With -V the plan names the anonymous volumes that containers which are made anew will
// not have any more, and only those; up -V then does that.
func TestPlanShowsNewVolumes(t *testing.T) {
	const file = "services:\n  web: { command: ./probe pause %s, volumes: [ /mnt, 'data:/srv' ] }\n  kept: { command: ./probe pause, volumes: [ /mnt ] }\nvolumes: { data: }\n"
	s := begin(t, fmt.Sprintf(file, "1"))
	s.must("up", "-d")
	for _, name := range []string{"web", "kept"} {
		s.must("exec", "-T", name, "./probe", "write", "/mnt/mine", "precious")
	}
	has := func(name string) bool {
		return s.compose("exec", "-T", name, "sh", "-c", "test -e /mnt/mine").code == 0
	}
	if text := s.must("plan", "-V"); strings.Contains(text, "volumes./") {
		t.Errorf("nothing is made anew:\n%s", text)
	}
	s.write("compose.yaml", fmt.Sprintf(file, "2"))
	if text := s.must("plan"); strings.Contains(text, "volumes./") {
		t.Errorf("without -V:\n%s", text)
	}
	s.must("up", "-d")
	if !has("web") {
		t.Fatal("without -V: the volume is another one")
	}
	s.write("compose.yaml", fmt.Sprintf(file, "3"))
	text := s.must("plan", "-V")
	if strings.Count(text, "volumes./") != 1 || !strings.Contains(text, "volumes./mnt: a new one (-V)") {
		t.Errorf("with -V:\n%s", text)
	}
	if said := s.compose("--dry-run", "up", "-d", "-V").stderr; !strings.Contains(said, "-web-1  Recreated new volumes: /mnt") {
		t.Errorf("--dry-run: %s", said)
	}
	if s.must("up", "-d", "-V"); has("web") || !has("kept") {
		t.Errorf("after up -V: web has it: %v, kept has it: %v", has("web"), has("kept"))
	}
}

// What would keep an up from its work is in the plan, each with what mends it, and the
// same ends a dry run: images that are not there, builds without a directory or a file. A
// record that cannot be read is told of and left where it is.
func TestPlanOfWhatIsBroken(t *testing.T) {
	s := begin(t, `
services:
  img: { image: 'nothere.invalid/x:1', pull_policy: never, command: x }
  dir: { build: ./nodir }
  file: { build: { context: ., dockerfile: none } }
  fine: { command: ./probe pause, profiles: [ p ] }
`)
	s.must("image", "prune", "-f") // there is a store
	text := s.must("plan")
	for _, want := range []string{
		"missing  up fails: no such image: nothere.invalid/x:1", "build context " + s.dir + "/nodir: there is no such directory", "(make the directory",
		"failed to read dockerfile: open " + s.dir + "/none", "Plan: 3 to be found, 4 to create",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the plan has no %q:\n%s", want, text)
		}
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "Pull it:") || strings.HasPrefix(line, "target ") {
			t.Errorf("a line stands outside of its column: %q", line)
		}
	}
	s.fails(1, []string{"nodir", "dockerfile", "nothere.invalid/x:1"}, "--dry-run", "up", "-d")

	s.must("up", "-d", "fine")
	s.must("down")
	file := s.dirs.StateFile(s.project)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("no record"), 0o644); err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(filepath.Dir(file))
	for range 2 {
		r := s.compose("plan", "fine")
		if r.code != 0 || !strings.Contains(r.stderr, "record cannot be read") || !strings.Contains(r.stdout, "create") {
			t.Errorf("of a record that cannot be read: exit %d, %s%s", r.code, r.stdout, r.stderr)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "no record" {
		t.Errorf("plan has changed the record: %q, %v", b, err)
	}
}
