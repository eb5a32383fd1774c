package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// fileIn is what a file is in a container of a service, "(none)" if it is not there.
func (s *scenario) fileIn(service string, index int, path string) string {
	s.t.Helper()
	r := s.compose("exec", "-T", "--index", fmt.Sprint(index), service, "cat", path)
	if r.code != 0 {
		return "(none)"
	}
	return r.stdout
}

// becomes waits until a file is so in a container.
func (s *scenario) becomes(service string, index int, path, want string) {
	s.t.Helper()
	s.eventually(fmt.Sprintf("%s of %s-%d is %q", path, service, index, want), func() bool { return s.fileIn(service, index, path) == want })
}

// watching starts watch, and returns when it watches.
func (s *scenario) watching(args ...string) *foreground {
	s.t.Helper()
	f := s.background(args...)
	f.shows("Watch enabled")
	s.t.Cleanup(func() {
		if s.t.Failed() {
			s.t.Logf("watch said\n%s", f.out.String())
		}
	})
	return f
}

// ends ends a watch, which says so and leaves the services alone.
func (f *foreground) ends() {
	f.s.t.Helper()
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 || !strings.Contains(f.out.String(), "Watch disabled") {
		f.s.t.Errorf("exit %d after Ctrl-C, want 130\n%s", code, f.out.String())
	}
}

// What changes reaches all replicas, and so does what goes; what is ignored, not
// included or was never here stays as it is there. Nothing is restarted.
func TestWatchSync(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    scale: 2
    stop_grace_period: 0s
    develop:
      watch:
        - {path: ./src, action: sync, target: /app, ignore: [tmp/, "*.log"]}
        - {path: ./only, action: sync, target: /only, include: "*.go"}
        - {path: ./one.conf, action: sync, target: /etc/one.conf}
`)
	s.busyboxRoot(imagetest.File{Name: "app/of-the-image", Text: "image"})
	s.write("src/a", "old")
	s.write("src/dir/sub/b", "old")
	s.write("only/x.go", "old")
	s.write("one.conf", "old")
	w := s.watching("watch")
	pids := s.pids("web")
	s.write("src/a", "new")
	s.write("src/dir/sub/b", "new")
	s.write("src/tmp/ignored", "x")
	s.write("src/a.log", "x")
	s.write("only/x.go", "new")
	s.write("only/x.txt", "x")
	s.write("one.conf.tmp", "new")
	if err := os.Rename(filepath.Join(s.dir, "one.conf.tmp"), filepath.Join(s.dir, "one.conf")); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		for path, want := range map[string]string{"/app/a": "new", "/app/dir/sub/b": "new", "/only/x.go": "new", "/etc/one.conf": "new"} {
			s.becomes("web", n, path, want)
		}
	}
	if err := os.RemoveAll(filepath.Join(s.dir, "src/dir")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(s.dir, "src/a"), filepath.Join(s.dir, "src/z")); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 2; n++ {
		s.becomes("web", n, "/app/z", "new")
		s.becomes("web", n, "/app/a", "(none)")
		s.eventually(fmt.Sprintf("what has gone here is gone in replica %d, and nothing else", n), func() bool {
			return s.must("exec", "-T", "--index", fmt.Sprint(n), "web", "ls", "/app", "/only") == "/app:\nof-the-image\nz\n\n/only:\nx.go\n"
		})
	}
	if now := s.pids("web"); now != pids {
		t.Errorf("processes %s, before %s: something was restarted", now, pids)
	}
	w.ends()
	if s.pids("web") != pids {
		t.Error("the services did not go on after the watch")
	}
}

// pids tells the runs of a service's first two containers from others: by when their
// first processes began (proc_pid_stat(5), field 22).
func (s *scenario) pids(service string) string {
	s.t.Helper()
	var out []string
	for n := 1; n <= 2; n++ {
		r := s.compose("exec", "-T", "--index", fmt.Sprint(n), service, "cut", "-d", " ", "-f", "22", "/proc/1/stat")
		if r.code == 0 {
			out = append(out, strings.TrimSpace(r.stdout))
		}
	}
	return strings.Join(out, " ")
}

// restart restarts the service and what depends on it with restart: true, and nothing
// else; sync+exec copies first, and executes in every replica; what the command prints
// and how it ended is shown.
func TestWatchRestartAndExec(t *testing.T) {
	s := begin(t, `
x-service: &service {image: "rootfs:./bb.tar", command: sleep 1000, stop_grace_period: 0s}
services:
  web:
    <<: *service
    develop: {watch: [{path: ./conf, action: sync+restart, target: /conf}, {path: ./flag, action: restart}]}
  follows: {<<: *service, depends_on: {web: {condition: service_started, restart: true}}}
  other: {<<: *service, depends_on: [web]}
  job:
    <<: *service
    scale: 2
    develop:
      watch:
        - path: ./hook
          action: sync+exec
          target: /hook
          exec: {command: [sh, -c, 'echo "ran $$WHAT in $$PWD with $$(cat /hook/in)"; exit 3'], working_dir: /tmp, environment: {WHAT: it}}
`)
	s.busyboxRoot(imagetest.File{Name: "tmp/"})
	s.write("conf/a", "old")
	s.write("flag", "old")
	s.write("hook/in", "old")
	w := s.watching("watch")
	web, follows, other, job := s.pids("web"), s.pids("follows"), s.pids("other"), s.pids("job")
	s.write("conf/a", "new")
	w.shows(`service(s) ["web"] restarted`)
	s.becomes("web", 1, "/conf/a", "new")
	s.eventually("web and what follows it run again", func() bool {
		a, b := s.pids("web"), s.pids("follows")
		return a != "" && b != "" && a != web && b != follows
	})
	web = s.pids("web")
	s.write("flag", "new")
	s.eventually("web runs once more", func() bool { p := s.pids("web"); return p != "" && p != web })
	s.write("hook/in", "new")
	s.eventually("it was executed in both", func() bool {
		return strings.Count(w.out.String(), "ran it in /tmp with new\n") == 2 && strings.Count(w.out.String(), "ended with exit code 3\n") == 2
	})
	if s.pids("other") != other || s.pids("job") != job {
		t.Error("a service was restarted that nobody named")
	}
	w.ends()
}

// A service that ended by itself is started by what restarts it, also when a file was
// deleted; one that the user stopped gets the files and is left alone. What is made anew
// gets what it lacks.
func TestWatchServiceThatEnded(t *testing.T) {
	s := begin(t, `
services:
  job:
    image: "rootfs:./bb.tar"
    command: sh -c 'ls /in; exit 1'
    develop: {watch: [{path: ./in, action: sync+restart, target: /in}]}
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    stop_grace_period: 0s
    develop: {watch: [{path: ./src, action: sync, target: /src}]}
`)
	s.busyboxRoot(imagetest.File{Name: "in/x", Text: "x"}, imagetest.File{Name: "in/y", Text: "y"})
	s.write("in/x", "x")
	s.write("src/a", "old")
	w := s.watching("watch")
	s.eventually("job has ended", func() bool { return s.state("job-1") == "exited" })
	if err := os.Remove(filepath.Join(s.dir, "in/x")); err != nil {
		t.Fatal(err)
	}
	w.shows(`service(s) ["job"] restarted`)
	s.eventually("job ran without the file", func() bool { return strings.HasSuffix(s.must("logs", "--no-log-prefix", "job"), "x\ny\ny\n") })
	s.must("stop", "web")
	s.write("src/a", "new")
	w.shows(`service "web" does not run: it has the changes when it is started`)
	if s.state("web-1") != "exited" {
		t.Error("web was started")
	}
	s.must("start", "web")
	s.becomes("web", 1, "/src/a", "new")
	s.must("up", "-d", "--force-recreate", "--scale", "web=2", "web")
	s.becomes("web", 1, "/src/a", "new")
	s.becomes("web", 2, "/src/a", "new")
	w.ends()
}

// initial_sync brings everything into all replicas before the watch begins, and nothing
// is written through a bind mount or a link that leads out of the target.
func TestWatchInitialSync(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    scale: 2
    stop_grace_period: 0s
    volumes: ["./mine:/app/mine"]
    develop:
      watch:
        - {path: ./src, action: sync, target: /app, initial_sync: true, ignore: ["no/"]}
        - {path: ./src, action: sync, target: /app/mine}
`)
	s.busyboxRoot(imagetest.File{Name: "app/out", Link: "/etc"}, imagetest.File{Name: "etc/"})
	s.write("mine/keep", "mine")
	s.write("src/a", "a")
	s.write("src/mine/keep", "not mine")
	s.write("src/mine/more", "not mine")
	s.write("src/no/x", "x")
	for n := range 300 {
		s.write(fmt.Sprintf("src/many/%d/%d", n%7, n), "x")
	}
	w := s.watching("watch")
	for n := 1; n <= 2; n++ {
		index := fmt.Sprint(n)
		if got := s.must("exec", "-T", "--index", index, "web", "sh", "-c", "cat /app/a; ls /app/many/* | grep -c '^[0-9][0-9]*$'; ls /app"); got != "a300\na\nmany\nmine\nout\n" {
			t.Errorf("replica %d has %q", n, got)
		}
	}
	w.shows("also declared by a bind mount volume")
	s.write("src/out/planted", "x")
	w.shows(`"out" is a link in the container`)
	s.write("src/a", "b") // it goes on
	s.becomes("web", 2, "/app/a", "b")
	if got := s.must("exec", "-T", "web", "ls", "/etc"); strings.Contains(got, "planted") {
		t.Errorf("written through a link: /etc has %s", got)
	}
	if s.read("mine/keep") != "mine" || s.read("mine/more") != "" {
		t.Error("files of the user were overwritten")
	}
	w.ends()
}

// rebuild builds and replaces that service alone; what cannot be built leaves it, is told
// with its line, and the next change counts; the image that was replaced is removed.
func TestWatchRebuild(t *testing.T) {
	requireIDs(t)
	s := begin(t, `
services:
  web:
    build: ./web
    stop_grace_period: 0s
    depends_on: [db]
    develop: {watch: [{path: ./web, action: rebuild}]}
  db: {image: "rootfs:./bb.tar", command: sleep 1000, stop_grace_period: 0s}
`)
	s.busyboxRoot()
	s.withBusybox("web")
	s.write("web/version", "one\n")
	file := busyboxBase + "FROM base\nCOPY version /version\nCMD exec sleep 1000\n"
	s.write("web/Dockerfile", file)
	w := s.watching("watch")
	db, web := s.pids("db"), s.pids("web")
	s.write("web/ignored", "x") // by .dockerignore
	s.write("web/Dockerfile", file+"RUNN false\n")
	w.shows("Build failed")
	if s.pids("web") != web {
		t.Error("a failed build has replaced the container")
	}
	s.write("web/Dockerfile", file)
	s.write("web/version", "two\n")
	s.becomes("web", 1, "/version", "two\n")
	w.shows(`service(s) ["web"] successfully built`)
	if s.pids("db") != db {
		t.Error("what web depends on was restarted")
	}
	alone := func() {
		s.eventually("the image of before is gone", func() bool {
			return strings.Count(s.must("image", "ls", "-q"), "\n") == 1
		})
	}
	alone()
	// One that has ended is started by the next build.
	s.must("kill", "web")
	s.write("web/version", "three\n")
	s.becomes("web", 1, "/version", "three\n")
	alone() // a watch that is ended before it removes an image leaves it
	w.ends()
	if !strings.Contains(w.out.String(), "RUN [\"/bin/busybox\"") {
		t.Errorf("the steps of builds are not shown:\n%s", w.out.String())
	}
	// With these flags nothing is shown of builds, and images that are replaced stay.
	w = s.watching("watch", "--no-up", "--quiet", "--prune=false")
	s.write("web/version", "four\n")
	s.becomes("web", 1, "/version", "four\n")
	w.shows(`service(s) ["web"] successfully built`)
	if got := strings.Count(s.must("image", "ls", "-q"), "\n"); got != 2 || strings.Contains(w.out.String(), "RUN [") {
		t.Errorf("%d images, want that of before too; said\n%s", got, w.out.String())
	}
	w.ends()
}

// A dry run says what would follow a change, and does nothing.
func TestWatchDryRun(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: "rootfs:./bb.tar"
    command: sleep 1000
    stop_grace_period: 0s
    develop: {watch: [{path: ./src, action: sync+restart, target: /app}]}
`)
	s.busyboxRoot()
	s.write("src/a", "old")
	w := s.watching("watch", "--dry-run")
	if s.compose("ps", "-aq").stdout != "" {
		t.Error("a dry run has made containers")
	}
	w.ends()
	s.must("up", "-d")
	run := s.pids("web")
	w = s.watching("watch", "--dry-run", "--no-up")
	s.write("src/a", "new")
	w.shows("DRY-RUN MODE -  Syncing service \"web\" after 1 changes were detected\n")
	w.shows("DRY-RUN MODE -  service(s) [\"web\"] restarted\n")
	if s.pids("web") != run || s.fileIn("web", 1, "/app/a") != "(none)" {
		t.Error("a dry run has done something")
	}
	w.ends()
}

// watch refuses what it cannot do, and says why.
func TestWatchRefuses(t *testing.T) {
	s := begin(t, "services:\n  a: {command: ./probe pause}\n")
	s.fails(1, []string{"none of the selected services is configured for watch"}, "watch")
	s.fails(1, []string{"none of the selected services is configured for watch"}, "up", "--watch")
	s.fails(1, []string{"no such service: nope"}, "watch", "nope")
	s.fails(1, []string{"--detach cannot be combined", "--watch"}, "up", "-d", "--watch")
	s.fails(1, []string{"--no-build and --watch are incompatible"}, "up", "--watch", "--no-build")
	s.fails(1, []string{"--wait cannot be combined", "--watch"}, "up", "--wait", "--watch")
	if s.compose("ps", "-q").stdout != "" {
		t.Error("something was started")
	}
}

// up --watch shows logs and what the watch does; it stays though a watched service has
// ended, since a change starts it again.
func TestUpWatch(t *testing.T) {
	s := begin(t, `
services:
  job:
    image: "rootfs:./bb.tar"
    command: cat /in/a
    develop: {watch: [{path: ./in, action: sync+restart, target: /in, initial_sync: true}]}
`)
	s.busyboxRoot(imagetest.File{Name: "in/a", Text: "of the image\n"})
	s.write("in/a", "old\n")
	f := s.foreground("--watch")
	f.shows("job-1  | of the image\n")
	f.shows("job-1 exited with code 0")
	f.shows("       ⦿ Watch enabled\n")
	s.write("in/a", "new\n")
	f.shows("       ⦿ Syncing service \"job\" after 1 changes were detected\n")
	f.shows("       ⦿ service(s) [\"job\"] restarted\n")
	f.shows("job-1  | new\n")
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 {
		t.Errorf("exit %d, want 130\n%s", code, f.out.String())
	}
}
