package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// oneService makes a scenario that is about images, not about a project.
const oneService = "services:\n  a:\n    command: ./probe wait\n"

func smallImage(names ...string) imagetest.Image {
	return imagetest.Image{
		Names:  names,
		Config: imagetest.Config{Cmd: []string{"run"}, Env: []string{"A=1"}, Labels: map[string]string{"kind": "test"}},
		Layers: [][]imagetest.File{
			{{Name: "base", Text: "base"}, {Name: "owned", Text: "x", UID: 1000, GID: 1000}},
			{{Name: "top", Text: "top"}, {Name: ".wh.base"}},
		},
	}
}

// TestImageLoadToPrune: an archive comes in, by file and by standard input, gets
// names, is listed and inspected, loses names, goes.
func TestImageLoadToPrune(t *testing.T) {
	s := begin(t, oneService)
	img := smallImage("demo/app:1", "demo/app:2")
	archive := filepath.Join(s.dir, "a.tar")
	img.WriteDockerArchive(t, archive)
	if out := s.must("image", "load", "-i", "a.tar"); out != "Loaded image: demo/app:1\nLoaded image: demo/app:2\n" {
		t.Errorf("load: %q", out)
	}
	if r := s.composeWith(s.read("a.tar"), "image", "load", "-q"); r.code != 0 || !strings.Contains(r.stdout, "demo/app:1") {
		t.Errorf("load from standard input: %+v", r)
	}
	id := img.ID(t)
	s.must("image", "tag", "demo/app:1", "other")
	list := s.must("image", "ls", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}")
	if want := strings.ReplaceAll("demo/app:1 ID\ndemo/app:2 ID\nother:latest ID\n", "ID", id[7:19]); list != want {
		t.Errorf("ls:\n%swant\n%s", list, want)
	}
	var seen []struct {
		ID       string `json:"Id"`
		RepoTags []string
		Config   struct{ Env, Cmd []string }
		RootFS   struct{ Layers []string }
	}
	if err := json.Unmarshal([]byte(s.must("image", "inspect", "other")), &seen); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(seen[0].ID == id, seen[0].RepoTags, seen[0].Config.Env, seen[0].Config.Cmd, len(seen[0].RootFS.Layers)); got != "true [demo/app:1 demo/app:2 other:latest] [A=1] [run] 2" {
		t.Errorf("inspect: %s", got)
	}
	s.fails(1, []string{"must be forced"}, "image", "rm", id[7:19])
	s.must("image", "rm", "other", "demo/app:1")
	s.must("image", "prune", "-f")
	s.must("image", "inspect", "demo/app:2") // it has a name: it stays
	out := s.must("image", "rm", "demo/app:2")
	if !strings.Contains(out, "Untagged: demo/app:2\nDeleted: "+id) {
		t.Errorf("rm: %s", out)
	}
	s.fails(1, []string{"No such image: demo/app:2"}, "image", "rm", "demo/app:2")
	if left, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "*")); len(left) > 0 {
		t.Errorf("layers of nobody: %v", left)
	}
}

// TestImageWithoutJoining: where the command line cannot join the user namespace
// (other architectures than amd64), the user holder starts the process.
func TestImageWithoutJoining(t *testing.T) {
	s := begin(t, oneService)
	s.env = append(s.env, "MOCKER_FORCE_PORTABLE=1")
	smallImage("demo:1").WriteDockerArchive(t, filepath.Join(s.dir, "a.tar"))
	s.must("image", "load", "-i", "a.tar")
	if r := s.composeWith(s.read("a.tar"), "image", "load"); r.code != 0 || r.stdout != "Loaded image: demo:1\n" {
		t.Errorf("load from standard input: %+v", r)
	}
	s.fails(1, []string{"No such image: other"}, "image", "rm", "other")
	s.must("image", "rm", "demo:1")
	if layers, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "*")); len(layers) != 0 {
		t.Errorf("layers of nobody: %v", layers)
	}
}

// TestImageInUse: what a container has stays, running or not, whatever is forced;
// who removes the container can remove the image.
func TestImageInUse(t *testing.T) {
	s := begin(t, "services:\n  web:\n    image: demo:1\n    command: [sleep, '1000']\n    stop_grace_period: 0s\n")
	img := imagetest.Image{Names: []string{"demo:1"}, Layers: [][]imagetest.File{imagetest.Busybox(t), {{Name: "srv/", Mode: 0o755}}}}
	img.WriteDockerArchive(t, filepath.Join(s.dir, "a.tar"))
	s.fails(1, []string{"demo:1", "mocker-compose image load -i FILE"}, "up", "-d")
	s.must("image", "load", "-i", "a.tar")
	s.must("up", "-d")
	for _, state := range []string{"running", "stopped"} {
		if state == "stopped" {
			s.must("stop")
		}
		s.fails(1, []string{"container " + s.project + "-web-1", "mocker-compose -p " + s.project + " down"}, "image", "rm", "demo:1")
		if out := s.must("image", "prune", "-af"); !strings.Contains(out, "Total reclaimed space: 0B") {
			t.Errorf("%s: prune: %s", state, out)
		}
	}
	if r := s.compose("image", "rm", "-f", "demo:1"); r.code != 0 || r.stdout != "Untagged: demo:1\n" || !strings.Contains(r.stderr, s.project+"-web-1") {
		t.Errorf("rm -f: %+v", r)
	}
	if layers, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "*", "fs")); len(layers) != 2 {
		t.Errorf("layers in use went: %v", layers)
	}
	s.must("down", "-t", "0")
	if out := s.must("image", "prune", "-f"); !strings.Contains(out, "deleted: "+img.ID(t)) {
		t.Errorf("prune: %s", out)
	}
	if layers, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "*")); len(layers) != 0 {
		t.Errorf("layers of nobody: %v", layers)
	}
}

// TestImageFilesAreWhose: the owner in the archive is the owner in the container.
func TestImageFilesAreWhose(t *testing.T) {
	s := begin(t, oneService)
	smallImage("demo:1").WriteDockerArchive(t, filepath.Join(s.dir, "a.tar"))
	s.must("image", "load", "-i", "a.tar")
	found, err := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "*", "fs", "owned"))
	if err != nil || len(found) != 1 {
		t.Fatalf("%v %v", found, err)
	}
	single := strings.Contains(found[0], "-single")
	inside := strings.TrimSpace(s.must("unshare", "stat", "-c", "%u:%g", found[0]))
	if want := map[bool]string{false: "1000:1000", true: "0:0"}[single]; inside != want {
		t.Errorf("the file belongs to %s inside, want %s", inside, want)
	}
	if whiteouts, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "*", "fs", "base")); len(whiteouts) != 2 {
		t.Errorf("%v: want the file, and its whiteout", whiteouts)
	}
}

func TestImageImport(t *testing.T) {
	s := begin(t, oneService)
	s.write("root.tar", string(imagetest.Tar(t, []imagetest.File{{Name: "bin/"}, {Name: "bin/x", Text: "x", Mode: 0o755}})))
	id := s.must("image", "import", "--change", `CMD ["/bin/x"]`, "-c", "ENV A=b", "-m", "made by hand", "root.tar", "mine:1")
	if !strings.HasPrefix(id, "sha256:") || len(id) != 72 {
		t.Errorf("import: %q", id)
	}
	if got := s.must("image", "inspect", "-f", "{{.Id}} {{json .Config.Cmd}} {{.Config.Env}} {{.Comment}}", "mine:1"); got != strings.TrimSpace(id)+` ["/bin/x"] [A=b] made by hand`+"\n" {
		t.Errorf("inspect: %s", got)
	}
	if got := s.must("image", "history", "--format", "{{.Comment}} {{.Size}}", "mine:1"); got != "made by hand 1B\n" {
		t.Errorf("history: %q", got)
	}
	s.fails(1, []string{"RUN is not a valid change command"}, "image", "import", "--change", "RUN x", "root.tar")
	s.fails(1, []string{"invalid reference"}, "image", "import", "root.tar", "Mine")
	if got := s.must("image", "ls", "-q"); strings.Count(got, "\n") != 1 {
		t.Errorf("a refused import left something:\n%s", got)
	}
}

// TestImageLoadRefuses: what cannot be loaded says why, and changes nothing.
func TestImageLoadRefuses(t *testing.T) {
	s := begin(t, oneService)
	smallImage("demo:1").WriteDockerArchive(t, filepath.Join(s.dir, "a.tar"))
	s.write("damaged.tar", strings.Replace(s.read("a.tar"), "top", "pot", 2))
	s.write("text", strings.Repeat("no archive\n", 100))
	s.fails(1, []string{"damaged.tar", "layer 2 of 2", "digest"}, "image", "load", "-i", "damaged.tar")
	s.fails(1, []string{"text", "not a tar archive"}, "image", "load", "-i", "text")
	s.fails(1, []string{"nothing.tar", "no such file"}, "image", "load", "-i", "nothing.tar")
	s.fails(1, []string{"standard input", "empty"}, "image", "load")
	if got := s.must("image", "ls", "-q"); got != "" {
		t.Errorf("something was loaded: %s", got)
	}
	if left, _ := filepath.Glob(filepath.Join(s.dirs.Images(), "layers", "tmp-*")); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// TestImagesOfOtherTools: skopeo makes the archives; they are one image.
func TestImagesOfOtherTools(t *testing.T) {
	skopeo := testns.RequireProgram(t, "skopeo", "skopeo")
	s := begin(t, oneService)
	img := smallImage()
	img.WriteOCI(t, filepath.Join(s.dir, "layout"))
	for _, to := range []string{"docker-archive:d.tar:demo:docker", "oci-archive:o.tar:demo:oci", "oci:copy:demo:dir"} {
		cmd := exec.Command(skopeo, "--insecure-policy", "copy", "-q", "oci:layout", to)
		cmd.Dir = s.dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Skipf("skopeo copy: %v\n%s", err, out)
		}
	}
	for _, from := range []string{"layout", "d.tar", "o.tar", "copy"} {
		s.must("image", "load", "-i", from)
	}
	got := s.must("image", "inspect", "-f", "{{.Id}} {{.RepoTags}}", "demo:docker")
	if want := img.ID(t) + " [demo:dir demo:docker demo:oci]\n"; got != want {
		t.Errorf("%swant %s", got, want)
	}
}

// TestLoadingIsConfined looks at the loading process while it waits for the rest
// of its archive, and kills the command: it ends with it.
func TestLoadingIsConfined(t *testing.T) {
	s := begin(t, oneService)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	cmd := s.command(ctx, "image", "load")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := in.Write(make([]byte, 1<<17)); err != nil {
		t.Fatal(err)
	}
	pid := ""
	s.eventually("the loading process, confined", func() bool {
		pid = s.loading()
		return pid != "" && imageStatus(pid, "Seccomp") == "2"
	})
	if got := imageStatus(pid, "NoNewPrivs"); got != "1" {
		t.Errorf("NoNewPrivs %s", got)
	}
	if got := imageStatus(pid, "CapEff"); got != "000000008000001b" { // chown, dac_override, fowner, fsetid, setfcap
		t.Errorf("CapEff %s", got)
	}
	if root, err := os.Readlink("/proc/" + pid + "/root"); err != nil || root != s.dirs.Images() {
		t.Errorf("root %s, %v", root, err)
	}
	ours, _ := os.Readlink("/proc/self/ns/net")
	if ns, err := os.Readlink("/proc/" + pid + "/ns/net"); err != nil || ns == ours {
		t.Errorf("net namespace %s, %v", ns, err)
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	s.eventually("the end of the loading process", func() bool { return s.loading() == "" })
}

// loading is the process that loads into this scenario's store.
func (s *scenario) loading() string {
	found, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, f := range found {
		b, _ := os.ReadFile(f)
		if line := string(b); strings.Contains(line, "\x00image\x00") && strings.Contains(line, s.dirs.Images()) {
			return filepath.Base(filepath.Dir(f))
		}
	}
	return ""
}

func imageStatus(pid, name string) string {
	b, _ := os.ReadFile("/proc/" + pid + "/status")
	_, rest, _ := strings.Cut(string(b), "\n"+name+":")
	value, _, _ := strings.Cut(rest, "\n")
	return strings.TrimSpace(value)
}
