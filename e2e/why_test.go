package e2e

import (
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// broken is a compose file with one fault, what up says of it, and what why tells.
type broken struct {
	file  string
	args  []string // of up; empty = -d --wait
	ready func(s *scenario)
	up    []string // words of the error of up
	why   []string // words of why bad
}

// unset is a place in a table that the test fills.
const freePortHere = "@PORT@"

var brokens = map[string]broken{
	"bad command": {
		file: "services:\n  bad: { command: [no-such-program, -x] }\n",
		up:   []string{"exec no-such-program: executable file not found in $PATH", "compose.yaml:2 (service bad): command and entrypoint must name a program"},
		why:  []string{"bad-1 could not be started", "executable file not found in $PATH", "compose.yaml:2"},
	},
	"missing file": {
		file: "services:\n  bad: { command: sh -c 'cat /conf/app.toml', healthcheck: { test: 'exit 1', interval: 60s }, volumes: ['./conf:/conf'] }\n",
		up:   []string{"exited (1)", "/conf/app.toml is missing: on this machine that is", "compose.yaml:2 (service bad): volumes"},
		why:  []string{"bad-1 exited (1)", "/conf/app.toml is missing", "No such file or directory"},
	},
	"missing source": {
		file: "services:\n  bad:\n    command: 'true'\n    volumes: [{type: bind, source: ./nothing, target: /x, bind: {create_host_path: false}}]\n",
		up:   []string{"compose.yaml:4: services.bad.volumes: the bind source", "make it, or write bind: {create_host_path: true}"},
		why:  []string{"bad has no container", "mocker-compose up -d bad"},
	},
	"port busy": {
		file: "services:\n  bad: { command: sleep 100, ports: ['127.0.0.1:" + freePortHere + ":80'] }\n",
		up:   []string{"the port is in use by process ", "\nstop it, or publish another port"},
		why:  []string{"bad has no container: the last up failed before it was made", "has it now: stop it, or publish another port"},
	},
	"unhealthy": {
		file: "services:\n  bad:\n    command: sh -c 'echo role missing >&2; sleep 100'\n    healthcheck: { test: 'echo no response; exit 2', interval: 30ms, retries: 2 }\n",
		up:   []string{"bad-1 is unhealthy", "last probe (exit 2): no response", "its health check failed 2 times in a row", "! role missing", "start_period"},
		why:  []string{"bad-1 runs and is unhealthy", "exit 2", "no response", "role missing", "exec bad sh -c 'echo no response; exit 2'"},
	},
	"not ready": {
		file: "services:\n  bad: { command: sleep 100, x-mocker: { ready: { tcp: 5432, interval: 30ms } } }\n",
		up:   []string{"bad-1 is unhealthy", "last probe (tcp 5432): port 5432: connect: connection refused", "compose.yaml:2 (service bad): x-mocker: {ready: {tcp: 5432}} must be where it listens"},
		why:  []string{"it does not get ready: port 5432: connect: connection refused"},
	},
	"missing variable": {
		file: "services:\n  bad: { command: [sh, -c, 'set -u; echo $$API_TOKEN'], healthcheck: { test: 'exit 1', interval: 60s }, environment: { API_TOKEN: } }\n",
		up:   []string{"exited (2)", "it wants the environment variable API_TOKEN, which is not set", "compose.yaml:2 (service bad): environment: {API_TOKEN: VALUE}"},
		why:  []string{"API_TOKEN"},
	},
	"bad user": {
		file: "services:\n  bad: { command: 'true', user: nobody-of-that-name }\n",
		up:   []string{"nobody-of-that-name", `compose.yaml:2 (service bad): user: "nobody-of-that-name" must be a number, or a name in the image's /etc/passwd`},
		why:  []string{"bad-1 could not be started", "nobody-of-that-name"},
	},
	"exec format": {
		file:  "services:\n  bad: { command: ./odd }\n",
		ready: func(s *scenario) { s.program("odd", "odd\n", 0o755) },
		up:    []string{"exec ./odd: exec format error", "compose.yaml:2 (service bad): image, platform or command"},
		why:   []string{"exec format error", "#!/bin/sh"},
	},
	"not executable": {
		file:  "services:\n  bad: { command: ./odd }\n",
		ready: func(s *scenario) { s.program("odd", "#!/bin/sh\n", 0o644) },
		up:    []string{"exec ./odd: permission denied", "chmod +x ./odd"},
		why:   []string{"permission denied", "chmod +x"},
	},
	"denied on a bind": {
		file:  "services:\n  bad: { command: sh -c 'echo x > /data/x', healthcheck: { test: 'exit 1', interval: 60s }, user: '4711', volumes: ['./data:/data'] }\n",
		ready: func(s *scenario) { s.directory("data", 0o755) },
		up:    []string{"exited (2)", "/data may not be used as it wants: on this machine that is", "mode 0755, and the service runs as 4711", "unshare chown -R 4711"},
		why:   []string{"who is 0 in containers"},
	},
	"dependency failed": {
		file: "services:\n  bad: { command: sleep 100, depends_on: { db: { condition: service_healthy } } }\n  db: { command: sh -c 'echo no licence >&2; exit 7' , healthcheck: {test: 'true'} }\n",
		up:   []string{"dependency failed to start: container", "db-1 exited (7)", "! no licence", "why db"},
		why:  []string{"bad-1 was created and not started: it is to be started when db is healthy (service_healthy)", "db-1 exited (7)", "! no licence"},
	},
	"job failed": {
		file: "services:\n  bad: { command: sleep 100, depends_on: { job: { condition: service_completed_successfully } } }\n  job: { command: sh -c 'frobnicate' }\n",
		up:   []string{`service "job" didn't complete successfully: exit 127`, "it wanted to execute frobnicate", "why job"},
		why:  []string{"it is to be started when job has ended well", "frobnicate"},
	},
	"hook failed": {
		file: "services:\n  bad: { command: sleep 100, post_start: [{ command: sh -c 'echo migration 7 is odd; exit 3' }] }\n",
		up:   []string{"post_start[0] hook exited with status 3", "migration 7 is odd", "why bad"},
		why:  []string{"bad-1", "post_start[0] hook exited with status 3"},
	},
	"time-out": {
		file: "services:\n  bad: { command: sleep 100, healthcheck: { test: 'exit 1', interval: 60s } }\n",
		args: []string{"-d", "--wait", "--wait-timeout", "1"},
		up:   []string{"application not healthy after 1s: ", "bad-1 (health: starting)", "the first probe is still to come"},
		why:  []string{"is not healthy yet"},
	},
	"killed by itself": {
		file: "services:\n  bad: { command: sh -c 'sh -c \"kill -9 \\$$\\$$\"; exit $$?', healthcheck: { test: 'exit 1', interval: 60s } }\n",
		up:   []string{"exited (137)", "with the number for SIGKILL (128 + 9)"},
		why:  []string{"bad-1 exited (137)"},
	},
	"not found in a script": {
		file: "services:\n  bad: { command: sh -c 'frobnicate --x', healthcheck: { test: 'exit 1', interval: 60s } }\n",
		up:   []string{"exited (127)", "it wanted to execute frobnicate, which is not there in its image"},
		why:  []string{"frobnicate"},
	},
}

// program writes a file with a mode; directory makes one.
func (s *scenario) program(name, text string, mode os.FileMode) {
	s.t.Helper()
	s.write(name, text)
	if err := os.Chmod(filepath.Join(s.dir, name), mode); err != nil {
		s.t.Fatal(err)
	}
}

func (s *scenario) directory(name string, mode os.FileMode) {
	s.t.Helper()
	if err := os.Mkdir(filepath.Join(s.dir, name), mode); err != nil {
		s.t.Fatal(err)
	}
}

// A file with one fault: up fails with exit code 1, says docker compose's error first,
// then in at most 15 lines the cause and what mends it; why tells it again, after a stop too.
func TestBrokenFiles(t *testing.T) {
	for name, b := range brokens {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			if strings.Contains(b.file, "4711") {
				requireIDs(t)
			}
			file := b.file
			if strings.Contains(file, freePortHere) {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				file = strings.Replace(file, freePortHere, strconv.Itoa(l.Addr().(*net.TCPAddr).Port), 1)
			}
			s := begin(t, file)
			if b.ready != nil {
				b.ready(s)
			}
			args := append([]string{"up"}, b.args...)
			if len(b.args) == 0 {
				args = append(args, "-d", "--wait")
			}
			said := s.fails(1, b.up, args...)
			lines := 0
			for line := range strings.Lines(said) {
				if strings.HasPrefix(line, "  ") {
					lines++
				}
			}
			if lines > 15 {
				t.Errorf("up says %d lines below its error:\n%s", lines, said)
			}
			s.whyHas("bad", b.why...)
			if s.compose("stop", "-t", "0").code == 0 && !strings.Contains(said, "unhealthy") && !strings.Contains(said, "not healthy") {
				s.whyHas("bad", b.why...)
			}
		})
	}
}

// whyHas looks for words in what why tells of a service, also as JSON.
func (s *scenario) whyHas(service string, words ...string) string {
	s.t.Helper()
	out := s.must("why", service)
	for _, w := range words {
		if !strings.Contains(out, w) {
			s.t.Errorf("why %s lacks %q:\n%s", service, w, out)
		}
	}
	var accounts []struct{ Service, Summary string }
	if err := json.Unmarshal([]byte(s.must("why", "--format", "json", service)), &accounts); err != nil || len(accounts) == 0 || accounts[0].Service != service {
		s.t.Errorf("why --format json: %v, %+v", err, accounts)
	}
	return out
}

// Services that are not broken, and why they are as they are.
func TestWhyStates(t *testing.T) {
	s := begin(t, `
services:
  runs: { command: ./probe pause, healthcheck: { test: 'true', interval: 20ms } }
  job: { command: sh -c 'echo worked' }
  again: { command: sh -c 'echo odd >&2; exit 3', restart: always }
  deaf: { command: ./probe stay, stop_grace_period: 100ms }
  sleeps: { command: ./probe pause }
  hidden: { command: ./probe pause, profiles: [extra, more] }
  none: { command: ./probe pause, scale: 0 }
`)
	s.whyHas("runs", "runs has no container: it was not created", "mocker-compose up -d runs")
	s.must("up", "-d", "--wait", "runs", "job", "deaf", "sleeps")
	s.must("up", "-d", "again")
	s.must("pause", "sleeps")
	s.whyHas("runs", "runs-1 has been running for", "and is healthy")
	s.whyHas("job", "job-1 has done its work: it exited (0)")
	s.eventually("it is restarting", func() bool {
		out := s.must("why", "again")
		return strings.Contains(out, "again-1 is restarting: it ended") && strings.Contains(out, "exit code 3; its last lines") && strings.Contains(out, "! odd") && strings.Contains(out, "restarted")
	})
	s.whyHas("sleeps", "sleeps-1 is paused", "mocker-compose unpause sleeps")
	s.whyHas("hidden", "hidden has no container: no active profile enables it", "it belongs to the profiles extra, more", "--profile extra up -d hidden")
	s.whyHas("none", "scale: 0")
	s.fails(1, []string{"no such service: nobody"}, "why", "nobody")
	s.fails(1, []string{"unknown format"}, "why", "--format", "yaml")
	if out := s.must("why"); strings.Contains(out, "runs-1 runs") || strings.Contains(out, "job-1") || !strings.Contains(out, "again-1") || !strings.Contains(out, "sleeps-1") {
		t.Errorf("why tells of those that are in trouble, and of no others:\n%s", out)
	}
	s.must("kill", "runs")
	s.whyHas("runs", "the command kill sent it SIGKILL", "mocker-compose start runs")
	s.must("stop", "-t", "0")
	s.whyHas("deaf", "deaf-1 was stopped by a command")
	s.whyHas("job", "job-1 has done its work")
}

// A supervisor that is killed, and its successor, tell the same; so does the record when
// nobody supervises.
func TestWhyOutlivesTheSupervisor(t *testing.T) {
	s := begin(t, `
services:
  bad: { command: sh -c 'echo lost the key >&2; exit 9' }
  stays: { command: ./probe pause }
`)
	s.must("up", "-d")
	s.eventually("it has ended", func() bool { return s.ps()["bad-1"].State == "exited" })
	words := []string{"bad-1 exited (9)", "! lost the key"}
	s.whyHas("bad", words...)
	s.eventually("it is on record", func() bool {
		b, err := os.ReadFile(s.dirs.StateFile(s.project))
		return err == nil && strings.Contains(strings.ReplaceAll(string(b), " ", ""), `"code":9`)
	})
	s.killSupervisor()
	s.whyHas("bad", words...)
	signalPID(t, s.projectHolderPID("stays"), syscall.SIGKILL)
	s.eventually("the project has ended", func() bool { return strings.Contains(s.must("why", "stays"), "stays-1 has vanished") })
	s.whyHas("stays", "mocker-compose up -d")
	s.whyHas("bad", words...)
}

// The account of a failure comes with start --wait and run too.
func TestWhyOfStartAndRun(t *testing.T) {
	s := begin(t, `
services:
  db: { command: sh -c 'echo no disk >&2; sleep 100', healthcheck: { test: 'exit 1', interval: 20ms, retries: 1 } }
  web: { command: 'true', depends_on: { db: { condition: service_healthy } } }
`)
	s.must("create")
	s.fails(1, []string{"db-1 is unhealthy", "! no disk", "why db"}, "start", "--wait", "db")
	s.fails(1, []string{"db-1 is unhealthy", "! no disk", "why db"}, "run", "--rm", "-T", "web")
}

// Who has needed too much memory is told so, with the limit. (needs the memory controller)
func TestWhyOutOfMemory(t *testing.T) {
	needControllers(t, "memory")
	s := begin(t, `
services:
  bad: { command: ./probe hungry 0 1ms, mem_limit: 40m, memswap_limit: 40m, healthcheck: { test: 'exit 1', interval: 60s } }
`)
	s.fails(1, []string{"out of memory", "mem_limit: more than 40 MiB", "compose.yaml:3 (service bad)"}, "up", "-d", "--wait")
	s.whyHas("bad", "ran out of memory (137)", "it needed more than its limit of memory, 40 MiB, and the kernel killed it")
}
