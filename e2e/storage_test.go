package e2e

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// sleep is a service's command that stays and ends at once when it is told to.
const sleep = "sh -c 'trap exit TERM; while :; do sleep 1 & wait; done'"

// inShell runs a line in a service and returns what it says, without space around it.
func (s *scenario) inShell(service, line string) string {
	s.t.Helper()
	return strings.TrimSpace(s.must("exec", "-T", service, "sh", "-c", line))
}

// refuses reports that a line in a service fails.
func (s *scenario) refuses(service, line string) {
	s.t.Helper()
	if r := s.compose("exec", "-T", service, "sh", "-c", line); r.code == 0 {
		s.t.Errorf("%s: %s succeeded: %s", service, line, r.stdout)
	}
}

func (s *scenario) volumeNames() []string {
	s.t.Helper()
	return strings.Fields(s.must("volume", "ls", "-q"))
}

// Every way to write a bind mount, and sources of every kind.
func TestBindForms(t *testing.T) {
	s := begin(t, `
services:
  a:
    command: `+sleep+`
    volumes:
      - ./dir:/dir
      - ./ro:/ro:ro
      - ./labelled:/labelled:z
      - ./one/file.txt:/file.txt
      - ~/home:/from-home
      - ./made/by/up:/made
      - /dev/null:/nothing
      - ./socket:/run/app.sock
      - ./dir:/slave:rslave
      - ./dir:/shared:rshared
      - { type: bind, source: ./dir, target: /long, read_only: true, bind: { selinux: Z, propagation: private, recursive: enabled, create_host_path: false }, consistency: cached }
      - { type: bind, source: ./dir, target: /flat, bind: { recursive: disabled } }
      - { type: bind, source: ./dir, target: /top, read_only: true, bind: { recursive: writable } }
      - { type: bind, source: ./dir, target: /all, read_only: true, bind: { recursive: readonly } }
`)
	s.env = append(s.env, "HOME="+s.dir)
	for _, name := range []string{"dir/f", "ro/f", "labelled/f", "one/file.txt", "home/f"} {
		s.write(name, name)
	}
	l, err := net.Listen("unix", filepath.Join(s.dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	r := s.compose("up", "-d")
	if r.code != 0 || !strings.Contains(r.stderr, "services.a.volumes: what a container mounts is not seen on the host") {
		t.Fatalf("up: %d\n%s", r.code, r.stderr)
	}
	for path, want := range map[string]string{
		"/dir/f": "dir/f", "/ro/f": "ro/f", "/labelled/f": "labelled/f", "/file.txt": "one/file.txt", "/from-home/f": "home/f",
		"/nothing": "", "/long/f": "dir/f", "/flat/f": "dir/f", "/slave/f": "dir/f", "/shared/f": "dir/f",
	} {
		if got := s.inShell("a", "cat "+path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	s.inShell("a", "test -S /run/app.sock && echo x >/nothing && echo x >/made/x && echo x >/dir/x")
	for _, target := range []string{"/ro", "/long", "/top", "/all"} {
		s.refuses("a", "echo x >"+target+"/x")
	}
	for _, name := range []string{"made/by/up/x", "dir/x"} {
		if s.read(name) != "x\n" {
			t.Errorf("%s: %q", name, s.read(name))
		}
	}
	slaves := s.inShell("a", "awk '/ master:/ && $5 ~ \"^/(dir|slave|shared|long)$\" {print $5}' /proc/self/mountinfo | sort")
	if strings.Contains(slaves, "/dir") || strings.Contains(slaves, "/long") {
		t.Errorf("later mounts of the host reach %q", slaves)
	}
}

// A source that may not be made is said with its line before anything is changed.
func TestBindFaults(t *testing.T) {
	s := begin(t, "services: {}\n")
	for file, want := range map[string]string{
		"{ type: bind, source: ./none, target: /x, bind: { create_host_path: false } }": "compose.yaml:5: services.a.volumes: the bind source",
		"{ type: bind, source: ./x, target: /x, bind: { propagation: sideways } }":      "propagation",
		"{ type: bind, source: ./x, target: /x, bind: { recursive: readonly } }":        "recursive: readonly is for read-only mounts",
		"{ type: volume, source: vol, target: /x, volume: { subpath: ../up } }":         `compose.yaml:5: services.a.volumes: the subpath "../up" must be a relative path within the volume`,
		"{ type: cluster, source: vol, target: /x }":                                    "services.a.volumes.0.type is not possible",
		"'none:/x'":      `volume "none" is not defined`,
		"'./x:relative'": "not an absolute path",
		"{ type: tmpfs, target: /x, tmpfs: { size: -5 } }": "size",
	} {
		s.write("compose.yaml", "services:\n  a:\n    command: sleep 100\n    volumes:\n      - "+file+"\nvolumes: { vol: {} }\n")
		s.fails(1, []string{want}, "up", "-d")
	}
	for file, want := range map[string]string{
		"driver: nfs": "volumes.vol.driver is not possible",
		"driver_opts: { type: nfs, o: 'addr=1.2.3.4', device: ':/x' }": "to mount it needs an administrator",
		"driver_opts: { o: bind, device: relative }":                   "needs the absolute path of a directory",
		"driver_opts: { type: tmpfs, o: 'evil=1' }":                    "the option evil=1 is not known",
		"name: ../../outside":                                          "is no name of a volume",
		"external: true":                                               "mocker-compose volume create ",
	} {
		s.write("compose.yaml", "services:\n  a:\n    command: sleep 100\n    volumes: ['vol:/x']\nvolumes:\n  vol:\n    "+file+"\n")
		s.fails(1, []string{want}, "up", "-d")
	}
	if names := s.volumeNames(); len(names) != 0 {
		t.Errorf("there are volumes: %q", names)
	}
}

// Named volumes live until they are removed: down keeps them, down -v removes
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
	if got := s.must("volumes", "--format", "{{.Name}}:{{.Labels}}", "a"); !strings.Contains(got, data+":com.docker.compose.project="+s.project+",com.docker.compose.volume=data,team=red\n") {
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

// Anonymous volumes go with their container, and pass to the one that takes its
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

// Volumes in memory are shared by the containers of a project; volumes that are a
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

// A part of a volume is mounted, and nothing that a sibling plants there leads
// anywhere else.
func TestSubpath(t *testing.T) {
	s := begin(t, `
services:
  owner:
    command: `+sleep+`
    volumes: ["vol:/v"]
  part:
    command: `+sleep+`
    profiles: [part]
    volumes:
      - { type: volume, source: vol, target: /part, volume: { subpath: a/b } }
      - { type: volume, source: vol, target: /one, volume: { subpath: a/file } }
  nested:
    command: `+sleep+`
    profiles: [nested]
    volumes: ["vol:/v", "./inner:/v/mnt/deep"]
volumes: { vol: {} }
`)
	canary := t.TempDir()
	if err := os.WriteFile(filepath.Join(canary, "f"), []byte("outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.write("inner/f", "inner")
	s.must("up", "-d")
	s.fails(1, []string{"subpath", "no such file"}, "--profile", "part", "up", "-d", "part")
	s.inShell("owner", "mkdir -p /v/a/b; echo in >/v/a/b/f; echo file >/v/a/file; ln -s a /v/link")
	s.must("--profile", "part", "up", "-d", "part")
	if got := s.inShell("part", "cat /part/f /one; ls /part"); got != "in\nfile\nf" {
		t.Errorf("the part is %q", got)
	}
	for _, link := range []string{canary, "../../../../../../../../../.." + canary, "/proc/self/root" + canary, "/v"} {
		s.inShell("owner", "mv /v/a /v/a.real; mkdir -p /v/a; ln -s "+link+" /v/a/b; echo x >/v/a/file")
		r := s.compose("--profile", "part", "up", "-d", "--force-recreate", "part")
		if r.code == 0 || !strings.Contains(r.stderr, "leads out") {
			t.Errorf("a link to %s: exit %d: %s", link, r.code, r.stderr)
		}
		s.inShell("owner", "rm -r /v/a; mv /v/a.real /v/a")
	}
	// A mount point inside the volume is made there; a link in its place leads to
	// what it says inside the container.
	s.must("--profile", "nested", "up", "-d", "nested")
	if got := s.inShell("nested", "cat /v/mnt/deep/f") + s.inShell("owner", "ls -d /v/mnt/deep"); got != "inner/v/mnt/deep" {
		t.Errorf("nested: %q", got)
	}
	s.must("rm", "-s", "-f", "nested")
	s.inShell("owner", "rm -r /v/mnt; ln -s "+canary+" /v/mnt")
	s.compose("--profile", "nested", "up", "-d", "nested") // it may succeed: inside, the path is another
	if entries, err := os.ReadDir(canary); err != nil || len(entries) != 1 {
		t.Errorf("outside there is now %v, %v", entries, err)
	}
	if b, err := os.ReadFile(filepath.Join(canary, "f")); err != nil || string(b) != "outside" {
		t.Errorf("outside: %q, %v", b, err)
	}
}

// A directory and a link change places all the time while containers start: none
// of the starts reaches what lies outside.
func TestSubpathRace(t *testing.T) {
	s := begin(t, `
services:
  evil:
    command: sh -c 'mkdir -p /v/sub/part; echo in >/v/sub/part/f; exec ./probe swap /v "$$CANARY"'
    environment: [CANARY]
    volumes: ["vol:/v"]
  part:
    command: cat /part/f
    volumes: [{ type: volume, source: vol, target: /part, volume: { subpath: sub/part } }]
  nested:
    command: cat /v/sub/part/mnt/f
    volumes: ["vol:/v", "./inner:/v/sub/part/mnt"]
volumes: { vol: {} }
`)
	canary := t.TempDir()
	if err := os.MkdirAll(filepath.Join(canary, "part"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(canary, "part/f"), []byte("OUTSIDE"), 0o644); err != nil {
		t.Fatal(err)
	}
	s.write("inner/f", "inner")
	s.env = append(s.env, "CANARY="+canary)
	s.must("up", "-d", "evil")
	s.eventually("names change places", func() bool { return s.compose("exec", "-T", "evil", "test", "-e", "/v/link").code == 0 })
	inside := map[string]int{}
	for range 40 {
		for service, want := range map[string]string{"part": "in\n", "nested": "inner"} {
			r := s.compose("run", "--rm", "-T", "--no-deps", service)
			switch {
			case strings.Contains(r.stdout, "OUTSIDE"):
				t.Fatal("a container has read what lies outside")
			case r.stdout == want:
				inside[service]++
			case r.code == 0:
				t.Errorf("%s: exit 0 with %q", service, r.stdout)
			}
		}
	}
	if entries, err := os.ReadDir(filepath.Join(canary, "part")); err != nil || len(entries) != 1 {
		t.Errorf("outside there is now %v, %v", entries, err)
	}
	t.Logf("of 40 starts each, found the file: %v", inside)
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

// tmpfs in every form, and /dev/shm.
func TestTmpfs(t *testing.T) {
	testns.RequireIDRange(t)
	s := begin(t, `
services:
  a:
    image: rootfs:./bb.tar
    command: `+sleep+`
    read_only: true
    shm_size: 2m
    tmpfs:
      - /plain
      - /full:size=1m,mode=0711,uid=33,gid=44,nr_inodes=50
      - /runs:exec
      - /closed:ro
    volumes:
      - { type: tmpfs, target: /long, tmpfs: { size: 1m, mode: 0700 } }
`)
	s.busyboxRoot(imagetest.File{Name: "plain/hidden", Text: "x"})
	s.must("up", "-d")
	for line, want := range map[string]string{
		"stat -c '%a %u:%g' /plain /full /long":              "1777 0:0\n711 33:44\n700 0:0",
		"df -k /full /long /dev/shm | awk 'NR>1 {print $2}'": "1024\n1024\n2048",
		"ls /plain": "",
		"cp /bin/busybox /runs/busybox && /runs/busybox echo ran": "ran",
		"stat -c %a /dev/shm":                       "1777",
		"touch /plain/x /dev/shm/x && echo written": "written",
	} {
		if got := s.inShell("a", line); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	for _, line := range []string{"cp /bin/busybox /plain/busybox && /plain/busybox true", "touch /closed/x", "touch /x", "touch /etc/x", "for i in $(seq 60); do touch /full/$i || exit 1; done"} {
		s.refuses("a", line)
	}
	s.write("compose.yaml", "services:\n  a: { command: sleep 9, tmpfs: '/x:sice=1m' }\n")
	s.fails(1, []string{"compose.yaml:2: services.a.tmpfs:", "the option sice=1m is not known"}, "up", "-d")
}

// Our hosts, hostname and resolv.conf are in place whatever the image has there,
// and a link that it has planted leads nowhere.
func TestEtcFiles(t *testing.T) {
	canary := t.TempDir()
	victim := filepath.Join(canary, "victim")
	if err := os.WriteFile(victim, []byte("outside"), 0o644); err != nil {
		t.Fatal(err)
	}
	s := begin(t, `
services:
  plain: &a { image: "rootfs:./bb.tar", command: `+sleep+`, hostname: box, extra_hosts: ["db=10.9.8.7"] }
  closed: { <<: *a, read_only: true }
  host: { command: `+sleep+`, hostname: box, read_only: true }
  own: { <<: *a, volumes: ["./hosts:/etc/hosts:ro"] }
`)
	s.write("hosts", "127.0.0.1 mine\n")
	s.busyboxRoot(
		imagetest.File{Name: "etc/resolv.conf", Link: "../run/systemd/resolve/stub-resolv.conf"},
		imagetest.File{Name: "etc/hosts", Link: victim},
		imagetest.File{Name: "etc/hostname", Link: "/proc/sys/kernel/hostname"},
	)
	s.must("up", "-d")
	for _, service := range []string{"plain", "closed"} {
		if got := s.inShell(service, "grep -c 10.9.8.7 /etc/hosts; cat /etc/hostname; grep nameserver /etc/resolv.conf"); got != "1\nbox\nnameserver 127.0.0.11" {
			t.Errorf("%s: %q", service, got)
		}
		s.inShell(service, "echo '# ours' >>/etc/hosts")
	}
	if got := s.inShell("host", "cat /etc/hostname; grep nameserver /etc/resolv.conf"); !strings.HasSuffix(got, "nameserver 127.0.0.11") {
		t.Errorf("host: %q", got)
	}
	if got := s.inShell("own", "cat /etc/hosts"); got != "127.0.0.1 mine" {
		t.Errorf("own: %q", got)
	}
	if b, err := os.ReadFile(victim); err != nil || string(b) != "outside" {
		t.Errorf("outside: %q, %v", b, err)
	}
}

// The usual trick for dependencies: a bind of the sources, and a volume over one
// of their directories.
func TestVolumeOverBind(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: rootfs:./bb.tar
    command: `+sleep+`
    working_dir: /app
    volumes: [".:/app", "/app/node_modules", "./conf/app.conf:/app/settings/app.conf:ro", { type: tmpfs, target: /app/tmp }]
`)
	s.busyboxRoot()
	s.write("index.js", "code")
	s.write("conf/app.conf", "conf")
	s.must("up", "-d")
	s.inShell("web", "echo dep >node_modules/dep; echo t >tmp/t; cat index.js; cat settings/app.conf")
	if s.read("node_modules/dep") != "" || s.read("tmp/t") != "" {
		t.Error("what belongs into the volume is in the user's directory")
	}
	s.must("down")
	for _, name := range []string{"index.js", "conf/app.conf"} {
		if s.read(name) == "" {
			t.Errorf("%s is gone", name)
		}
	}
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
