package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// fromNothing makes ./nothing.tar: an image that has the probe, and nothing else.
func (s *scenario) fromNothing() {
	s.t.Helper()
	program, err := os.ReadFile(built.probe)
	if err != nil {
		s.t.Fatal(err)
	}
	img := imagetest.Image{
		Names:  []string{"nothing:1"},
		Config: imagetest.Config{Entrypoint: []string{"/probe"}, WorkingDir: "/way"},
		Layers: [][]imagetest.File{{{Name: "probe", Mode: 0o755, Text: string(program)}}},
	}
	img.WriteDockerArchive(s.t, filepath.Join(s.dir, "nothing.tar"))
}

// health is the docker state and the health of the first container of a service.
func (s *scenario) health(service string) (state, health string) {
	s.t.Helper()
	c := s.ps()[service+"-1"]
	return c.State, c.Health
}

const nothing = "image: docker-archive:./nothing.tar, volumes: ['./way:/way']"

// A service without a shell, without a client, without anything but itself is asked, or
// tells, when it is ready: who depends on it starts then and not before.
func TestReadyFromScratch(t *testing.T) {
	requireIDs(t)
	s := begin(t, `
x-one: &one { `+nothing+` }
services:
  tcp: { <<: *one, command: announce tcp :80, x-mocker: {ready: {tcp: 80}} }
  six: { <<: *one, command: "announce tcp [::1]:80", x-mocker: {ready: {tcp: 80}} }
  http: { <<: *one, command: announce http :8080, x-mocker: {ready: {http: "http://:8080/ok"}} }
  https: { <<: *one, command: announce https :443, read_only: true, x-mocker: {ready: {http: {port: 443, scheme: https, path: /host, header: {Host: example.com}}}} }
  log: { <<: *one, command: [announce, log, "server 1.2 ready"], x-mocker: {ready: {log: 'server [0-9.]+ ready$$'}} }
  notify: { <<: *one, command: [announce, notify, "STATUS=warming up", 'X=1\nREADY=1\nSTATUS=all set'], user: "1234", read_only: true, x-mocker: {ready: {notify: true}} }
  alone: { <<: *one, command: announce tcp 127.0.0.1:80, network_mode: none, x-mocker: {ready: {tcp: 80}} }
  beside: { <<: *one, command: announce http :81, network_mode: "service:tcp", x-mocker: {ready: {http: "http://:81/204"}} }
  last:
    image: docker-archive:./nothing.tar
    command: pause
    depends_on: &all { tcp: &h {condition: service_healthy}, six: *h, http: *h, https: *h, log: *h, notify: *h, alone: *h, beside: *h }
`)
	s.fromNothing()
	if err := os.Mkdir(filepath.Join(s.dir, "way"), 0o777); err != nil {
		t.Fatal(err)
	}
	up := s.background("up", "-d")
	all := []string{"tcp", "six", "http", "https", "log", "notify", "alone", "beside"}
	s.eventually("all of them run", func() bool {
		for _, name := range all {
			if state, health := s.health(name); state != "running" || health != "starting" {
				return false
			}
		}
		return true
	})
	if state, _ := s.health("last"); state != "created" {
		t.Errorf("last is %s before anything is ready", state)
	}
	s.write("way/go", "")
	if code := up.code(); code != 0 {
		t.Fatalf("up: exit %d\n%s", code, up.out.String())
	}
	for _, name := range all {
		if _, health := s.health(name); health != "healthy" {
			t.Errorf("%s is %s", name, health)
		}
	}
	if out := s.must("ps"); strings.Count(out, "(healthy)") != len(all) {
		t.Errorf("ps:\n%s", out)
	}
	// The next run is not ready because the one before was.
	if err := os.Remove(filepath.Join(s.dir, "way/go")); err != nil {
		t.Fatal(err)
	}
	s.must("restart", "-t", "0", "--no-deps", "log", "notify", "tcp")
	for _, name := range []string{"log", "notify", "tcp"} {
		if _, health := s.health(name); health != "starting" {
			t.Errorf("%s is %s in its second run", name, health)
		}
	}
	s.write("way/go", "")
	s.must("up", "-d", "--wait")
}

// A supervisor is killed: what was ready is ready for its successor, and what becomes
// ready meanwhile, or is said to nobody, is known to it.
func TestReadyOutlivesTheSupervisor(t *testing.T) {
	s := begin(t, `
services:
  told: { command: "./probe announce now notify 'READY=1\\nSTATUS=done'", x-mocker: {ready: {notify: true}} }
  wrote: { command: ./probe announce now log here we go, x-mocker: {ready: {log: here}} }
  later: { command: "./probe announce notify 'READY=1'", x-mocker: {ready: {notify: true}} }
  writes: { command: ./probe announce log here we go, x-mocker: {ready: {log: here}} }
`)
	s.must("up", "-d", "--wait", "told", "wrote")
	s.must("up", "-d")
	s.killSupervisor()
	for name, want := range map[string]string{"told": "healthy", "wrote": "healthy", "later": "starting", "writes": "starting"} {
		if _, health := s.health(name); health != want {
			t.Errorf("%s is %s, want %s", name, health, want)
		}
	}
	s.write("go", "")
	s.must("up", "-d", "--wait")
}

// What a hostile service answers makes it unhealthy, in its time, and nothing else.
func TestReadyHostile(t *testing.T) {
	s := begin(t, `
x-quick: &quick { interval: 100ms, timeout: 200ms, retries: 2 }
x-answered: &answered { interval: 100ms, timeout: 20s, retries: 2 }
services:
  web: { command: ./probe announce now http :80 }
  drip: &to { command: ./probe pause, network_mode: "service:web", x-mocker: {ready: {<<: *quick, http: "http://:80/drip"}} }
  endless: { <<: *to, x-mocker: {ready: {<<: *answered, http: "http://:80/endless"}} }
  mute: { <<: *to, x-mocker: {ready: {<<: *quick, http: "http://:80/mute"}} }
  bad: { <<: *to, x-mocker: {ready: {<<: *answered, http: "http://:80/503"}} }
  loop: { <<: *to, x-mocker: {ready: {<<: *answered, http: "http://:80/loop"}} }
  strict: { <<: *to, x-mocker: {ready: {<<: *answered, http: {port: 80, path: /loop, status: 200}}} }
  silent: { command: ./probe pause, x-mocker: {ready: {<<: *quick, log: '(a|aa|b.*)*x'}} }
  odd: { command: "./probe announce now notify 'STATUS=no\\x1b[31m' 'READY=0' 'READY=1X' '' 'EXTEND'", x-mocker: {ready: {<<: *quick, notify: true}} }
`)
	s.must("up", "-d")
	wants := map[string]string{"drip": "unhealthy", "endless": "unhealthy", "mute": "unhealthy", "bad": "unhealthy", "loop": "healthy", "strict": "unhealthy", "silent": "unhealthy", "odd": "unhealthy"}
	s.eventually("a verdict on each", func() bool {
		for name, want := range wants {
			if _, health := s.health(name); health != want {
				return false
			}
		}
		return true
	})
	if out := s.must("ps", "--format", "json", "bad"); !strings.Contains(out, `"HealthReason":"last probe (http://:80/503): 503 Service Unavailable`) {
		t.Errorf("ps: %s", out)
	}
	for service, words := range map[string]string{
		"bad": "503 Service Unavailable: as you like [31m it", "strict": "302 Found", "mute": "no answer within 200ms", "drip": "no answer within 200ms",
		"endless": "500 No: its header does not end", "silent": "no line of its log has matched", "odd": "READY=1",
	} {
		s.fails(1, []string{"container " + s.project + "-" + service + "-1 is unhealthy", words}, "up", "-d", "--wait", service)
	}
}

// Who is asked may become unhealthy later, and healthy again; with a health check both
// count; what the file says of readiness changes while the container runs.
func TestReadyGoesOn(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe announce now http :80
    healthcheck: { test: ["CMD", "test", "-e", "well"], interval: 50ms, retries: 1 }
    x-mocker: { ready: { http: "http://:80/flip", interval: 50ms, retries: 1 } }
`)
	s.write("well", "")
	s.must("up", "-d", "--wait")
	id := s.ps()["web-1"].ID
	wait := func(want string) {
		t.Helper()
		s.eventually(want, func() bool { _, health := s.health("web"); return health == want })
	}
	s.write("down", "")
	wait("unhealthy")
	if err := os.Remove(filepath.Join(s.dir, "down")); err != nil {
		t.Fatal(err)
	}
	wait("healthy")
	if err := os.Remove(filepath.Join(s.dir, "well")); err != nil {
		t.Fatal(err)
	}
	wait("unhealthy")
	s.write("well", "")
	wait("healthy")
	s.write("compose.yaml", strings.Replace(s.read("compose.yaml"), "/flip", "/500", 1))
	s.fails(1, []string{"500 Internal Server Error"}, "up", "-d", "--wait")
	s.write("compose.yaml", strings.Replace(s.read("compose.yaml"), "/500", "/ok", 1))
	s.must("up", "-d", "--wait")
	if c := s.ps()["web-1"]; c.ID != id {
		t.Errorf("the container was replaced for its probe: %s, %s", id, c.ID)
	}
}

// On the host's network the port of this machine is asked.
func TestReadyOnHostNetwork(t *testing.T) {
	port := strconv.Itoa(freePort(t))
	s := begin(t, `
services:
  web: { command: "./probe announce tcp 127.0.0.1:`+port+`", network_mode: host, x-mocker: {ready: {tcp: `+port+`}} }
`)
	s.must("up", "-d")
	if _, health := s.health("web"); health != "starting" {
		t.Errorf("it is %s", health)
	}
	s.write("go", "")
	s.must("up", "-d", "--wait")
}
