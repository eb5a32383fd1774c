package e2e

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// TestSystem: what is there is counted; a prune takes what nothing uses, and
// nothing else.
func TestSystem(t *testing.T) {
	s := begin(t, "services:\n  a:\n    image: demo:1\n    command: sleep 1000\n    volumes: [/anonymous]\n")
	img := imagetest.Image{Names: []string{"demo:1"}, Layers: [][]imagetest.File{imagetest.Busybox(t)}}
	img.WriteDockerArchive(t, filepath.Join(s.dir, "a.tar"))
	small := smallImage("unused:1")
	small.WriteDockerArchive(t, filepath.Join(s.dir, "b.tar"))
	s.must("image", "load", "-i", "a.tar")
	s.must("image", "load", "-i", "b.tar")
	s.must("up", "-d")
	s.must("exec", "-T", "a", "dd", "if=/dev/zero", "of=/written", "bs=1000", "count=2000")
	if got := s.df(); got != "Images 2 1 | Containers 1 1 2MB 0B (0%) | Local Volumes 1 1 0B 0B | Build Cache 0 0 0B 0B" {
		t.Errorf("running: %s", got)
	}
	if out := s.must("system", "df", "-v"); !strings.Contains(out, "Images space usage:") || !strings.Contains(out, "unused") || !strings.Contains(out, "Build cache usage: 0B") {
		t.Errorf("df -v:\n%s", out)
	}
	r := s.composeWith("n\n", "system", "prune", "-a", "--volumes")
	for _, line := range []string{"WARNING! This will remove:", "all stopped containers", "all anonymous volumes", "all images without", "continue? [y/N]"} {
		if !strings.Contains(r.stdout, line) {
			t.Errorf("the warning has no %q:\n%s", line, r.stdout)
		}
	}
	out := s.must("system", "prune", "-af", "--volumes")
	if !strings.Contains(out, "untagged: unused:1") || strings.Contains(out, "demo:1") || strings.Contains(out, "Deleted Containers") {
		t.Errorf("prune beside what runs:\n%s", out)
	}
	s.must("exec", "-T", "a", "true")
	s.fails(1, []string{"until", "--volumes"}, "system", "prune", "-f", "--volumes", "--filter", "until=1h")
	s.must("stop")
	if got := s.df(); !strings.HasPrefix(got, "Images 1 1 | Containers 1 0 2MB 2MB (100%)") {
		t.Errorf("stopped: %s", got)
	}
	if out := s.must("system", "prune", "-f", "--filter", "until=1h"); strings.Contains(out, "Deleted") {
		t.Errorf("what is young went:\n%s", out)
	}
	out = s.must("system", "prune", "-af", "--volumes")
	for _, line := range []string{"Deleted Containers:\n" + s.project + "-a-1", "Deleted Volumes:", "Deleted Images:", "Total reclaimed space:"} {
		if !strings.Contains(out, line) {
			t.Errorf("prune has no %q:\n%s", line, out)
		}
	}
	if got := s.df(); got != "Images 0 0 | Containers 0 0 0B 0B | Local Volumes 0 0 0B 0B | Build Cache 0 0 0B 0B" {
		t.Errorf("after all: %s", got)
	}
	s.must("builder", "prune", "-f")
}

// df is the table on one line; sizes of images depend on the machine's busybox.
func (s *scenario) df() string {
	s.t.Helper()
	var parts []string
	for line := range strings.Lines(s.must("system", "df", "--format", "json")) {
		var r map[string]string
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			s.t.Fatal(err)
		}
		part := []string{r["Type"], r["TotalCount"], r["Active"]}
		if r["Type"] != "Images" {
			part = append(part, r["Size"], r["Reclaimable"])
		}
		parts = append(parts, strings.Join(part, " "))
	}
	return strings.Join(parts, " | ")
}
