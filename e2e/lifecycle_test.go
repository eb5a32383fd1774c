package e2e

import (
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// A foreground up shows what hooks and steps say, in the service's lines, and not the
// lines of who has attach: false.
func TestForegroundShowsHooks(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe trap
    pre_start: [{ command: echo the step speaks }]
    post_start: [{ command: echo the hook speaks }]
    pre_stop: [{ command: echo the last hook speaks }]
  quiet:
    command: sh -c 'echo not to be seen; sleep 1000'
    stop_grace_period: 1ms
    attach: false
`)
	f := s.foreground()
	f.shows("web-1  | the step speaks\n")
	f.shows("web-1  | trapping\n")
	f.shows("web-1  | the hook speaks\n")
	s.eventually("quiet has spoken", func() bool { return s.logged("quiet", "not to be seen") })
	f.kill(syscall.SIGINT)
	if code := f.code(); code != 130 {
		t.Errorf("exit %d\n%s", code, f.out.String())
	}
	if out := f.out.String(); !strings.Contains(out, "web-1  | the last hook speaks\n") || strings.Contains(out, "not to be seen") {
		t.Errorf("output:\n%s", out)
	}
}

// A step with an image of its own has that one's files, and the service's volumes. One whose image is not there is told before anything is made.
func TestPreStartImage(t *testing.T) {
	imagetest.Busybox(t)
	s := begin(t, `
services:
  web:
    command: sh -c 'cat /data/from; sleep 1000'
    stop_grace_period: 1ms
    volumes: ["data:/data"]
    pre_start:
      - image: docker-archive:step.tar
        command: sh -c 'cat /mark > /data/from'
volumes: { data: }
`)
	s.image("step.tar", "step:1", imagetest.Config{}, []imagetest.File{{Name: "mark", Text: "of the step's image\n"}})
	s.must("up", "-d")
	s.eventually("web reads what the step wrote", func() bool { return s.logged("web", "of the step's image") })
	s.must("down", "-v")
	s.write("compose.yaml", `
services:
  web:
    command: ./probe pause
    pre_start: [{ image: "not-there:1", pull_policy: never, command: "true" }]
`)
	if r := s.compose("up", "-d"); r.code == 0 || !strings.Contains(r.stderr, "not-there:1") {
		t.Errorf("up: %+v", r)
	}
	if len(s.ps()) > 0 {
		t.Errorf("something was made: %+v", s.ps())
	}
}

// The image's stop signal and health check hold where the file has none.
func TestImageLifecycle(t *testing.T) {
	imagetest.Busybox(t)
	s := begin(t, `
services:
  web:
    image: docker-archive:web.tar
    stop_grace_period: 20s
`)
	s.image("web.tar", "web:1", imagetest.Config{
		Cmd:         []string{"sh", "-c", `trap "echo got USR1; exit 0" USR1; echo waiting; while :; do sleep 0.1; done`},
		StopSignal:  "SIGUSR1",
		Healthcheck: &imagetest.Healthcheck{Test: []string{"CMD-SHELL", "true"}, Interval: 100e6, Timeout: 10e9},
	})
	s.must("up", "-d", "--wait")
	if c := s.ps()["web-1"]; c.Health != "healthy" {
		t.Errorf("ps: %+v", c)
	}
	s.eventually("it traps", func() bool { return s.logged("web", "waiting") })
	s.must("stop")
	s.eventually("it was sent the image's signal", func() bool { return s.logged("web", "got USR1") })
}
