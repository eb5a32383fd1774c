package e2e

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// dryLine is a line of a dry run: kind, name and the first word of what would be done.
var dryLine = regexp.MustCompile(`^ DRY-RUN MODE -  (Container|Network|Volume|Image|Layer|Cache) (\S+)  ?(\S+)`)

// foreseen are the names of what a dry run says would be removed, and its total.
func (s *scenario) foreseen(args ...string) (names []string, total string) {
	s.t.Helper()
	r := s.compose(append([]string{"--dry-run"}, args...)...)
	if r.code != 0 {
		s.t.Fatalf("--dry-run %s: exit %d\n%s", strings.Join(args, " "), r.code, r.stderr)
	}
	for line := range strings.Lines(r.stderr) {
		m := dryLine.FindStringSubmatch(line)
		if m == nil {
			s.t.Errorf("--dry-run %s says %q", strings.Join(args, " "), line)
			continue
		}
		if m[3] != "Removing" {
			names = append(names, m[2])
		}
	}
	_, total, _ = strings.Cut(r.stdout, "Total reclaimable space: ")
	slices.Sort(names)
	return names, strings.TrimSpace(total)
}

// removed are the names of what a prune has removed, and its total.
func (s *scenario) removed(args ...string) (names []string, total string) {
	s.t.Helper()
	for line := range strings.Lines(s.must(append(args, "-f")...)) {
		line = strings.TrimSpace(line)
		if n, ok := strings.CutPrefix(line, "Total reclaimed space: "); ok {
			total = n
		} else if line != "" && !strings.HasPrefix(line, "Deleted ") {
			names = append(names, strings.TrimPrefix(strings.TrimPrefix(line, "untagged: "), "deleted: "))
		}
	}
	slices.Sort(names)
	return names, total
}

// What the dry run of a prune names, and how many bytes it promises, is what the prune
// then removes: beside a project that runs, of one that is stopped, of a build's cache.
func TestDryRunOfPrunes(t *testing.T) {
	s := begin(t, `
services:
  app: { build: ./app, command: [ busybox, sleep, '1000' ], stop_grace_period: 0s, volumes: [ /anonymous, 'data:/data' ] }
volumes: { data: }
`)
	s.withBusybox("app")
	s.write("app/Dockerfile", "FROM scratch\nCOPY busybox /bin/busybox\nRUN [\"/bin/busybox\", \"sh\", \"-c\", \"echo cached > /file\"]\n")
	s.must("up", "-d", "--build")
	s.must("exec", "-T", "app", "busybox", "dd", "if=/dev/zero", "of=/anonymous/x", "bs=1000", "count=3000")
	s.must("exec", "-T", "app", "busybox", "dd", "if=/dev/zero", "of=/written", "bs=1000", "count=2000")
	s.must("network", "create", s.project+"-alone")
	same := func(args ...string) {
		t.Helper()
		want, bytes := s.foreseen(args...)
		got, freed := s.removed(args...)
		if !slices.Equal(got, want) || bytes != freed {
			t.Errorf("%s: removed %s of\n  %s\nforeseen %s of\n  %s", strings.Join(args, " "), freed, strings.Join(got, "\n  "), bytes, strings.Join(want, "\n  "))
		}
	}
	if names, bytes := s.foreseen("system", "prune", "-a", "--volumes"); bytes == "" || slices.ContainsFunc(names, func(n string) bool { return strings.Contains(n, "app") }) {
		t.Errorf("beside what runs: %s of %q", bytes, names)
	}
	same("network", "prune")
	same("builder", "prune", "-a")
	s.must("stop")
	names, bytes := s.foreseen("system", "prune", "-a", "--volumes")
	if !slices.Contains(names, s.project+"-app-1") || !slices.Contains(names, s.project+"-app:latest") || bytes == "0B" {
		t.Errorf("of what is stopped: %s of %q", bytes, names)
	}
	same("system", "prune", "-a", "--volumes")
	same("volume", "prune", "-a")
	same("image", "prune", "-a")
}

// What --dry-run says of commands on images and containers, and that they fail as the
// commands would.
func TestDryRunOfImagesAndContainers(t *testing.T) {
	s := begin(t, "services:\n  a: { image: 'demo:1', command: 'sleep 1000', stop_grace_period: 0s }\n  off: { image: 'demo:1', command: 'sleep 1000', profiles: [p] }\n")
	demo := imagetest.Image{Names: []string{"demo:1"}, Layers: [][]imagetest.File{imagetest.Busybox(t)}}
	demo.WriteDockerArchive(t, s.dir+"/a.tar")
	says := func(line string, args ...string) {
		t.Helper()
		r := s.compose(append([]string{"--dry-run"}, args...)...)
		if r.code != 0 || !strings.Contains(strings.ReplaceAll(r.stderr, s.project, "P"), " DRY-RUN MODE -  "+line) {
			t.Errorf("%s: exit %d, %s", strings.Join(args, " "), r.code, r.stderr)
		}
	}
	fails := func(text string, args ...string) {
		t.Helper()
		s.fails(1, []string{text}, append([]string{"--dry-run"}, args...)...)
	}
	says("Archive a.tar  Loaded", "image", "load", "-i", "a.tar")
	fails("no such file", "image", "load", "-i", "none.tar")
	fails("o such image: ", "image", "rm", "demo:1")
	fails("o such image: ", "image", "tag", "demo:1", "x")
	s.must("image", "load", "-i", "a.tar")
	says("Archive a.tar  Imported as new:1", "image", "import", "a.tar", "new:1")
	says("Image demo:1  Tagged other:latest", "image", "tag", "demo:1", "other")
	fails("invalid reference", "image", "tag", "demo:1", "A B")
	says("Image demo:1  Saved to x.tar", "image", "save", "-o", "x.tar", "demo:1")
	fails("o such image: ", "image", "save", "-o", "x.tar", "demo:2")
	says("Image demo:1  Untagged", "image", "rm", "demo:1")
	says("Image q:1  Pulled", "image", "pull", "q:1")
	says("Image demo:1  Pushed", "image", "push", "demo:1")
	fails("o such image: ", "image", "push", "demo:2")
	fails("is not running", "exec", "a", "true")
	s.must("up", "-d")
	says("Container P-a-1  Executed rm -rf /", "exec", "a", "rm", "-rf", "/")
	fails("not running container #2", "exec", "--index", "2", "a", "true")
	fails("no such service", "exec", "nobody", "true")
	says("Container P-a-1  Attached", "attach", "a")
	says("Container P-a-1  Committed as new:2", "commit", "a", "new:2")
	fails("not a valid change", "commit", "-c", "NONSENSE x", "a")
	says("Container P-a-1  Exported to y.tar", "export", "-o", "y.tar", "a")
	fails("no such file", "export", "-o", "none/y.tar", "a")
	fails("uses it", "image", "rm", "demo:1")
	if list := s.must("image", "ls", "--format", "{{.Repository}}:{{.Tag}}"); list != "demo:1\n" || s.read("x.tar")+s.read("y.tar") != "" {
		t.Errorf("a dry run has done something: images %q", list)
	}
}
