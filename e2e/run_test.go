package e2e

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

const runFile = `services:
  db:
    command: ./probe serve :7000
    healthcheck: { test: [CMD, ./probe, dial, "127.0.0.1:7000"], interval: 1s, start_period: 10s, start_interval: 100ms }
  web:
    command: ./probe exit 9
    environment: { COLOUR: red }
    ports: ["127.0.0.1::7000"]
    restart: always
    depends_on: { db: { condition: service_healthy } }
  lone:
    command: ./probe pause
`

// run starts what a service needs, gives the command's streams apart and byte
// by byte, and ends with its exit code; the container stays, or goes with --rm.
func TestRun(t *testing.T) {
	s := begin(t, runFile)
	r := s.compose("run", "web", "sh", "-c", `printf 'out\nno end'; printf 'err \001' >&2; echo "$COLOUR" > seen; exit 3`)
	if r.code != 3 || r.stdout != "out\nno end" || !strings.HasSuffix(r.stderr, "err \001") {
		t.Errorf("exit %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
	if s.read("seen") != "red\n" {
		t.Errorf("the service's environment: %q", s.read("seen"))
	}
	for _, line := range []string{"db-1  Started", "db-1  Healthy", "Creating", "Created"} {
		if !strings.Contains(r.stderr, line) {
			t.Errorf("progress lacks %q:\n%s", line, r.stderr)
		}
	}
	name := regexp.MustCompile(s.project + `-web-run-[0-9a-f]{12}`).FindString(r.stderr)
	if name == "" {
		t.Fatalf("no name in %s", r.stderr)
	}
	if all := s.must("ps", "-a"); !strings.Contains(all, name) || !strings.Contains(all, "Exited (3)") {
		t.Errorf("ps -a lacks the one-off container:\n%s", all)
	}
	if up := s.must("ps"); strings.Contains(up, "run") || strings.Contains(up, "web-1") {
		t.Errorf("ps shows what does not run, or run started the service:\n%s", up)
	}
	if out := s.must("logs", "--raw", name); out != "out\nno end" {
		t.Errorf("log %q", out)
	}
	if out := s.must("logs"); strings.Contains(out, "no end") {
		t.Errorf("logs of the services have the one-off container's:\n%s", out)
	}
	labels := s.must("ps", "-a", "--format", "{{.Labels}}")
	if !strings.Contains(labels, "com.docker.compose.oneoff=True") || !strings.Contains(labels, "com.docker.compose.slug="+strings.TrimPrefix(name, s.project+"-web-run-")) {
		t.Errorf("labels: %s", labels)
	}
	s.must("rm", "-f", name)
	before := s.must("ps", "-aq")
	if r := s.compose("run", "--rm", "-q", "--no-deps", "web"); r.code != 9 || r.stdout != "leaving\n" || r.stderr != "" {
		t.Errorf("--rm: exit %d, stdout %q, stderr %q", r.code, r.stdout, r.stderr)
	}
	if after := s.must("ps", "-aq"); after != before {
		t.Errorf("--rm left something:\n%s", s.must("ps", "-a"))
	}
}

// Each flag that changes the container.
func TestRunFlags(t *testing.T) {
	s := begin(t, runFile)
	s.write("vars", "COLOUR=green\nFROM_FILE=yes\n")
	s.write("data/mark", "here\n")
	s.env = append(s.env, "MINE=of the caller")
	sh := func(flags, script string) string {
		t.Helper()
		return s.must(append(append([]string{"run", "--rm", "-q", "--no-deps"}, strings.Fields(flags)...), "lone", "sh", "-c", script)...)
	}
	for _, c := range []struct{ flags, script, want string }{
		{"-e COLOUR=blue -e MINE -e NOBODY_HAS_THIS --env-from-file vars", `echo "$COLOUR $MINE ${NOBODY_HAS_THIS-unset} $FROM_FILE"`, "blue of the caller unset yes\n"},
		{"-w /tmp", "pwd", "/tmp\n"},
		{"-v ./data:/mnt:ro", "cat /mnt/mark; touch /mnt/x 2>/dev/null || echo read-only", "here\nread-only\n"},
		{"-T", "test -t 1 || echo no terminal", "no terminal\n"},
		{"--cap-drop ALL", "grep CapEff /proc/self/status", "CapEff:\t0000000000000000\n"},
		{"--name of-my-own", "true", ""},
		{"-i=false", "cat", ""},
	} {
		if got := sh(c.flags, c.script); got != c.want {
			t.Errorf("%s: %q, want %q", c.flags, got, c.want)
		}
	}
	if got := s.must("run", "--rm", "-q", "--no-deps", "--entrypoint", `sh -c 'echo "$0 $1"'`, "lone", "first", "second word"); got != "first second word\n" {
		t.Errorf("entrypoint: %q", got)
	}
	if got := s.must("run", "--rm", "-q", "--no-deps", "--entrypoint", "echo alone", "lone"); got != "alone\n" {
		t.Errorf("an entrypoint alone keeps the service's command: %q", got)
	}
	s.fails(1, []string{"--service-ports and --publish are incompatible"}, "run", "-P", "-p", "80", "lone", "true")
	s.fails(1, []string{"label must be set as KEY=VALUE"}, "run", "-l", "x", "lone", "true")
	s.fails(1, []string{"no volume nosuch", "declare it"}, "run", "-v", "nosuch:/x", "lone", "true")
	s.fails(1, []string{"no such service: nosuch"}, "run", "nosuch", "true")
	s.fails(127, []string{"not found"}, "run", "--rm", "lone", "no-such-program")
	s.fails(1, []string{"invalid --pull option"}, "run", "--pull", "perhaps", "lone", "true")
	s.fails(1, []string{"the input device is not a TTY"}, "run", "-t", "lone", "true")
	s.must("run", "--rm", "--build", "lone", "true") // there is nothing to build
	if left := s.must("ps", "-aq"); left != "" {
		t.Errorf("left: %s", s.must("ps", "-a"))
	}
}

// Ports and names: not the service's unless asked for.
func TestRunNetwork(t *testing.T) {
	s := begin(t, runFile)
	s.must("up", "-d", "lone")
	look := func(flags ...string) string {
		t.Helper()
		id := strings.TrimSpace(s.must(append(append([]string{"run", "-d", "--no-deps"}, flags...), "web", "./probe", "serve", ":7000")...))
		if len(id) != 64 {
			t.Fatalf("-d printed %q, want an id", id)
		}
		defer s.must("rm", "-fs", id)
		return s.must("exec", "-T", "lone", "./probe", "lookup", "web", s.container(id)) + s.must("ps", "-a", "--format", "{{.Names}} {{.Publishers}}")
	}
	if got := look(); !strings.Contains(got, "web -\n") || strings.Contains(got, "run-") && !regexp.MustCompile(`web-run-\w+ \d`).MatchString(got) || strings.Contains(got, "127.0.0.1") {
		t.Errorf("plain: %s", got)
	}
	if got := look("--use-aliases", "--service-ports"); strings.Contains(got, "web -\n") || !strings.Contains(got, "127.0.0.1") {
		t.Errorf("with aliases and ports: %s", got)
	}
	if got := look("-p", "127.0.0.1::7000"); !strings.Contains(got, "127.0.0.1") {
		t.Errorf("-p: %s", got)
	}
}

// container is the name of the container with an id.
func (s *scenario) container(id string) string {
	s.t.Helper()
	for _, line := range strings.Split(s.must("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Name}}"), "\n") {
		if of, name, _ := strings.Cut(line, " "); of == id {
			return name
		}
	}
	s.t.Fatalf("no container %s:\n%s", id, s.must("ps", "-a", "--no-trunc"))
	return ""
}

// peakMemory tells, when the process has ended, the most KiB that it was seen to
// have taken. (ru_maxrss begins with what its parent had: getrusage(2).)
func peakMemory(pid int) <-chan int {
	most := make(chan int, 1)
	go func() {
		peak := 0
		for {
			b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			_, line, ok := strings.Cut(string(b), "VmHWM:")
			if err != nil || !ok {
				most <- peak
				return
			}
			var kib int
			if _, err := fmt.Sscan(line, &kib); err == nil {
				peak = max(peak, kib)
			}
			time.Sleep(10 * time.Millisecond)
		}
	}()
	return most
}

// 100 MB through cat come out as they went in, and memory does not grow with them.
func TestRunStreams(t *testing.T) {
	s := begin(t, runFile)
	const size = 100 << 20
	cmd := s.command(t.Context(), "run", "--rm", "-T", "--no-deps", "lone", "cat")
	in, out := sha256.New(), sha256.New()
	random := rand.NewChaCha8([32]byte{7})
	cmd.Stdin = io.TeeReader(io.LimitReader(random, size), in)
	cmd.Stdout = out
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	peak := peakMemory(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	if !bytes.Equal(in.Sum(nil), out.Sum(nil)) {
		t.Error("what came out is not what went in")
	}
	if kib := <-peak; kib == 0 || kib > 100<<10 {
		t.Errorf("the client took %d KiB", kib)
	}
}

// A reader that is slow holds the container up and loses nothing, although the
// log keeps little.
func TestRunSlowReader(t *testing.T) {
	s := begin(t, "services:\n  a:\n    command: 'true'\n    logging: { options: { max-size: 1m, max-file: '2' } }\n")
	cmd := s.command(t.Context(), "run", "--rm", "a", "sh", "-c", "seq 1 6000000; echo end >&2")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // lets the log fill; what is tested does not hang on it
	got, want := sha256.New(), sha256.New()
	if _, err := io.Copy(got, out); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	seq(want, 6000000)
	if !bytes.Equal(got.Sum(nil), want.Sum(nil)) {
		t.Error("lines were lost or changed")
	}
}

// The first signal goes to the container, whose code is ours.
func TestRunSignals(t *testing.T) {
	s := begin(t, runFile)
	for name, sig := range map[string]syscall.Signal{"SIGINT": syscall.SIGINT, "SIGTERM": syscall.SIGTERM} {
		f := s.background("run", "--rm", "--no-deps", "lone", "./probe", "trap")
		f.shows("trapping")
		f.kill(syscall.SIGUSR1)
		f.shows("got SIGUSR1")
		f.kill(sig)
		if code := f.code(); code != 0 || !strings.Contains(f.out.String(), "got "+name) {
			t.Errorf("%s: exit %d, %s", name, code, f.out.String())
		}
	}
	f := s.background("run", "--rm", "--no-deps", "lone", "sleep", "1000")
	s.eventually("it runs", func() bool { return strings.Contains(s.must("ps", "-a"), "Up ") })
	s.must("kill", "-s", "KILL", "lone")
	if code := f.code(); code != 137 {
		t.Errorf("killed: exit %d", code)
	}
}

// The supervisor is killed while a one-off container runs: the container goes
// on, and the command reports what it did.
func TestRunSupervisorKilled(t *testing.T) {
	s := begin(t, runFile)
	for _, flags := range [][]string{nil, {"--rm"}} {
		cmd := s.command(t.Context(), append(append([]string{"run", "-T", "--no-deps"}, flags...), "lone", "sh", "-c", "cat; seq 1 2000; exit 5")...)
		out := &output{}
		cmd.Stdout = out
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, "before\n"); err != nil {
			t.Fatal(err)
		}
		s.eventually("the first line", func() bool { return out.String() == "before\n" })
		if err := syscall.Kill(s.supervisorPID(), syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(in, "after\n"); err != nil {
			t.Fatal(err)
		}
		in.Close()
		_ = cmd.Wait()
		var want bytes.Buffer
		want.WriteString("before\nafter\n")
		seq(&want, 2000)
		if code := cmd.ProcessState.ExitCode(); code != 5 || out.String() != want.String() {
			t.Errorf("%v: exit %d, %d bytes of %d", flags, code, len(out.String()), want.Len())
		}
	}
}

// The client is killed: the container goes on, is seen, and with --rm goes when
// it ends.
func TestRunClientKilled(t *testing.T) {
	s := begin(t, runFile)
	cmd := s.command(t.Context(), "run", "--rm", "-T", "--no-deps", "--name", "alone", "lone", "sh", "-c", "while test ! -e stop; do sleep 0.1; done; echo done > done")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s.eventually("it runs", func() bool { return s.state("alone") == "running" })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if got := s.state("alone"); got != "running" {
		t.Errorf("without its client: %q", got)
	}
	s.write("stop", "")
	s.eventually("it has gone", func() bool { return s.read("done") != "" && s.must("ps", "-aq") == "" })
}

// down takes one-off containers with it, running or not.
func TestRunDown(t *testing.T) {
	s := begin(t, runFile)
	s.compose("run", "lone", "true")
	s.must("run", "-d", "lone")
	r := s.compose("down")
	if r.code != 0 || strings.Count(r.stderr, "Removed") != 3 {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	if got := s.must("ps", "-aq"); got != "" {
		t.Errorf("left: %s", got)
	}
}

func seq(w io.Writer, n int) {
	b := make([]byte, 0, 64<<10)
	for i := 1; i <= n; i++ {
		b = append(appendInt(b, i), '\n')
		if len(b) > 60<<10 || i == n {
			_, _ = w.Write(b)
			b = b[:0]
		}
	}
}

func appendInt(b []byte, n int) []byte {
	if n >= 10 {
		b = appendInt(b, n/10)
	}
	return append(b, byte('0'+n%10))
}

// A one-off container has what its service has: configs, secrets, and the
// volumes of others; whether the project runs or not.
func TestRunFiles(t *testing.T) {
	s := begin(t, `services:
  a:
    command: sleep 1000
    secrets: [token]
    configs: [{source: settings, target: /etc/settings}]
    volumes_from: [b]
  b:
    command: sleep 1000
    volumes: ["shared:/srv/shared"]
volumes: {shared: {}}
secrets: {token: {environment: TOKEN}}
configs: {settings: {content: "a=1\n"}}
`)
	s.env = append(s.env, "TOKEN=abracadabra")
	const look = "cat /run/secrets/token /etc/settings; touch /srv/shared/seen"
	for _, up := range []bool{false, true} {
		if up {
			s.must("up", "-d")
		}
		if got := s.must("run", "--rm", "-T", "a", "sh", "-c", look); got != "abracadabraa=1\n" {
			t.Errorf("project up: %t: got %q", up, got)
		}
	}
	s.must("up", "-d", "--force-recreate") // what run brought along has not taken anything away
	if got := s.must("exec", "-T", "a", "sh", "-c", look); got != "abracadabraa=1\n" {
		t.Errorf("after up: %q", got)
	}
}
