package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// What docker takes from an image's configuration, and what the file puts over it.
func TestImageConfiguration(t *testing.T) {
	requireIDs(t)
	imagetest.Busybox(t) // skips where there is none
	s := begin(t, `
services:
  plain:
    image: docker-archive:./web.tar
  over:
    image: docker-archive:./web.tar:web:1
    entrypoint: [sh, -c]
    command: ['echo "over $$0 A=$$A B=$$B C=$${C-unset} HOME=$$HOME $$(id -u):$$(id -g):$$(id -G) $$(pwd)" >> /out/over; exec sleep 1000', x]
    user: root
    working_dir: /made/by/us
    environment: {B: file, C: }
    volumes: ['./out:/out']
    healthcheck: {disable: true}
    stop_grace_period: 1s
`)
	s.write("out/keep", "")
	img := imagetest.Image{
		Names: []string{"web:1"},
		Config: imagetest.Config{
			Entrypoint: []string{"/entry.sh"}, Cmd: []string{"one", "two words"},
			Env: []string{"PATH=/bin:/opt/bin", "A=image", "B=image", "C=image"}, User: "app", WorkingDir: "/srv/deep/dir",
			ExposedPorts: imagetest.Set("8080/tcp", "53/udp"), Volumes: imagetest.Set("/var/lib/app"), StopSignal: "SIGUSR1",
			Labels: map[string]string{"from": "image"}, Shell: []string{"/bin/ash", "-c"},
			Healthcheck: &imagetest.Healthcheck{Test: []string{"CMD-SHELL", "test -e /tmp/up"}, Interval: 100 * time.Millisecond, Timeout: 10 * time.Second},
		},
		Layers: [][]imagetest.File{imagetest.Busybox(t), {
			{Name: "entry.sh", Mode: 0o755, Text: "#!/bin/sh\n" +
				`echo "args=$#:$1:$2 A=$A B=$B C=$C PATH=$PATH HOME=$HOME id=$(id -u):$(id -g):$(id -G) pwd=$(pwd)"` + "\n" +
				"trap 'echo stopped by USR1; exit 7' USR1\ntouch /tmp/up\nwhile :; do sleep 0.05; done\n"},
			{Name: "var/lib/app/", UID: 1000, GID: 1000, Mode: 0o700}, {Name: "var/lib/app/seed", Text: "seed", UID: 1000, GID: 1000},
		}},
	}
	img.WriteDockerArchive(t, filepath.Join(s.dir, "web.tar"))
	r := s.compose("up", "-d", "--wait")
	if r.code != 0 || !strings.Contains(r.stderr, " Image ") || !strings.Contains(r.stderr, "Loaded") {
		t.Fatalf("up: exit %d\n%s", r.code, r.stderr)
	}
	if strings.Count(r.stderr, "Loaded") > 2 {
		t.Errorf("one archive was read more than once for each way to name it:\n%s", r.stderr)
	}
	want := "args=2:one:two words A=image B=image C=image PATH=/bin:/opt/bin HOME=/home/app id=1000:1000:1000 2000 pwd=/srv/deep/dir"
	s.eventually("both have spoken", func() bool { return len(s.logLines("plain")) > 0 && s.read("out/over") != "" })
	if got := s.logLines("plain"); !strings.HasSuffix(got[0], want) {
		t.Errorf("got %q, want %s", got, want)
	}
	if got := s.read("out/over"); got != "over x A=image B=file C=unset HOME=/root 0:0:0 /made/by/us\n" {
		t.Errorf("got %q", got)
	}
	ps := s.ps()["plain-1"]
	if ps.Health != "healthy" || s.ps()["over-1"].Health != "" {
		t.Errorf("health %q and %q", ps.Health, s.ps()["over-1"].Health)
	}
	if out := s.must("ps"); !strings.Contains(out, "web:1") || !strings.Contains(out, "8080/tcp") || !strings.Contains(out, "/entry.sh one") {
		t.Errorf("ps:\n%s", out)
	}
	if got := s.must("exec", "-T", "plain", "sh", "-c", "id -un; cat /var/lib/app/seed; stat -c %u:%g:%a /var/lib/app"); got != "app\nseed1000:1000:700\n" {
		t.Errorf("in the container: %q", got)
	}
	again := s.compose("up", "-d")
	if strings.Contains(again.stderr, "Load") || !strings.Contains(again.stderr, "plain-1  Running") {
		t.Errorf("the second up says\n%s", again.stderr)
	}
	s.must("stop", "plain")
	s.eventually("its last words", func() bool {
		lines := s.logLines("plain")
		return strings.HasSuffix(lines[len(lines)-1], "stopped by USR1")
	})
	if c := s.ps()["plain-1"]; c.ExitCode != 7 {
		t.Errorf("%+v", c)
	}
}

// An image of the store is found by name and by id; run takes the same way as up;
// one that a container uses stays, and what another image is called after that
// recreates the container.
func TestImageByName(t *testing.T) {
	requireIDs(t)
	imagetest.Busybox(t)
	s := begin(t, "services:\n  web: {image: 'web:1', stop_grace_period: 0s}\n  old: {image: 'web:1', entrypoint: [], command: cat /version, profiles: [tools]}\n")
	config := imagetest.Config{Entrypoint: []string{"/bin/sh", "-c", `echo "$0 $*"; sleep 1000`}, Cmd: []string{"a", "b"}, User: "app", Env: []string{"FROM=image"}}
	s.image("one.tar", "web:1", config, []imagetest.File{{Name: "version", Text: "one\n"}})
	s.image("two.tar", "web:1", config, []imagetest.File{{Name: "version", Text: "two\n"}})
	s.must("image", "load", "-i", "one.tar")
	s.must("up", "-d")
	first := s.ps()["web-1"].ID
	s.eventually("its line", func() bool { return len(s.logLines("web")) == 1 })
	if got := s.logLines("web")[0]; !strings.HasSuffix(got, "a b") {
		t.Errorf("got %q", got)
	}
	if got := s.must("run", "--rm", "-T", "--entrypoint", "sh", "web", "-c", "id -u; echo $FROM; cat /version"); got != "1000\nimage\none\n" {
		t.Errorf("run with another entrypoint: %q", got)
	}
	if got := s.must("run", "--rm", "-T", "-u", "0:2000", "old"); got != "one\n" {
		t.Errorf("run without the image's entrypoint: %q", got)
	}
	s.fails(1, []string{"more than one colon"}, "exec", "-T", "-u", "a:b:c", "web", "true")
	s.fails(1, []string{"unknown user"}, "exec", "-T", "-u", "nobody-knows", "web", "true")
	s.must("image", "load", "-i", "two.tar")
	if got := s.must("exec", "-T", "web", "cat", "/version"); got != "one\n" {
		t.Errorf("the container goes on with %q", got)
	}
	s.must("restart", "-t", "0", "web")
	if got := s.must("exec", "-T", "web", "cat", "/version"); got != "one\n" {
		t.Errorf("the restarted container has %q", got)
	}
	s.must("up", "-d")
	if got := s.must("exec", "-T", "web", "cat", "/version"); got != "two\n" || s.ps()["web-1"].ID == first {
		t.Errorf("after up: %q", got)
	}
}
