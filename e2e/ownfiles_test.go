package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// ownerIDs skips where there is one id only: then everything is the caller's anyway.
func ownerIDs(t *testing.T) {
	t.Helper()
	for _, env := range []string{"MOCKER_FORCE_SINGLE_ID", "MOCKER_FORCE_PORTABLE", "MOCKER_FORCE_NO_OVERLAY", "MOCKER_FORCE_FUSE"} {
		if os.Getenv(env) != "" {
			t.Skipf("%s: ids are not exchanged", env)
		}
	}
}

// serverImage is an image in the manner of the official databases: it has a user of its
// own, to whom the place of the data belongs.
func (s *scenario) serverImage(c imagetest.Config, more ...imagetest.File) {
	s.t.Helper()
	files := []imagetest.File{
		{Name: "etc/"}, {Name: "etc/passwd", Text: "root:x:0:0:root:/root:/bin/sh\nserver:x:999:998:server:/data:/bin/sh\nother:x:1234:1234::/:/bin/sh\n"},
		{Name: "etc/group", Text: "root:x:0:\nserver:x:998:\nother:x:1234:\n"},
		{Name: "root/", Mode: 0o700}, {Name: "tmp/", Mode: 0o1777}, {Name: "usr/"}, {Name: "usr/share/"}, {Name: "usr/share/text", Text: "from the image\n", Mode: 0o644},
		{Name: "data/", Mode: 0o700, UID: 999, GID: 998}, {Name: "srv/", Mode: 0o755, UID: 1234, GID: 1234}, {Name: "srv/theirs", Text: "x", UID: 1234, GID: 1234},
	}
	s.image("server.tar", "server:1", c, append(files, more...))
}

// serverConfig is what such an image says: an entrypoint that steps down, and a volume.
func serverConfig() imagetest.Config {
	return imagetest.Config{
		Entrypoint: []string{"sh", "-c", `id -u; chown server:server /data && exec su server -s /bin/sh -c "$*"`, "sh"},
		Volumes:    imagetest.Set("/data"),
	}
}

// ids are "user:group" of a file on the host, as the caller sees it.
func ids(t *testing.T, path string) string {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	sys := st.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", sys.Uid, sys.Gid)
}

func myIDs() string { return fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()) }

// A server that begins as root and goes on as a user of its image: nobody has to say
// anything for its files to be the caller's. Inside everything is as with docker.
func TestOwnFilesOfServer(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  db:
    image: docker-archive:server.tar
    command: ['umask 077; mkdir -p /data/deep; echo x > /data/deep/file; id -u; id -g; touch /data/ready; exec sleep 1000']
    volumes: ["./data:/data", "./init:/docker-entrypoint-initdb.d"]
    stop_grace_period: 0s
`)
	s.serverImage(serverConfig())
	s.must("up", "-d")
	s.eventually("its file", func() bool { _, err := os.Stat(filepath.Join(s.dir, "data/ready")); return err == nil })
	for _, path := range []string{"data", "data/deep", "data/deep/file", "data/ready"} {
		if got := ids(t, filepath.Join(s.dir, path)); got != myIDs() {
			t.Errorf("%s belongs to %s on the host, want %s", path, got, myIDs())
		}
	}
	s.eventually("the ids inside", func() bool { return strings.Join(s.logLines("db"), " ") == "0 999 998" })
	inside := s.must("exec", "-T", "db", "stat", "-c", "%n %u:%g", "/", "/usr/share/text", "/etc", "/etc/hosts", "/etc/passwd", "/root", "/tmp", "/dev", "/dev/fd", "/dev/shm", "/data", "/data/ready", "/srv", "/srv/theirs", "/docker-entrypoint-initdb.d", "/proc/1")
	want := "/ 0:0\n/usr/share/text 0:0\n/etc 0:0\n/etc/hosts 0:0\n/etc/passwd 0:0\n/root 0:0\n/tmp 0:0\n/dev 0:0\n/dev/fd 0:0\n/dev/shm 0:0\n/data 999:998\n/data/ready 999:998\n/srv 1234:1234\n/srv/theirs 1234:1234\n/docker-entrypoint-initdb.d 999:998\n/proc/1 999:998\n"
	if inside != want {
		t.Errorf("inside:\n%swant:\n%s", inside, want)
	}
	s.plainRemove("data/deep")
}

// What else there is in a container is as without the exchange: commands, copies, health,
// secrets, memory, what it writes into its image, and what comes of that.
func TestOwnFilesInside(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  app:
    image: docker-archive:server.tar
    user: server
    command: [sh, -c, 'echo x > /srv/mine; touch /work/out; exec sleep 1000']
    volumes: ["./work:/work", "kept:/data", {type: tmpfs, target: /fast}, {type: tmpfs, target: /theirs, tmpfs: {mode: 0700}}]
    tmpfs: ["/slow:uid=999,gid=998,mode=700"]
    secrets: [{source: word, target: word, uid: "999", gid: "998", mode: 0400}, {source: word, target: root, mode: 0400}]
    healthcheck: {test: "test $$(id -u) = 999 && test -r /run/secrets/word && test ! -r /run/secrets/root && test -e /work/out", interval: 1s}
    stop_grace_period: 0s
secrets: {word: {environment: WORD}}
volumes: {kept: {}}
`)
	s.env = append(s.env, "WORD=geheim")
	s.serverImage(imagetest.Config{}, imagetest.File{Name: "data/first", Text: "1", UID: 999, GID: 998}, imagetest.File{Name: "srv/", Mode: 0o777, UID: 1234, GID: 1234})
	s.must("up", "-d", "--wait")
	got := s.must("exec", "-T", "app", "stat", "-c", "%n %u:%g", "/work/out", "/data", "/data/first", "/srv", "/srv/mine", "/fast", "/theirs", "/slow", "/run/secrets/word", "/run/secrets/root")
	want := "/work/out 999:998\n/data 999:998\n/data/first 999:998\n/srv 1234:1234\n/srv/mine 999:998\n/fast 0:0\n/theirs 0:0\n/slow 999:998\n/run/secrets/word 999:998\n/run/secrets/root 0:0\n"
	if got != want {
		t.Errorf("inside:\n%swant:\n%s", got, want)
	}
	if got := ids(t, filepath.Join(s.dir, "work/out")); got != myIDs() {
		t.Errorf("on the host: %s", got)
	}
	for user, want := range map[string]string{"": "999 998", "0": "0 0", "other": "1234 1234", "5:6": "5 6"} {
		if got := strings.Join(strings.Fields(s.must("exec", "-T", "-u", user, "app", "sh", "-c", "id -u; id -g")), " "); got != want {
			t.Errorf("exec -u %q: %s, want %s", user, got, want)
		}
	}
	// Root inside has docker's rights, and no other.
	s.must("exec", "-T", "-u", "0", "app", "sh", "-c", "touch /srv/a && chown 1234:5 /srv/a && chmod 4755 /srv/a && echo x > /srv/theirs && test $(stat -c %u:%g /srv/a) = 1234:5")
	if r := s.compose("exec", "-T", "-u", "0", "app", "sh", "-c", "mount -t tmpfs x /tmp || hostname other || ip link add d type dummy || echo 1 > /proc/sys/net/ipv4/ip_forward"); r.code == 0 {
		t.Errorf("root inside may do too much: %s%s", r.stdout, r.stderr)
	}
	name := "999" // top has the host's name for an id inside, as with docker
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	if top := s.must("top"); !strings.Contains(top, " "+name+" ") {
		t.Errorf("top lacks %s:\n%s", name, top)
	}
	s.write("in", "copied")
	s.must("cp", "in", "app:/srv/in")
	s.must("cp", "in", "app:/work/in")
	if got := s.must("exec", "-T", "app", "stat", "-c", "%u:%g", "/srv/in", "/work/in"); got != "0:0\n999:998\n" {
		t.Errorf("what cp has made belongs to %q", got)
	}
	if got := ids(t, filepath.Join(s.dir, "work/in")); got != myIDs() {
		t.Errorf("what cp has put into a directory of mine belongs to %s", got)
	}
	s.must("cp", "app:/srv", "out")
	if s.read("out/mine") != "x\n" || ids(t, filepath.Join(s.dir, "out/mine")) != myIDs() {
		t.Error("copied out")
	}
	s.committed()
}

// committed looks at an image and an archive of the container.
func (s *scenario) committed() {
	s.t.Helper()
	s.must("commit", "app", "later:1")
	s.must("export", "-o", "root.tar", "app")
	for name, args := range map[string][]string{
		"export": {"-tvf", filepath.Join(s.dir, "root.tar"), "--numeric-owner", "srv/mine", "srv/a", "srv/in", "etc/passwd", "srv/theirs", "data/"},
	} {
		out, err := exec.Command("tar", args...).CombinedOutput()
		for _, want := range []string{" 999/998 ", " 1234/5 ", " 0/0 "} {
			if err != nil || !strings.Contains(string(out), want) {
				s.t.Errorf("%s lacks %s: %v\n%s", name, want, err, out)
			}
		}
	}
	s.write("later.yaml", "services:\n  app:\n    image: later:1\n    user: root\n    command: [stat, -c, '%n %u:%g', /srv/mine, /srv/a, /srv/in, /srv/theirs, /etc/passwd, /]\n")
	got := s.must("-f", "later.yaml", "-p", s.project, "run", "--rm", "-T", "app")
	if want := "/srv/mine 999:998\n/srv/a 1234:5\n/srv/in 0:0\n/srv/theirs 1234:1234\n/etc/passwd 0:0\n/ 0:0\n"; got != want {
		s.t.Errorf("the image that was made has:\n%swant:\n%s", got, want)
	}
}

// What has two ids exchanged keeps them: over restarts, the deaths of the supervisor and
// of all processes, down and up, replicas, and a prune beside it.
func TestOwnFilesLast(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  db:
    image: docker-archive:server.tar
    command: [su, server, -s, /bin/sh, -c, 'umask 077; date +%N >> /data/$$HOSTNAME; id -u >> /data/ids; exec sleep 1000']
    volumes: ["./data:/data"]
    deploy: {replicas: 2}
    restart: always
    stop_grace_period: 0s
    x-mocker: {own_files: server}
`)
	s.serverImage(imagetest.Config{})
	count := func() int { return strings.Count(s.read("data/ids"), "999\n") }
	reaches := func(n int, when string) {
		t.Helper()
		s.eventually(when, func() bool { return count() >= n })
		for _, name := range []string{"data", "data/ids"} {
			if got := ids(t, filepath.Join(s.dir, name)); got != myIDs() {
				t.Fatalf("%s: %s belongs to %s", when, name, got)
			}
		}
	}
	if out := s.compose("up", "-d"); !strings.Contains(out.stderr, "Exchanged owners") {
		t.Errorf("the progress lacks it:\n%s", out.stderr)
	}
	reaches(2, "both have started")
	s.must("restart")
	reaches(4, "both have started again")
	s.killSupervisor()
	if got := s.must("exec", "-T", "--index", "2", "db", "stat", "-c", "%u", "/", "/data/ids"); got != "0\n999\n" {
		t.Errorf("after the supervisor's death: %q", got)
	}
	s.must("image", "prune", "-af")
	s.must("restart")
	reaches(6, "after the supervisor's death and a prune")
	if err := syscall.Kill(s.projectHolderPID("db"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	reaches(8, "after the death of all")
	s.must("down")
	if out := s.compose("up", "-d"); out.code != 0 || strings.Contains(out.stderr, "Exchanged owners") {
		t.Errorf("the second up: %d\n%s", out.code, out.stderr)
	}
	reaches(10, "after down and up")
	s.must("down")
	s.must("image", "prune", "-af")
	if left, _ := os.ReadDir(filepath.Join(s.dirs.Images(), "variants")); len(left) > 0 {
		t.Errorf("a prune leaves %v", left)
	}
	s.plainRemove("data")
}

// Data that was written under one rule is not lost under the other: it is said whose it
// is, and the command that is said makes it the caller's, or the service's.
func TestOwnFilesSwitched(t *testing.T) {
	ownerIDs(t)
	const file = `
services:
  db:
    image: docker-archive:server.tar
    command: ['umask 077; echo %s >> /data/words && exec sleep 1000']
    volumes: ["./my data:/data"]
    stop_grace_period: 0s
    x-mocker: {own_files: %s}
`
	s := begin(t, fmt.Sprintf(file, "first", "false"))
	s.serverImage(serverConfig())
	data := filepath.Join(s.dir, "my data")
	has := func(words string) {
		t.Helper()
		s.eventually(words, func() bool {
			r := s.compose("unshare", "cat", filepath.Join(data, "words"))
			return strings.Join(strings.Fields(r.stdout), " ") == words
		})
	}
	// obey carries out the command that a message says.
	obey := func(message string) {
		t.Helper()
		_, command, _ := strings.Cut(message, ": mocker-compose ")
		command, _, _ = strings.Cut("mocker-compose "+command, "\n")
		script := strings.ReplaceAll(command, "mocker-compose", built.compose)
		cmd := exec.Command("sh", "-c", script)
		cmd.Dir, cmd.Env = s.dir, s.env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	s.must("up", "-d")
	has("first")
	if ids(t, data) == myIDs() {
		t.Fatal("without an exchange the data is the caller's: nothing is tested")
	}
	for _, rule := range []string{"server", "true"} { // asked for: refused
		s.write("compose.yaml", fmt.Sprintf(file, "second", rule))
		s.fails(1, []string{"was written without x-mocker.own_files", "chown -R --from=999 0:0 '" + data + "'"}, "up", "-d")
		if s.state("db-1") != "running" {
			t.Error("what is refused has ended what ran")
		}
	}
	s.write("compose.yaml", strings.ReplaceAll(fmt.Sprintf(file, "second", "x"), "    x-mocker: {own_files: x}\n", "")) // not asked for: as before
	r := s.compose("up", "-d")
	if r.code != 0 || !strings.Contains(r.stderr, "was written without x-mocker.own_files") {
		t.Fatalf("up: %d %s", r.code, r.stderr)
	}
	has("first second")
	s.write("compose.yaml", strings.ReplaceAll(fmt.Sprintf(file, "third", "x"), "    x-mocker: {own_files: x}\n", ""))
	obey(r.stderr)
	has("first second third")
	if got := ids(t, filepath.Join(data, "words")); got != myIDs() {
		t.Errorf("after the command it belongs to %s", got)
	}
	s.write("compose.yaml", fmt.Sprintf(file, "fourth", "false"))
	r = s.compose("up", "-d")
	if r.code != 0 || !strings.Contains(r.stderr, "sees what is in "+data+" as root's") {
		t.Fatalf("up: %d %s", r.code, r.stderr)
	}
	s.eventually("it may not write there", func() bool { return s.state("db-1") == "exited" })
	obey(r.stderr)
	s.must("restart")
	has("first second third fourth")
	s.must("down")
	s.must("unshare", "rm", "-r", data)
}

// Services with and without an exchange share namespaces, and what both may do in them is
// what their image says.
func TestOwnFilesShared(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  own:
    image: docker-archive:server.tar
    user: server
    command: [sh, -c, 'nc -l -p 70 -e echo hello & nc -l -p 7000 -e echo local & exec sleep 1000']
    volumes: ["./work:/work"]
    ipc: shareable
    stop_grace_period: 0s
  net:
    image: docker-archive:server.tar
    command: sleep 1000
    network_mode: service:own
    pid: service:own
    stop_grace_period: 0s
  joined:
    image: docker-archive:server.tar
    command: sleep 1000
    user: server
    network_mode: service:plain
    pid: service:plain
    ipc: service:own
    volumes: ["./work:/work"]
    x-mocker: {own_files: true}
    stop_grace_period: 0s
  plain:
    image: docker-archive:server.tar
    command: sleep 1000
    stop_grace_period: 0s
`)
	s.serverImage(imagetest.Config{})
	s.must("up", "-d")
	s.eventually("port 70 without root", func() bool {
		return strings.TrimSpace(s.compose("exec", "-T", "plain", "nc", "own", "70").stdout) == "hello"
	})
	s.eventually("what listens in the shared net namespace", func() bool {
		return strings.TrimSpace(s.compose("exec", "-T", "net", "nc", "127.0.0.1", "7000").stdout) == "local"
	})
	s.must("exec", "-T", "joined", "touch", "/work/j")
	if got := ids(t, filepath.Join(s.dir, "work/j")); got != myIDs() {
		t.Errorf("what joined writes belongs to %s", got)
	}
	// Neither root of joined nor its user gets at what plain's root has.
	for _, user := range []string{"0", "server"} {
		if r := s.compose("exec", "-T", "-u", user, "joined", "sh", "-c", "ls /proc/1/root/ || cat /proc/1/environ"); r.code == 0 {
			t.Errorf("%s looks into a process of plain: %s", user, r.stdout)
		}
	}
	s.must("exec", "-T", "net", "sh", "-c", "kill -0 1")
}

// Where ids cannot be exchanged, it is said once, and everything runs as with docker.
func TestOwnFilesUnable(t *testing.T) {
	ownerIDs(t)
	for _, force := range []string{"MOCKER_FORCE_PORTABLE=1", "MOCKER_FORCE_NO_OVERLAY=1"} {
		t.Run(force, func(t *testing.T) {
			s := begin(t, `
services:
  app:
    image: docker-archive:server.tar
    user: server
    command: [sh, -c, 'touch /work/x; exec sleep 1000']
    volumes: ["./work:/work"]
    scale: 2
    x-mocker: {own_files: server}
    stop_grace_period: 0s
`)
			s.env = append(s.env, force)
			s.serverImage(imagetest.Config{})
			s.write("work/y", "")
			if err := os.Chmod(filepath.Join(s.dir, "work"), 0o777); err != nil {
				t.Fatal(err)
			}
			r := s.compose("up", "-d")
			if r.code != 0 || strings.Count(r.stderr, "x-mocker.own_files has no effect: ") != 1 {
				t.Errorf("up: %d\n%s", r.code, r.stderr)
			}
			s.eventually("it writes", func() bool { return s.compose("exec", "-T", "app", "test", "-e", "/work/x").code == 0 })
			if got := ids(t, filepath.Join(s.dir, "work/x")); got == myIDs() {
				t.Error("it is the caller's all the same")
			}
			s.must("down")
			s.env = s.env[:len(s.env)-1] // the way in takes it
			s.must("unshare", "rm", "-r", filepath.Join(s.dir, "work"))
		})
	}
}
