package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// exactly the project's own.
func TestVolumesOutliveDown(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: `+sleep+`
    volumes: ["data:/data", "given:/given:ro", "outside:/outside", "/anonymous"]
volumes:
  data: { labels: { team: red } }
  given: { name: given-name }
  outside: { external: true, name: outside-canary }
`)
	s.fails(1, []string{`external volume "outside-canary" not found`, "mocker-compose volume create outside-canary"}, "up", "-d")
	if out := s.must("ls", "-a", "-q"); out != "" {
		t.Errorf("a project was begun: %s", out)
	}
	if out := s.must("volume", "create", "--label", "keep=me", "outside-canary"); out != "outside-canary\n" {
		t.Errorf("volume create says %q", out)
	}
	s.must("volume", "create", "other-canary")
	s.must("up", "-d")
	s.inShell("a", "echo one >/data/f; echo two >/outside/f; echo three >/anonymous/f; touch /given/x 2>/dev/null && echo written || true")
	if got := s.inShell("a", "stat -c '%a %u:%g' /data; test -e /given/x || echo ro"); got != "755 0:0\nro" {
		t.Errorf("the volumes are %q", got)
	}
	data := s.project + "_data"
	if got := strings.Fields(s.must("volumes", "-q")); !slices.Equal(got, []string{data, "given-name"}) {
		t.Errorf("volumes -q: %q", got)
	}
	if got := s.must("volumes"); !strings.HasPrefix(got, "DRIVER") || !strings.Contains(got, "local     "+data) {
		t.Errorf("volumes: %q", got)
	}
	if got := s.must("volumes", "--format", "{{.Name}}:{{.Labels}}", "a"); !strings.Contains(got, data+":com.docker.compose.config-hash=") || !strings.Contains(got, ",com.docker.compose.project="+s.project+",com.docker.compose.volume=data,team=red\n") {
		t.Errorf("volumes with a template: %q", got)
	}
	var row map[string]string
	if err := json.Unmarshal([]byte(strings.SplitN(s.must("volumes", "--format", "json"), "\n", 2)[0]), &row); err != nil || row["Driver"] != "local" || row["Name"] != data {
		t.Errorf("volumes in JSON: %v, %v", row, err)
	}
	s.fails(1, []string{"no such service: nobody"}, "volumes", "nobody")
	s.fails(1, []string{"is in use by"}, "volume", "rm", data)
	s.must("down")
	s.must("up", "-d")
	if got := s.inShell("a", "cat /data/f /outside/f; ls /anonymous"); got != "one\ntwo" {
		t.Errorf("after down and up: %q", got)
	}
	s.must("down", "-v")
	left := s.volumeNames()
	if slices.Contains(left, data) || slices.Contains(left, "given-name") || !slices.Contains(left, "outside-canary") || !slices.Contains(left, "other-canary") {
		t.Errorf("down -v left %q", left)
	}
	if b, err := os.ReadFile(filepath.Join(s.dirs.Volumes(), "outside-canary/f")); err != nil || string(b) != "two\n" {
		t.Errorf("the external volume holds %q, %v", b, err)
	}
	// Left is the anonymous volume of the first container, as with docker.
	if out := s.must("volume", "prune", "-f"); !strings.Contains(out, "Deleted Volumes:\n") {
		t.Errorf("prune: %q", out)
	}
	if left := s.volumeNames(); !slices.Equal(left, []string{"other-canary", "outside-canary"}) {
		t.Errorf("prune left %q", left)
	}
	s.must("volume", "rm", "other-canary", "outside-canary")
}

// place.
func TestAnonymousVolumes(t *testing.T) {
	s := begin(t, "services:\n  a:\n    command: "+sleep+"\n    volumes: [/data, {type: volume, target: /more, volume: {labels: {a: b}}}]\n")
	s.must("up", "-d")
	s.inShell("a", "echo first >/data/f")
	s.must("up", "-d", "--force-recreate")
	if got := s.inShell("a", "cat /data/f"); got != "first" {
		t.Errorf("recreated, it holds %q", got)
	}
	if got := s.must("volume", "ls", "-f", "label=a=b", "-q"); len(strings.Fields(got)) != 1 {
		t.Errorf("with the label: %q", got)
	}
	s.must("up", "-d", "--force-recreate", "-V")
	if got := s.inShell("a", "ls /data"); got != "" {
		t.Errorf("renewed, it holds %q", got)
	}
	if n := len(s.volumeNames()); n != 4 {
		t.Errorf("%d volumes, want the two old and two new ones", n)
	}
	s.must("rm", "-s", "-f", "-v", "a")
	if n := len(s.volumeNames()); n != 2 {
		t.Errorf("after rm -v there are %d volumes, want the two that nothing has used", n)
	}
	s.must("up", "-d")
	s.must("down", "-v")
	s.must("volume", "prune", "-f")
	if names := s.volumeNames(); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
}

// directory of the user's stay where they are.
func TestDriverOpts(t *testing.T) {
	testns.RequireIDRange(t)
	s := begin(t, `
services:
  a: &a
    command: `+sleep+`
    volumes: ["memory:/memory", "mine:/mine", { type: volume, source: memory, target: /part, volume: { subpath: sub } }]
    restart: "no"
    user: "0"
  b: { <<: *a, volumes: ["memory:/memory:ro", "mine:/mine:ro"], depends_on: [a] }
volumes:
  memory: { driver: local, driver_opts: { type: tmpfs, device: tmpfs, o: "size=1m,uid=33,mode=0750" } }
  mine: { driver: local, driver_opts: { type: none, o: bind, device: ./mine } }
`)
	s.write("mine/old", "old")
	s.fails(1, []string{`subpath "sub"`, "no such file"}, "up", "-d")
	s.write("compose.yaml", strings.Replace(s.read("compose.yaml"), ", { type: volume, source: memory, target: /part, volume: { subpath: sub } }", "", 1))
	s.must("up", "-d")
	if got := s.inShell("a", "stat -c '%a %u' /memory; df -k /memory | awk 'END {print $2}'; cat /mine/old"); got != "750 33\n1024\nold" {
		t.Errorf("the volumes are %q", got)
	}
	s.inShell("a", "echo shared >/memory/f; echo new >/mine/new; mkdir /memory/sub")
	if got := s.inShell("b", "cat /memory/f"); got != "shared" {
		t.Errorf("the other container sees %q", got)
	}
	s.refuses("b", "echo x >/memory/x")
	s.refuses("a", "dd if=/dev/zero of=/memory/big bs=1M count=2")
	s.killSupervisor()
	s.must("restart", "-t", "0", "a")
	if got := s.inShell("a", "cat /memory/f"); got != "shared" {
		t.Errorf("after a crash and a restart it holds %q", got)
	}
	if s.read("mine/new") != "new\n" {
		t.Errorf("the user's directory: %q", s.read("mine/new"))
	}
	s.must("down", "-v")
	if s.read("mine/new") != "new\n" || s.read("mine/old") != "old" {
		t.Error("down -v has deleted the user's own files")
	}
}

// One service takes over the mounts of another.
func TestVolumesFrom(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: `+sleep+`
    volumes: ["vol:/v", "/anonymous", "./dir:/dir", { type: tmpfs, target: /scratch }]
  b: { command: `+sleep+`, volumes_from: [a] }
  c: { command: `+sleep+`, volumes_from: ["a:ro"], volumes: ["./own:/dir"] }
  d: { command: `+sleep+`, volumes_from: ["container:`+"${COMPOSE_PROJECT_NAME}"+`-a-1"], depends_on: [a] }
volumes: { vol: {} }
`)
	s.write("own/mine", "own")
	s.must("create")
	s.must("up", "-d")
	s.inShell("a", "echo 1 >/v/f; echo 2 >/anonymous/f; echo 3 >/dir/f")
	for _, service := range []string{"b", "d"} {
		if got := s.inShell(service, "cat /v/f /anonymous/f /dir/f; ls -d /scratch 2>/dev/null || true"); got != "1\n2\n3" {
			t.Errorf("%s: %q", service, got)
		}
	}
	if got := s.inShell("c", "cat /v/f /dir/mine"); got != "1\nown" {
		t.Errorf("c: %q", got)
	}
	s.refuses("c", "echo x >/v/x")
	s.inShell("b", "echo x >/v/x")
	s.write("compose.yaml", "services:\n  a: { command: sleep 9, volumes_from: [nobody] }\n")
	s.fails(1, []string{`compose.yaml:2: services.a.volumes_from: service "nobody" is not defined`}, "up", "-d")
	s.write("compose.yaml", "services:\n  x: { command: sleep 9, volumes_from: ['container:somebody-elses'] }\n")
	s.fails(1, []string{"somebody-elses is not there"}, "up", "-d")
}

// The commands on volumes, without any project.
func TestVolumeCommands(t *testing.T) {
	s := begin(t, "services: {}\n")
	name := strings.TrimSpace(s.must("volume", "create"))
	if len(name) != 64 {
		t.Errorf("a volume without a name is called %q", name)
	}
	s.must("volume", "create", "--label", "a=b", "-o", "type=tmpfs", "-o", "o=size=1m", "mem")
	if out := s.must("volume", "create", "mem"); out != "mem\n" {
		t.Errorf("made twice: %q", out)
	}
	s.fails(1, []string{"exists with other options"}, "volume", "create", "-o", "type=tmpfs", "mem")
	s.fails(1, []string{`driver "nfs" is not there`}, "volume", "create", "-d", "nfs", "x1")
	s.fails(1, []string{"is no name of a volume"}, "volume", "create", "../x")
	var list []struct {
		Name, Driver, Mountpoint string
		Labels, Options          map[string]string
	}
	if err := json.Unmarshal([]byte(s.must("volume", "inspect", "mem")), &list); err != nil || len(list) != 1 || list[0].Labels["a"] != "b" || list[0].Options["o"] != "size=1m" || list[0].Driver != "local" {
		t.Errorf("inspect: %+v, %v", list, err)
	}
	if out := s.must("volume", "inspect", "-f", "{{.Name}} {{.Scope}}", "mem"); out != "mem local\n" {
		t.Errorf("inspect with a template: %q", out)
	}
	s.fails(1, []string{"no such volume: none"}, "volume", "inspect", "none")
	for filter, want := range map[string]string{"name=me": "mem", "label=a": "mem", "label=a=c": "", "driver=other": "", "dangling=false": ""} {
		if got := strings.TrimSpace(s.must("volume", "ls", "-q", "-f", filter)); got != want {
			t.Errorf("filter %s: %q", filter, got)
		}
	}
	if r := s.composeWith("n\n", "volume", "prune"); r.code != 0 || len(s.volumeNames()) != 2 {
		t.Errorf("prune that was not confirmed: %d, %q", r.code, s.volumeNames())
	}
	if out := s.must("volume", "prune", "-f"); !strings.Contains(out, name) {
		t.Errorf("prune: %q", out)
	}
	s.fails(1, []string{"no such volume: none"}, "volume", "rm", "none", "mem")
	if out := s.must("volume", "rm", "-f", "none"); !bytes.Contains([]byte(out), []byte("none")) {
		t.Errorf("rm -f: %q", out)
	}
	if names := s.volumeNames(); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
}

// Files of other ids of a container can be removed with their volume.
func TestVolumesOfOtherIDs(t *testing.T) {
	testns.RequireIDRange(t)
	s := begin(t, "services:\n  a: { command: "+sleep+", volumes: ['vol:/v'] }\nvolumes: { vol: { name: others } }\n")
	s.must("up", "-d")
	s.inShell("a", "mkdir -p /v/d/e; touch /v/d/e/f; chown -R 33:33 /v/d; chmod 700 /v/d")
	s.must("down")
	s.must("volume", "rm", "others")
	if names := s.volumeNames(); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
}

// A volume has the owner that one image gives it, although the image of another container has
// nothing at its place, whichever of them is made first.
func TestVolumeOfTwoImages(t *testing.T) {
	testns.RequireIDRange(t)
	s := begin(t, `
services:
  writer: { image: "rootfs:./own.tar", user: "33", command: sleep 1000, stop_grace_period: 0s, volumes: ["media:/media"] }
  reader: { image: "rootfs:./bb.tar", command: sleep 1000, stop_grace_period: 0s, volumes: ["media:/media:ro"] }
volumes: { media: {} }
`)
	s.busyboxRoot()
	s.write("own.tar", string(imagetest.Tar(t, append(imagetest.Busybox(t), imagetest.File{Name: "media/", Mode: 0o755, UID: 33, GID: 33}))))
	for _, order := range [][]string{{"writer", "reader"}, {"reader", "writer"}} {
		for _, service := range order {
			s.must("up", "-d", service)
		}
		if got := s.must("exec", "-T", "writer", "stat", "-c", "%u %a", "/media"); got != "33 755\n" {
			t.Errorf("%v: the volume is of %q", order, got)
		}
		s.must("exec", "-T", "writer", "touch", "/media/f")
		s.must("exec", "-T", "reader", "cat", "/media/f")
		s.must("down", "-v")
	}
}

// Two projects and one volume: it is removed by neither while the other uses it.
func TestVolumeOfTwoProjects(t *testing.T) {
	s := begin(t, "services:\n  a: { command: "+sleep+", volumes: ['vol:/v'] }\nvolumes: { vol: { name: both } }\n")
	s.must("up", "-d")
	s.inShell("a", "echo mine >/v/f")
	if r := s.compose("-p", s.project+"2", "up", "-d"); r.code != 0 || !strings.Contains(r.stderr, `was created for project "`+s.project) {
		t.Errorf("the second project: %d, %s", r.code, r.stderr)
	}
	if r := s.compose("down", "-v"); r.code != 0 || !strings.Contains(r.stderr, "still in use") {
		t.Errorf("down -v of the first: %d, %s", r.code, r.stderr)
	}
	if got := s.must("-p", s.project+"2", "exec", "-T", "a", "cat", "/v/f"); got != "mine\n" {
		t.Errorf("the second project reads %q", got)
	}
	s.must("-p", s.project+"2", "down", "-v")
	if names := s.volumeNames(); !slices.Equal(names, []string{"both"}) {
		t.Errorf("the volume of the first project was removed by the second: %q", names)
	}
	s.must("down", "-v")
	if names := s.volumeNames(); len(names) != 0 {
		t.Errorf("left: %q", names)
	}
}
