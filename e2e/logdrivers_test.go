package e2e

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// Driver none: whoever is attached sees the lines, nobody else; `logs` says so as docker
// does, and goes on with the others.
func TestLogDriverNone(t *testing.T) {
	s := begin(t, `
services:
  quiet: { command: ./probe lines 3 0s quiet, logging: { driver: none } }
  loud: { command: ./probe lines 3 0s loud }
`)
	f := s.foreground()
	if code := f.code(); code != 0 || !strings.Contains(f.out.String(), "quiet 2\n") || !strings.Contains(f.out.String(), "loud 2\n") {
		t.Errorf("exit %d:\n%s", code, f.out.String())
	}
	r := s.compose("logs", "--no-log-prefix")
	if r.code != 0 || r.stdout != "loud 0\nloud 1\nloud 2\n" ||
		r.stderr != "WARN Can't retrieve logs for \""+s.project+"-quiet-1\": configured logging driver does not support reading\n" {
		t.Errorf("exit %d, out %q, err %q", r.code, r.stdout, r.stderr)
	}
	if r := s.compose("run", "--rm", "-T", "quiet", "./probe", "lines", "500", "0s", "whole"); r.code != 0 || !inOrder(r.stdout, "whole", 500) {
		t.Errorf("run: exit %d, %d lines", r.code, strings.Count(r.stdout, "\n"))
	}
}

// What passes through on its way to who is attached stays small, however much it is.
func TestLogDriverNoneKeepsLittle(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe lines 200000 0s a-line-that-is-not-so-short, logging: { driver: none } }\n")
	s.must("up", "-d")
	s.eventually("a has ended", func() bool { return s.state("a-1") == "exited" })
	if n := sizeOf(t, s.dirs.LogDir(s.project, s.project+"-a-1")); n > 256<<10 {
		t.Errorf("%d bytes are kept", n)
	}
}

func sizeOf(t *testing.T, dir string) (n int64) {
	t.Helper()
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if i, err := f.Info(); err == nil && strings.HasSuffix(f.Name(), ".log") {
			n += i.Size()
		}
	}
	return n
}

// journalHere listens as the systemd journal does; entries is what it has got.
func (s *scenario) journalHere() (entries func() string) {
	path := filepath.Join(filepath.Dir(s.dir), "journal")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { conn.Close() })
	s.env = append(s.env, "MOCKER_FORCE_JOURNAL="+path)
	var mu sync.Mutex
	var all strings.Builder
	go func() {
		b := make([]byte, 1<<18)
		for {
			n, err := conn.Read(b)
			if err != nil {
				return
			}
			mu.Lock()
			all.Write(b[:n])
			all.WriteByte('\n')
			mu.Unlock()
		}
	}()
	return func() string { mu.Lock(); defer mu.Unlock(); return all.String() }
}

// Driver journald: every line is an entry, with docker's fields, also of a container that
// is removed at once and of one whose supervisor is killed; `logs` reads the files.
func TestLogDriverJournald(t *testing.T) {
	s := begin(t, `
services:
  talk:
    command: ./probe lines 2000 1ms talk
    labels: { com.example.team: blue }
    logging: { driver: journald, options: { tag: "{{.Name}}", labels: com.example.team, env: MODE } }
    environment: { MODE: test }
  late: { command: sh -c 'echo last words', logging: { driver: journald }, profiles: [late] }
  plain: { command: ./probe lines 3 0s plain }
`)
	entries := s.journalHere()
	s.must("up", "-d")
	stop, killed := make(chan struct{}), make(chan int, 1)
	go func() { killed <- s.killSupervisors(kills(), stop) }()
	s.eventually("the last line is in the journal", func() bool { return strings.Contains(entries(), "MESSAGE=talk 1999\n") })
	close(stop)
	n := <-killed
	all := entries()
	for _, field := range []string{
		"PRIORITY=6", "CONTAINER_NAME=" + s.project + "-talk-1", "CONTAINER_TAG=" + s.project + "-talk-1", "SYSLOG_IDENTIFIER=" + s.project + "-talk-1",
		"COM_DOCKER_COMPOSE_SERVICE=talk", "COM_DOCKER_COMPOSE_PROJECT=" + s.project, "COM_EXAMPLE_TEAM=blue", "MODE=test",
	} {
		if c := strings.Count(all, field+"\n"); c < 2000 {
			t.Errorf("%s is in %d entries", field, c)
		}
	}
	twice := 0
	for i := range 2000 {
		c := strings.Count(all, "MESSAGE=talk "+strconv.Itoa(i)+"\n")
		if c == 0 {
			t.Fatalf("line %d is missing after %d kills", i, n)
		}
		twice += c - 1
	}
	if twice > n {
		t.Errorf("%d lines are there twice after %d kills", twice, n)
	}
	s.complete("talk", 2000)
	if strings.Contains(all, "plain") {
		t.Error("lines of another service are in the journal")
	}
	s.must("run", "--rm", "-T", "late")
	s.eventually("what was removed at once is there", func() bool { return strings.Contains(entries(), "MESSAGE=last words\n") })
}

// Without a journal: one line says so, and the lines are kept.
func TestLogDriverJournaldMissing(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe lines 3 0s a, logging: { driver: journald } }\n  b: { command: ./probe pause, logging: { driver: gelf, options: { gelf-address: \"udp://127.0.0.1:1\" } } }\n")
	s.env = append(s.env, "MOCKER_FORCE_JOURNAL="+filepath.Join(filepath.Dir(s.dir), "no-journal"))
	r := s.compose("up", "-d")
	if r.code != 0 || strings.Count(r.stderr, "services.a.logging.driver") != 1 || strings.Count(r.stderr, "services.b.logging.driver") != 1 ||
		strings.Contains(r.stderr, "gelf-address") {
		t.Errorf("exit %d: %s", r.code, r.stderr)
	}
	s.eventually("a has ended", func() bool { return s.state("a-1") == "exited" })
	s.complete("a", 3)
}

// Drivers and bounds change under a container that runs: it keeps its process.
func TestLoggingChangesInPlace(t *testing.T) {
	const file = "services:\n  a: { command: ./probe lines 1000000 1ms a, stop_grace_period: 0s, logging: { driver: DRIVER, options: OPTIONS } }\n"
	write := func(s *scenario, driver, options string) {
		s.write("compose.yaml", strings.NewReplacer("DRIVER", driver, "OPTIONS", options).Replace(file))
	}
	s := begin(t, strings.NewReplacer("DRIVER", "json-file", "OPTIONS", "{}").Replace(file))
	entries := s.journalHere()
	s.must("up", "-d")
	pids := s.pidsOf("lines", "1000000", "1ms", "a")
	write(s, "journald", "{}")
	s.must("up", "-d")
	s.eventually("lines come into the journal", func() bool { return strings.Contains(entries(), "MESSAGE=a ") })
	write(s, "local", `{ max-size: 4k, max-file: "1", mode: non-blocking }`)
	s.must("up", "-d")
	s.eventually("little is kept", func() bool { return sizeOf(t, s.dirs.LogDir(s.project, s.project+"-a-1")) < 8<<10 })
	if now := s.pidsOf("lines", "1000000", "1ms", "a"); len(pids) != 1 || len(now) != 1 || now[0] != pids[0] {
		t.Errorf("processes before %v, after %v", pids, now)
	}
	write(s, "none", "{}")
	s.must("up", "-d")
	if r := s.compose("logs"); r.stdout != "" || !strings.Contains(r.stderr, "does not support reading") {
		t.Errorf("logs: %q, %q", head(r.stdout), r.stderr)
	}
}
