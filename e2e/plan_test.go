package e2e

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// planned is a line of `plan --format json`.
type planned struct {
	Kind, Name, Service, Action, Cause string
	Changes                            []struct{ Key, Text, Needs string }
}

// plan is what plan says, a line for each thing that is not kept: "demo-web-1 recreate
// image: a -> b".
func (s *scenario) plan(args ...string) []string {
	s.t.Helper()
	var out struct{ Plan []planned }
	text := s.must(append([]string{"plan", "--format", "json"}, args...)...)
	if err := json.Unmarshal([]byte(text), &out); err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
	var lines []string
	for _, p := range out.Plan {
		if p.Action != "keep" {
			lines = append(lines, strings.ReplaceAll(fmt.Sprintf("%s %s %s: %s", p.Kind, p.Name, p.Action, p.Cause), s.project, "P"))
		}
	}
	return lines
}

func (s *scenario) wantPlan(want ...string) {
	s.t.Helper()
	if got := s.plan(); !slices.Equal(got, want) {
		s.t.Errorf("the plan is\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// remains is every file of the user's directories with what a change of it would show,
// and every process of the scenario.
func (s *scenario) remains() string {
	s.t.Helper()
	var b strings.Builder
	for _, dir := range []string{s.dirs.Run, s.dirs.Data, s.dir} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return nil // what another user of a container owns
			}
			info, err := d.Info()
			if err == nil {
				fmt.Fprintln(&b, path, info.Mode(), info.Size(), info.ModTime())
			}
			return nil
		})
		if err != nil {
			s.t.Fatal(err)
		}
	}
	there := testns.Take(testns.NewScope("MOCKER_E2E_COOKIE="+s.project, s.dirs.Run, s.dirs.Data))
	for _, name := range slices.Sorted(maps.Keys(there)) { // their descriptions have states
		fmt.Fprintln(&b, name)
	}
	return b.String()
}

// remainsAs waits until all is as it was: the supervisor may see later than we that a
// client has gone.
func (s *scenario) remainsAs(before, what string) {
	s.t.Helper()
	for end := time.Now().Add(patience / 4); ; time.Sleep(50 * time.Millisecond) {
		after := s.remains()
		if after == before {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("%s changed something:\n%s", what, differing(before, after))
		}
	}
}

// differing are the lines that two texts do not share.
func differing(a, b string) string {
	var out strings.Builder
	for line := range strings.Lines(a) {
		if !strings.Contains(b, line) {
			out.WriteString("- " + line)
		}
	}
	for line := range strings.Lines(b) {
		if !strings.Contains(a, line) {
			out.WriteString("+ " + line)
		}
	}
	return out.String()
}

const planFile = `
services:
  web:
    command: ./probe pause
    depends_on: [db]
    labels: { tier: front }
  db:
    command: ./probe pause
    volumes: [ 'data:/mnt' ]
volumes: { data: }
`

// The dry run of every command that changes something, and plan, change nothing: no
// file, no process; before there is a project, and while one runs.
func TestDryRunChangesNothing(t *testing.T) {
	s := begin(t, planFile)
	commands := []string{
		"up", "up -d --build --force-recreate -V", "create", "start", "stop", "restart", "kill", "pause", "unpause", "rm -fs", "down -v --remove-orphans --rmi all",
		"run --rm web true", "scale web=3", "pull", "build", "push", "cp compose.yaml web:/mnt", "volume create x", "volume rm x", "volume prune -a", "network create x", "network prune",
		"exec web true", "attach web", "commit web x:1", "export -o x.tar web", "system prune -af --volumes", "builder prune -af", "logout example.org",
		"image rm x", "image prune -af", "image tag x y", "image save -o x.tar x", "image load -i none", "image import none", "image pull x", "image push x",
	}
	check := func(when string) {
		t.Helper()
		before := s.remains()
		for _, c := range commands {
			s.compose(append([]string{"--dry-run"}, strings.Fields(c)...)...)
			s.remainsAs(before, when+": --dry-run "+c)
		}
		s.must("plan")
		s.must("up", "--dry-run")
		s.remainsAs(before, when+": plan")
	}
	check("before there is a project")
	s.must("up", "-d")
	s.eventually("nothing is written any more", func() bool {
		before := s.remains()
		time.Sleep(300 * time.Millisecond)
		return before == s.remains()
	})
	check("while it runs")
	s.must("stop")
	s.must("start", "web")
}

// What a dry run says is what the command does, in the same words.
func TestDryRunSaysWhatIsDone(t *testing.T) {
	s := begin(t, planFile)
	for _, c := range []string{"up -d", "stop web", "up -d", "restart db", "pause web", "unpause web", "up -d --force-recreate --no-deps db", "up -d --scale web=3", "up -d --scale web=1", "kill web", "rm -f web", "create", "down -v"} {
		args := strings.Fields(c)
		said := s.compose(append([]string{"--dry-run"}, args...)...)
		done := s.compose(args...)
		if said.code != 0 || done.code != 0 {
			t.Fatalf("%s: exits %d and %d\n%s%s", c, said.code, done.code, said.stderr, done.stderr)
		}
		if got, want := lineSet(strings.ReplaceAll(said.stderr, " DRY-RUN MODE - ", "")), lineSet(done.stderr); !slices.Equal(got, want) {
			t.Errorf("--dry-run %s says\n%s\nand it does\n%s", c, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for line := range strings.Lines(said.stderr) {
			if !strings.HasPrefix(line, " DRY-RUN MODE - ") {
				t.Errorf("--dry-run %s says %q", c, line)
			}
		}
	}
}

func lineSet(text string) []string {
	list := strings.Split(strings.TrimSpace(text), "\n")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Commands that cannot be told without being done refuse a dry run, in words.
func TestDryRunIsRefused(t *testing.T) {
	s := begin(t, planFile)
	s.must("up", "-d")
	for _, c := range []string{"unshare true", "login example.org", "doctor"} {
		s.fails(1, []string{"--dry-run", strings.Fields(c)[0]}, append([]string{"--dry-run"}, strings.Fields(c)...)...)
	}
	for _, c := range []string{"ps", "ls", "config -q", "version"} {
		s.must(append([]string{"--dry-run"}, strings.Fields(c)...)...)
	}
}

// Each kind of difference, once: the plan names it, up does it and no more, and then
// nothing is left to do.
func TestPlanOfEachKind(t *testing.T) {
	s := begin(t, `
services:
  add:    { command: ./probe pause }
  label:  { command: ./probe pause label, labels: { a: '1' } }
  port:   { command: ./probe pause port }
  env:    { command: ./probe pause, environment: { LOG: info, DB_PASSWORD: old } }
  conf:   { command: ./probe pause, configs: [ c ] }
  same:   { command: ./probe pause same }
  gone:   { command: ./probe pause }
configs: { c: { content: one } }
`)
	s.wantPlan("network P_default create: does not exist", "container P-add-1 create: does not exist", "container P-conf-1 create: does not exist",
		"container P-env-1 create: does not exist", "container P-gone-1 create: does not exist", "container P-label-1 create: does not exist",
		"container P-port-1 create: does not exist", "container P-same-1 create: does not exist")
	s.must("up", "-d")
	s.wantPlan()
	if text := s.must("plan"); !strings.Contains(text, "Nothing to do") {
		t.Errorf("%s", text)
	}
	s.must("plan", "--detailed-exitcode")
	ids := s.containerIDs()
	pids := map[string][]int{}
	for _, name := range []string{"label", "same", "port"} {
		pids[name] = s.pidsOf("pause", name)
	}
	s.write("compose.yaml", `
services:
  add:    { command: ./probe pause, scale: 2 }
  label:  { command: ./probe pause label, labels: { a: '2' }, stop_grace_period: 1s }
  port:   { command: ./probe pause port, ports: [ '127.0.0.1::80' ] }
  env:    { command: ./probe pause, environment: { LOG: debug, DB_PASSWORD: new } }
  conf:   { command: ./probe pause, configs: [ c ] }
  same:   { command: ./probe pause same, attach: false }
configs: { c: { content: two } }
`)
	s.wantPlan("container P-add-2 create: does not exist", "container P-conf-1 recreate: configs.c: content changed",
		"container P-env-1 recreate: environment.DB_PASSWORD: changed; environment.LOG: info -> debug",
		"container P-label-1 update in place: labels.a: 1 -> 2; stop_grace_period: (none) -> 1s",
		"container P-port-1 restart: ports.127.0.0.1::80/tcp: added")
	if r := s.compose("plan", "--detailed-exitcode", "same"); r.code != 0 {
		t.Errorf("of a service that is kept: exit %d", r.code)
	}
	s.fails(2, nil, "plan", "--detailed-exitcode")
	s.must("up", "-d")
	s.wantPlan()
	after := s.containerIDs()
	for _, name := range []string{"label", "port", "same", "gone"} {
		if key := s.project + "-" + name + "-1"; ids[key] == "" || ids[key] != after[key] {
			t.Errorf("%s: another container", name)
		}
	}
	for _, name := range []string{"env", "conf"} {
		if key := s.project + "-" + name + "-1"; ids[key] == after[key] {
			t.Errorf("%s: the same container", name)
		}
	}
	if !slices.Equal(s.pidsOf("pause", "label"), pids["label"]) || !slices.Equal(s.pidsOf("pause", "same"), pids["same"]) || slices.Equal(s.pidsOf("pause", "port"), pids["port"]) {
		t.Errorf("processes: %v, now label %v same %v port %v", pids, s.pidsOf("pause", "label"), s.pidsOf("pause", "same"), s.pidsOf("pause", "port"))
	}
	if out := s.must("ps", "--format", "json", "label"); !strings.Contains(out, "a=2") {
		t.Errorf("ps has not the new label: %s", out)
	}
	seen, stop := s.follow()
	s.must("up", "-d", "--remove-orphans")
	s.eventually("the orphan's end", func() bool { return strings.Contains(actionsOf(seen()), "destroy") })
	s.must("up", "-d")
	for _, e := range seen() {
		if e.Service != "gone" && e.Type != "network" {
			t.Errorf("the second up: event %s of %s", e.Action, e.Service)
		}
	}
	stop()
}

// containerIDs are the ids of all containers, by name.
func (s *scenario) containerIDs() map[string]string {
	s.t.Helper()
	ids := map[string]string{}
	for line := range strings.Lines(s.must("ps", "-a", "--format", "json")) {
		var c struct{ ID, Name string }
		if err := json.Unmarshal([]byte(line), &c); err == nil {
			ids[c.Name] = c.ID
		}
	}
	return ids
}

// A volume that the file has changed is asked about; what is in it is lost by an answer
// only: not by a no, not without a terminal.
func TestChangedVolumeIsAskedAbout(t *testing.T) {
	const file = `
services:
  a: { command: ./probe pause, volumes: [ 'data:/mnt' ] }
volumes: { data: %s }
`
	s := begin(t, fmt.Sprintf(file, "{}"))
	s.must("up", "-d")
	s.must("exec", "-T", "a", "./probe", "write", "/mnt/mine", "precious")
	s.write("compose.yaml", fmt.Sprintf(file, "{ driver_opts: { type: tmpfs, device: tmpfs, o: size=1m } }"))
	has := func() bool { return s.compose("exec", "-T", "a", "sh", "-c", "test -e /mnt/mine").code == 0 }

	s.wantPlan()
	if text := s.must("plan"); !strings.Contains(text, "driver_opts.o: (none) -> size=1m") {
		t.Errorf("plan does not name the volume:\n%s", text)
	}
	r := s.compose("up", "-d")
	if r.code != 0 || !strings.Contains(r.stderr, "driver_opts") || !strings.Contains(r.stderr, "--yes") || !has() {
		t.Errorf("without a terminal: exit %d, %s", r.code, r.stderr)
	}
	if text := s.upAnswered("n\n"); !strings.Contains(text, "data will be lost") || !has() {
		t.Errorf("after a no: %s", text)
	}
	if got := s.plan("--yes"); len(got) != 2 || !strings.Contains(got[0], "volume P_data recreate") {
		t.Errorf("plan --yes: %q", got)
	}
	id := s.containerIDs()[s.project+"-a-1"]
	if text := s.upAnswered("y\n"); has() || id == s.containerIDs()[s.project+"-a-1"] {
		t.Errorf("after a yes it is as it was: %s", text)
	}
	s.must("up", "-d", "--yes")
	s.wantPlan()
}

// upAnswered is `up -d` on a terminal, with an answer to its question.
func (s *scenario) upAnswered(answer string) string {
	s.t.Helper()
	master, slave := openPTY(s.t)
	defer master.Close()
	cmd := s.command(s.t.Context(), "--progress", "plain", "up", "-d")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	slave.Close()
	screen := watch(master)
	s.eventually("the question", func() bool { return strings.Contains(string(screen.bytes()), "[y/N]") })
	if _, err := master.WriteString(answer); err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		s.t.Errorf("up: %v\n%s", err, screen.bytes())
	}
	return string(screen.bytes())
}

// Another label of a volume or network changes it in place; both carry the fingerprint.
func TestLabelsOfVolumesAndNetworks(t *testing.T) {
	const file = `
services:
  a: { command: ./probe pause a, volumes: [ 'data:/mnt' ] }
networks: { default: { labels: { tier: %[1]s } } }
volumes: { data: { labels: { tier: %[1]s } } }
`
	s := begin(t, fmt.Sprintf(file, "one"))
	s.must("up", "-d")
	pids := s.pidsOf("pause", "a")
	s.write("compose.yaml", fmt.Sprintf(file, "two"))
	s.must("up", "-d")
	for _, what := range []string{"volume inspect " + s.project + "_data", "network inspect " + s.project + "_default"} {
		if out := s.must(strings.Fields(what)...); !strings.Contains(out, `"tier": "two"`) || !strings.Contains(out, `"com.docker.compose.config-hash": "`) {
			t.Errorf("%s: %s", what, out)
		}
	}
	if !slices.Equal(pids, s.pidsOf("pause", "a")) {
		t.Error("a label has cost a restart")
	}
}

// What a build would come to counts: where every step is in the cache, the image is
// known without a build, and nothing is to be done; where a file of the context changed,
// the plan says that it would be built.
func TestPlanKnowsTheCacheOfBuilds(t *testing.T) {
	s := begin(t, "services:\n  app: { build: ./app, command: [ busybox, sleep, '1000' ], stop_grace_period: 0s }\n")
	s.withBusybox("app")
	s.write("app/Dockerfile", "FROM scratch\nCOPY busybox /bin/busybox\nCOPY version /version\n")
	s.write("app/version", "one")
	if got := s.plan(); len(got) == 0 || !strings.Contains(got[0], "build: of service app") {
		t.Errorf("before the first build: %q", got)
	}
	s.must("up", "-d", "--build")
	if got := s.plan("--build"); len(got) > 0 {
		t.Errorf("nothing changed: %q", got)
	}
	if text := s.must("plan", "--build"); !strings.Contains(text, "it comes from the cache") {
		t.Errorf("%s", text)
	}
	s.write("app/version", "two")
	if got := s.plan("--build"); len(got) != 1 || !strings.Contains(got[0], "build: of service app") {
		t.Errorf("a file changed: %q", got)
	}
	if text := s.must("plan", "--build"); !strings.Contains(text, "recreate, if its image is another one") {
		t.Errorf("%s", text)
	}
	if got := s.plan(); len(got) > 0 {
		t.Errorf("without --build: %q", got)
	}
	s.must("up", "-d", "--build")
	s.wantPlan()
}
