package e2e

import (
	"net"
	"os"
	"path/filepath"
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
// Anonymous volumes go with their container, and pass to the one that takes its
// Volumes in memory are shared by the containers of a project; volumes that are a
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
		"stat -c '%a %u:%g' /plain /full /long":                   "1777 0:0\n711 33:44\n700 0:0",
		"df -k /full /long /dev/shm | awk 'NR>1 {print $2}'":      "1024\n1024\n2048",
		"ls /plain/hidden 2>/dev/null || echo covered":            "covered",
		"cp /bin/busybox /runs/busybox && /runs/busybox echo ran": "ran",
		"stat -c %a /dev/shm":                                     "1777",
		"touch /plain/x /dev/shm/x && echo written":               "written",
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
