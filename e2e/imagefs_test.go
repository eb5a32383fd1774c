package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// image writes an image of busybox and more layers into the project.
func (s *scenario) image(file, name string, c imagetest.Config, layers ...[]imagetest.File) {
	s.t.Helper()
	img := imagetest.Image{Names: []string{name}, Config: c, Layers: append([][]imagetest.File{imagetest.Busybox(s.t)}, layers...)}
	img.WriteDockerArchive(s.t, filepath.Join(s.dir, file))
}

// All layers that docker allows; what a layer deletes, replaces and makes opaque
// is gone inside, on an overlay and where each container has a copy. The copy
// and the overlay are seen alike.
func TestImageLayers(t *testing.T) {
	if len(forced()) > 0 {
		t.Skip("this test forces abilities away itself: without MOCKER_FORCE_...")
	}
	for _, force := range []string{"", "MOCKER_FORCE_OLD_OVERLAY=1", "MOCKER_FORCE_NO_OVERLAY=1", "MOCKER_FORCE_FUSE=1"} {
		t.Run(force, func(t *testing.T) {
			imagetest.Busybox(t)
			if strings.Contains(force, "FUSE") {
				requireFuse(t)
			}
			s := begin(t, `
services:
  web:
    image: docker-archive:web.tar
    command: [sh, -c, 'cd /data; find . | sort; cat who; stat -c "%a %u:%g" deep; sleep 1000']
    stop_grace_period: 1s
  ro:
    image: docker-archive:web.tar
    read_only: true
    tmpfs: [/scratch]
    command: [sh, -c, 'touch /x 2>&1; touch /scratch/y && echo scratch']
`)
			if force != "" {
				s.env = append(s.env, force)
			}
			layers := [][]imagetest.File{
				{{Name: "data/"}, {Name: "data/gone", Text: "x"}, {Name: "data/opaque/"}, {Name: "data/opaque/old", Text: "x"}, {Name: "data/tree/"}, {Name: "data/tree/a", Text: "x"}, {Name: "data/kept", Text: "x"}},
				{{Name: "data/.wh.gone"}, {Name: "data/opaque/"}, {Name: "data/opaque/.wh..wh..opq"}, {Name: "data/opaque/new", Text: "x"}, {Name: "data/.wh.tree"}},
				{{Name: "data/tree", Text: "a file now"}, {Name: "data/deep/", Mode: 0o750, UID: 1000, GID: 2000}},
			}
			for i := len(layers); i < 126; i++ {
				layers = append(layers, []imagetest.File{{Name: "data/who", Text: fmt.Sprintln(i)}})
			}
			s.image("web.tar", "web:1", imagetest.Config{}, layers...)
			r := s.compose("up", "-d")
			if r.code != 0 {
				t.Fatalf("up: %s", r.stderr)
			}
			if n := strings.Count(r.stderr, "copied for each container"); (n > 0) != strings.Contains(force, "NO_OVERLAY") || n > 1 {
				t.Errorf("the fallback is said %d times:\n%s", n, r.stderr)
			}
			if n := strings.Count(r.stderr, "served by fuse-overlayfs"); n > 1 || (n > 0) != strings.Contains(force, "FUSE") {
				t.Errorf("fuse-overlayfs is said %d times:\n%s", n, r.stderr)
			}
			want := strings.Fields(". ./deep ./kept ./opaque ./opaque/new ./tree ./who 125")
			s.eventually("the listing", func() bool { return len(s.logLines("web")) > len(want) })
			if got := s.logLines("web"); !slices.Equal(got, append(want, "750 1000:2000")) {
				t.Errorf("got %q", got)
			}
			s.eventually("the read-only root", func() bool { return len(s.logLines("ro")) == 2 })
			if got := strings.Join(s.logLines("ro"), "\n"); !strings.Contains(got, "Read-only") || !strings.Contains(got, "scratch") {
				t.Errorf("read-only root: %s", got)
			}
			// The writable layer is the container's until it is removed.
			s.must("exec", "-T", "web", "sh", "-c", "echo mine > /data/mine; rm /data/kept")
			s.must("restart", "-t", "0", "web")
			if got := s.must("exec", "-T", "web", "sh", "-c", "cat /data/mine; ls /data/kept 2>&1 || true"); !strings.HasPrefix(got, "mine\n") || !strings.Contains(got, "No such file") {
				t.Errorf("after a restart: %q", got)
			}
			s.must("up", "-d", "--force-recreate", "web")
			if got := s.must("exec", "-T", "web", "ls", "/data"); strings.Contains(got, "mine") || !strings.Contains(got, "kept") {
				t.Errorf("after a recreation: %q", got)
			}
		})
	}
}

// requireIDs skips where user 0 is the only one.
func requireIDs(t *testing.T) {
	t.Helper()
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("the image has files and users of other ids: without MOCKER_FORCE_SINGLE_ID")
	}
}

// requireFuse skips where fuse-overlayfs cannot be used.
func requireFuse(t *testing.T) {
	t.Helper()
	if os.Getenv("MOCKER_FORCE_NO_OVERLAY") != "" {
		t.Skip("MOCKER_FORCE_NO_OVERLAY forbids fuse-overlayfs too")
	}
	testns.RequireProgram(t, "fuse-overlayfs", "fuse-overlayfs")
	f, err := os.OpenFile("/dev/fuse", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("%v: this machine's administrator lets only some open it", err)
	}
	f.Close()
}

// The process that serves a root is the project's: it outlives the supervisor,
// its own death ends the container, which its policy starts again with another.
func TestImageFuse(t *testing.T) {
	requireFuse(t)
	s := begin(t, "services:\n  web: {image: 'docker-archive:web.tar', command: sh -c 'echo begun; exec sleep 1000', restart: always, stop_grace_period: 0s, volumes: [/data]}\n")
	s.env = append(s.env, "MOCKER_FORCE_FUSE=1")
	s.image("web.tar", "web:1", imagetest.Config{}, []imagetest.File{{Name: "data/"}, {Name: "data/seed", Text: "seed"}})
	s.must("up", "-d")
	if got := s.must("exec", "-T", "web", "sh", "-c", "echo mine > /mine; cat /data/seed; mount | grep -c 'on / type fuse'"); got != "seed1\n" {
		t.Errorf("inside: %q", got)
	}
	servers := func() []string {
		out, _ := exec.Command("pgrep", "-u", fmt.Sprint(os.Getuid()), "-f", "fuse-overlayfs.*"+s.dirs.Data).Output()
		return strings.Fields(string(out))
	}
	first := servers()
	if len(first) != 1 {
		t.Fatalf("servers %v", first)
	}
	signalPID(t, s.supervisorPID(), syscall.SIGKILL)
	s.eventually("another supervisor", func() bool { return s.ps()["web-1"].State == "running" })
	if got := servers(); !slices.Equal(got, first) {
		t.Errorf("after the supervisor's death: servers %v, before %v", got, first)
	}
	if err := exec.Command("kill", "-9", first[0]).Run(); err != nil {
		t.Fatal(err)
	}
	s.eventually("another run", func() bool { return len(s.logLines("web")) == 2 && s.ps()["web-1"].State == "running" })
	if got := s.must("exec", "-T", "web", "cat", "/mine"); got != "mine\n" {
		t.Errorf("after the server's death: %q", got)
	}
	s.must("stop")
	s.eventually("no server", func() bool { return len(servers()) == 0 })
}

// A new volume begins with the image's files, once, whoever of ten replicas
// comes first; what is in it later is not touched. Anonymous volumes go with
// their container from one recreation to the next, but not with -V.
func TestImageVolumes(t *testing.T) {
	requireIDs(t)
	imagetest.Busybox(t)
	s := begin(t, `
services:
  web:
    image: docker-archive:web.tar
    scale: 10
    command: sleep 1000
    stop_grace_period: 0s
    volumes: ['data:/var/lib/app', 'empty:/var/lib/other', {type: volume, source: bare, target: /var/lib/bare, volume: {nocopy: true}}, './mine:/var/lib/mine']
    tmpfs: [/var/lib/tmp]
volumes: {data: , empty: , bare: }
`)
	outside := filepath.Join(filepath.Dir(s.dir), "canary")
	if err := os.WriteFile(outside, []byte("canary"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.write("mine/keep", "")
	files := []imagetest.File{}
	for _, dir := range []string{"app", "bare", "mine", "tmp", "anon"} {
		dir = "var/lib/" + dir + "/"
		files = append(files, imagetest.File{Name: dir, UID: 999, GID: 998, Mode: 0o2750},
			imagetest.File{Name: dir + "seed", Text: "seed\n", UID: 999, GID: 998, Mode: 0o640, Xattrs: map[string]string{"user.mine": "yes"}},
			imagetest.File{Name: dir + "hard", Hard: dir + "seed"}, imagetest.File{Name: dir + "link", Link: outside})
	}
	s.image("web.tar", "web:1", imagetest.Config{Volumes: imagetest.Set("/var/lib/anon", "/var/lib/app", "/var/lib/mine", "/var/lib/tmp")}, files)
	s.must("up", "-d")
	inside := func(n int, script string) string {
		return s.must("exec", "-T", fmt.Sprint("--index=", n), "web", "sh", "-c", script)
	}
	list := `cd /var/lib; for d in app other bare mine tmp anon; do echo $d $(stat -c %u:%g:%a $d) $(ls $d); done`
	want := "app 999:998:2750 hard link seed\nother 0:0:755\nbare 0:0:755\nmine 0:0:755 keep\ntmp 0:0:1777\nanon 999:998:2750 hard link seed\n"
	for n := 1; n <= 10; n++ {
		if got := inside(n, list); got != want {
			t.Fatalf("replica %d:\n%swant\n%s", n, got, want)
		}
	}
	if got := inside(1, "cat /var/lib/app/seed; stat -c %h:%u:%a /var/lib/app/seed; readlink /var/lib/app/link; cat /var/lib/app/link 2>&1; true"); got != "seed\n2:999:640\n"+outside+"\ncat: can't open '/var/lib/app/link': No such file or directory\n" {
		t.Errorf("in the volume: %q", got)
	}
	if b, err := os.ReadFile(outside); err != nil || string(b) != "canary" {
		t.Errorf("the canary: %q, %v", b, err)
	}
	inside(1, "cd /var/lib; rm app/hard; echo 1 > app/own; echo 1 > anon/own")
	if got := inside(2, "ls /var/lib/anon/own 2>&1; ls /var/lib/app"); !strings.Contains(got, "No such file") || !strings.HasSuffix(got, "link\nown\nseed\n") {
		t.Errorf("replica 2 has %q: anonymous volumes are a container's own, named ones are shared", got)
	}
	s.must("up", "-d", "--force-recreate")
	if got := inside(1, "ls /var/lib/app /var/lib/anon"); got != "/var/lib/anon:\nhard\nlink\nown\nseed\n\n/var/lib/app:\nlink\nown\nseed\n" {
		t.Errorf("after a recreation: %q", got)
	}
	s.must("up", "-d", "--force-recreate", "-V", "--scale", "web=2")
	if got := inside(1, "ls /var/lib/anon"); got != "hard\nlink\nseed\n" {
		t.Errorf("after a recreation with new anonymous volumes: %q", got)
	}
}

// What is missing is said at once, all of it, and nothing has been changed.
func TestImageMissing(t *testing.T) {
	imagetest.Busybox(t)
	s := begin(t, "services:\n  a: {image: 'nowhere:1', command: x}\n  b: {image: 'nothing', command: x}\n  c: {command: ./probe pause}\n")
	s.fails(1, []string{" Image nowhere:1  Pulling\n", "docker save nowhere:1 nothing | mocker-compose image load"}, "up", "-d")
	s.fails(1, []string{"nowhere:1 (service a)", "nothing (service b)", "docker save nowhere:1 nothing | mocker-compose image load"}, "up", "-d", "--pull", "never")
	if left := s.ps(); len(left) != 0 {
		t.Errorf("containers: %v", left)
	}
	s.must("up", "-d", "c")
	s.fails(1, []string{`service "a"`, "no such image: nowhere:1"}, "up", "-d", "--pull", "never", "a", "c")
	if c := s.ps()["c-1"]; c.State != "running" {
		t.Errorf("%+v", c)
	}
}

// Another image behind the same file or name recreates the containers of its
// services, and of no others; a container goes on with its own image meanwhile.
func TestImageChanges(t *testing.T) {
	imagetest.Busybox(t)
	s := begin(t, "services:\n  a: {image: 'docker-archive:web.tar', command: sh -c 'cat /version; exec sleep 1000', stop_grace_period: 0s, restart: always}\n  b: {command: ./probe pause}\n")
	s.image("web.tar", "web:1", imagetest.Config{}, []imagetest.File{{Name: "version", Text: "one\n"}})
	s.must("up", "-d")
	b := s.ps()["b-1"].ID
	s.image("web.tar", "web:1", imagetest.Config{}, []imagetest.File{{Name: "version", Text: "two\n"}})
	if got := s.must("exec", "-T", "a", "cat", "/version"); got != "one\n" {
		t.Errorf("the running container has %q", got)
	}
	r := s.compose("up", "-d")
	if r.code != 0 || !strings.Contains(r.stderr, "a-1  Recreated") || strings.Contains(r.stderr, "b-1  Recreated") || s.ps()["b-1"].ID != b {
		t.Errorf("exit %d\n%s", r.code, r.stderr)
	}
	if got := s.must("exec", "-T", "a", "cat", "/version"); got != "two\n" {
		t.Errorf("the new container has %q", got)
	}
}

// Replicas: names, numbers, growing and shrinking, one name for all of them,
// a range of host ports.
func TestImageReplicas(t *testing.T) {
	imagetest.Busybox(t)
	first := freePorts(t, 6)
	s := begin(t, fmt.Sprintf(`
services:
  web:
    image: docker-archive:web.tar
    command: sh -c 'hostname > /srv/index.html; exec httpd -f -p 80 -h /srv'
    stop_grace_period: 0s
    deploy: {replicas: 3}
    ports: ['127.0.0.1:%d-%d:80']
  client:
    image: docker-archive:web.tar
    command: sleep 1000
    stop_grace_period: 0s
`, first, first+5))
	s.image("web.tar", "web:1", imagetest.Config{}, []imagetest.File{{Name: "srv/"}})
	s.must("up", "-d")
	names := func() string {
		var out []string
		for name, c := range s.ps() {
			if c.State == "running" && strings.HasPrefix(name, "web-") {
				out = append(out, name)
			}
		}
		slices.Sort(out)
		return strings.Join(out, " ")
	}
	if got := names(); got != "web-1 web-2 web-3" {
		t.Fatalf("replicas %s", got)
	}
	addresses := map[string]int{}
	for range 24 {
		out := s.must("exec", "-T", "client", "sh", "-c", "nslookup -type=a web | grep -A1 Name: | grep -m1 Address")
		addresses[strings.TrimSpace(out)]++
	}
	if len(addresses) != 3 {
		t.Errorf("the first address is always among %v: no round robin over 3 replicas", addresses)
	}
	answers := map[string]bool{}
	s.eventually("requests by name reach more than one replica", func() bool {
		if r := s.compose("exec", "-T", "client", "wget", "-q", "-O", "-", "http://web/"); r.code == 0 {
			answers[r.stdout] = true
		}
		return len(answers) > 1
	})
	ports := map[int]bool{}
	for n := 1; n <= 3; n++ {
		p := s.port(fmt.Sprintf("web-%d", n))
		ports[p] = true
		if p < first || p > first+5 {
			t.Errorf("replica %d: host port %d", n, p)
		}
		s.eventually(fmt.Sprintf("replica %d answers", n), func() bool { return get(p, "/") != "" })
	}
	if len(ports) != 3 {
		t.Errorf("host ports %v", ports)
	}
	if got := s.must("exec", "-T", "--index", "2", "web", "hostname"); !strings.HasPrefix(s.ps()["web-2"].ID, strings.TrimSpace(got)) {
		t.Errorf("--index 2 is %q, not %s", got, s.ps()["web-2"].ID)
	}
	s.must("up", "-d", "--scale", "web=5")
	if got := names(); got != "web-1 web-2 web-3 web-4 web-5" {
		t.Errorf("scaled up: %s", got)
	}
	keep := s.ps()["web-1"].ID
	s.must("up", "-d", "--scale", "web=1")
	if got := names(); got != "web-1" || s.ps()["web-1"].ID != keep || len(s.ps()) != 2 {
		t.Errorf("scaled down: %s, %d containers", got, len(s.ps()))
	}
	s.must("up", "-d", "--scale", "web=0")
	if got := names(); got != "" {
		t.Errorf("scaled to none: %s", got)
	}
	s.fails(1, []string{"no such service: other"}, "up", "-d", "--scale", "other=2")
}
