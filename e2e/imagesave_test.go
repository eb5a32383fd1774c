package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// savedImages are two images that share a layer, with what is hard to write
// again the same.
func savedImages() (a, b imagetest.Image) {
	a, b = smallImage("demo/app:1", "demo/app:2"), smallImage("other:latest")
	odd := []imagetest.File{
		{Name: "secret", Mode: 0, UID: 33, GID: 33, Text: "closed"}, {Name: "su", Mode: 0o4755, Text: "su"}, {Name: "again", Hard: "su"},
		{Name: "opaque/"}, {Name: "opaque/.wh..wh..opq"}, {Name: strings.Repeat("long/", 40) + "name", Text: "deep"},
	}
	b.Layers = append(b.Layers[:1:1], odd)
	return a, b
}

// TestSave: what is saved is loaded with the same ids, here and by skopeo and podman;
// the same images make the same bytes.
func TestSave(t *testing.T) {
	s := begin(t, oneService)
	a, b := savedImages()
	a.WriteDockerArchive(t, filepath.Join(s.dir, "a.tar"))
	b.WriteOCI(t, filepath.Join(s.dir, "b"))
	s.must("image", "load", "-i", "a.tar")
	s.must("image", "load", "-i", "b")
	s.must("image", "tag", b.ID(t), "other")
	s.must("image", "save", "-o", "saved.tar", "demo/app", "other")
	r := s.compose("image", "save", "demo/app:1", "demo/app:2", "other:latest")
	if file := s.read("saved.tar"); r.code != 0 || r.stdout != file {
		t.Errorf("to standard output: %d bytes, code %d, %s; to a file: %d", len(r.stdout), r.code, r.stderr, len(file))
	}
	s.must("image", "rm", "demo/app:1", "demo/app:2", "other")
	s.must("image", "prune", "-af")
	s.must("image", "load", "-i", "saved.tar")
	for name, img := range map[string]imagetest.Image{"demo/app:1": a, "demo/app:2": a, "other:latest": b} {
		if got := strings.TrimSpace(s.must("image", "inspect", "-f", "{{.Id}}", name)); got != img.ID(t) {
			t.Errorf("%s came back as %s, was %s", name, got, img.ID(t))
		}
		t.Run("skopeo "+name, func(t *testing.T) { s.in(t).skopeoReads("saved.tar", name, img.ID(t)) })
	}
	t.Run("podman", func(t *testing.T) { s.in(t).podmanLoads("saved.tar", a.ID(t), b.ID(t)) })
	s.fails(1, []string{"No such image: nope"}, "image", "save", "-o", "none.tar", "demo/app:1", "nope")
	s.fails(1, []string{"write the archive: no space left on device"}, "image", "save", "-o", "/dev/full", "demo/app:1")
	s.fails(1, []string{"not for linux/s390x"}, "image", "save", "--platform", "linux/s390x", "-o", "none.tar", "demo/app:1")
	if left, _ := filepath.Glob(filepath.Join(s.dir, "*none.tar*")); len(left) > 0 {
		t.Errorf("left of a save that failed: %v", left)
	}
}

// skopeoReads asks skopeo for the configuration's digest, in both forms that the archive has.
func (s *scenario) skopeoReads(archive, name, id string) {
	s.t.Helper()
	skopeo := testns.RequireProgram(s.t, "skopeo", "skopeo")
	cmd := exec.Command(skopeo, "--insecure-policy", "inspect", "--raw", "docker-archive:"+archive+":"+name)
	cmd.Dir = s.dir
	out, err := cmd.Output()
	var m struct{ Config struct{ Digest string } }
	if err == nil {
		err = json.Unmarshal(out, &m)
	}
	if err != nil || m.Config.Digest != id {
		s.t.Errorf("skopeo reads %s as %s, %v", name, m.Config.Digest, err)
	}
	layout := filepath.Join(s.dir, "layout")
	if err := os.MkdirAll(layout, 0o755); err != nil {
		s.t.Fatal(err)
	}
	if out, err := exec.Command("tar", "-xf", filepath.Join(s.dir, archive), "-C", layout).CombinedOutput(); err != nil {
		s.t.Fatalf("tar: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(layout, "index.json"))
	if err != nil || !strings.Contains(string(raw), "/"+name+`"`) {
		s.t.Errorf("%s is not in the index: %v\n%s", name, err, raw)
	}
	if out, err := exec.Command(skopeo, "--insecure-policy", "copy", "-q", "oci-archive:"+filepath.Join(s.dir, archive)+":@0", "oci:"+filepath.Join(s.t.TempDir(), "copy")).CombinedOutput(); err != nil && !strings.Contains(string(out), "@0") {
		s.t.Errorf("skopeo copy of the layout: %v\n%s", err, out)
	}
}

// podmanLoads has podman unpack all layers, where it can.
func (s *scenario) podmanLoads(archive string, ids ...string) {
	s.t.Helper()
	podman := testns.RequireProgram(s.t, "podman", "podman")
	runRoot, err := os.MkdirTemp("", "pr") // podman takes no long ones
	if err != nil {
		s.t.Fatal(err)
	}
	store := []string{"--root", filepath.Join(s.dir, "podman"), "--runroot", runRoot, "--storage-driver", "vfs"}
	run := func(args ...string) (string, error) {
		out, err := exec.Command(podman, append(store, args...)...).CombinedOutput()
		return string(out), err
	}
	defer func() {
		_, _ = run("unshare", "rm", "-rf", filepath.Join(s.dir, "podman"), runRoot)
		_, _ = run("system", "migrate") // ends the process that keeps podman's namespaces
		os.RemoveAll(runRoot)
	}()
	out, err := run("load", "-i", filepath.Join(s.dir, archive))
	if err != nil {
		s.t.Errorf("podman load: %v\n%s", err, out)
		return
	}
	for _, id := range ids {
		if out, err := run("image", "exists", strings.TrimPrefix(id, "sha256:")); err != nil {
			s.t.Errorf("podman has no image %s: %v\n%s", id, err, out)
		}
	}
}
