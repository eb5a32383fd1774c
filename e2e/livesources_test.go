package e2e

import (
	"encoding/json"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// several has layers that need each other, owners other than root, and a file that
// only its owner may read.
func several(t *testing.T) imagetest.Image {
	return imagetest.Image{
		Names:  []string{"localhost/team/web:1"},
		Config: imagetest.Config{Cmd: []string{"sleep", "1000"}},
		Layers: [][]imagetest.File{
			imagetest.Busybox(t),
			{{Name: "srv/"}, {Name: "srv/a", Text: "first"}, {Name: "srv/secret", Text: "of 7", Mode: 0o600, UID: 7, GID: 7}},
			{{Name: "srv/.wh.a"}, {Name: "srv/b", Text: "second"}, {Name: "srv/c", Hard: "srv/b"}},
		},
	}
}

// An image of the user's podman is one of a compose file, layer by layer as it was.
func TestContainersStorage(t *testing.T) {
	podman := testns.RequireProgram(t, "podman", "podman")
	for _, driver := range []string{"overlay", "vfs"} {
		t.Run(driver, func(t *testing.T) { containersStorage(t, podman, driver) })
	}
}

func containersStorage(t *testing.T, podman, driver string) {
	img := several(t)
	s := begin(t, "services:\n  a: { image: 'containers-storage:team/web:1' }\n")
	s.write(".config/containers/storage.conf", "[storage]\ndriver = \""+driver+"\"\n")
	s.env = append(s.env, "HOME="+s.dir)
	archive := filepath.Join(s.dir, "web.tar")
	img.WriteDockerArchive(t, archive)
	run := func(args ...string) string {
		cmd := exec.CommandContext(t.Context(), podman, args...)
		cmd.Dir, cmd.Env = s.dir, append(s.env, "XDG_RUNTIME_DIR="+s.dir+"/xdg")
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Skipf("podman %q does not work here: %v\n%s", args, err, out)
		}
		return string(out)
	}
	if err := os.MkdirAll(filepath.Join(s.dir, "xdg"), 0o700); err != nil {
		t.Fatal(err)
	}
	run("load", "-i", archive)
	t.Cleanup(func() { // its files belong to others
		s.must("unshare", "rm", "-rf", s.dir+"/.local")
	})
	// It leaves a process that keeps its namespaces, and with them a mount.
	pid, err := strconv.Atoi(strings.TrimSpace(s.read("xdg/libpod/tmp/pause.pid")))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if r := s.compose("up", "-d"); r.code != 0 || !strings.Contains(r.stderr, "containers-storage:team/web:1  Loaded") {
		t.Fatalf("up: exit %d\n%s", r.code, r.stderr)
	}
	if id := strings.TrimSpace(s.must("image", "ls", "-q", "--no-trunc")); id != img.ID(t) {
		t.Errorf("the image is %s, was %s", id, img.ID(t))
	}
	if out := s.must("exec", "-T", "a", "sh", "-c", "ls /srv; stat -c %u:%g /srv/secret; cat /srv/secret"); out != "b\nc\nsecret\n7:7\nof 7" {
		t.Errorf("inside: %q", out)
	}
	if r := s.compose("up", "-d"); strings.Contains(r.stderr, "Load") {
		t.Errorf("it was read again: %s", r.stderr)
	}
	s.write("compose.yaml", "services:\n  a: { image: 'containers-storage:none' }\n")
	s.fails(1, []string{"podman has no such image", "podman pull none"}, "up", "-d")
	if out := s.must("image", "load", "-i", "containers-storage:localhost/team/web:1"); out != "Loaded image: localhost/team/web:1\n" {
		t.Errorf("image load: %q", out)
	}
}

// An image of a docker that runs here is one of a compose file.
func TestDockerDaemon(t *testing.T) {
	img := several(t)
	s := begin(t, "services:\n  a: { image: 'docker-daemon:localhost/team/web:1' }\n")
	archive := filepath.Join(s.dir, "web.tar")
	img.WriteDockerArchive(t, archive)
	l, err := net.Listen("unix", filepath.Join(filepath.Dir(s.dir), "docker.sock"))
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /images/localhost/team/web:1/json", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]string{"Id": img.ID(t)})
	})
	gets := make(chan struct{}, 10)
	mux.HandleFunc("GET /images/localhost/team/web:1/get", func(w http.ResponseWriter, r *http.Request) {
		gets <- struct{}{}
		http.ServeFile(w, r, archive)
	})
	server := &http.Server{Handler: mux}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	s.env = append(s.env, "DOCKER_HOST=unix://"+l.Addr().String())
	s.must("up", "-d")
	s.must("up", "-d")
	if out := s.must("exec", "-T", "a", "cat", "/srv/b"); out != "second" || len(gets) != 1 {
		t.Errorf("inside: %q; it was read %d times", out, len(gets))
	}
	server.Close()
	s.fails(1, []string{"no docker runs at"}, "up", "-d")
}
