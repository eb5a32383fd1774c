package e2e

import (
	"fmt"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestUpOnTerminal: what is built and started is drawn in place, and with logs in the
// foreground nothing is drawn over them.
func TestUpOnTerminal(t *testing.T) {
	requireIDs(t)
	s := begin(t, "services:\n  web: {build: ./web, stop_grace_period: 1s}\n")
	s.withBusybox("web")
	s.write("web/version", "1\n")
	s.write("web/Dockerfile", busyboxBase+"RUN echo making; sleep 0.5\nCOPY version /version\nCMD [\"sh\", \"-c\", \"echo it runs; exec sleep 1000\"]\n")
	s.env = append(s.env, "TERM=xterm")
	up := s.onTerminal("up", "-d")
	if code := up.code(); code != 0 {
		t.Errorf("exit %d", code)
	}
	up.shows("Started")
	got := string(up.screen.bytes())
	for _, want := range []string{"[+] up ", "[+] Building " + s.project + "-web ", "RUN echo making; sleep 0.5", "FINISHED", "✔", "\x1b["} {
		if !strings.Contains(got, want) {
			t.Errorf("the terminal does not show %q:\n%q", want, got)
		}
	}
	s.must("down", "--rmi", "local")
	front := s.onTerminal("up", "--menu=false") // which is drawn anew below each line
	front.shows("it runs")
	front.type_("\x03")
	if code := front.code(); code != 130 {
		t.Errorf("Ctrl-C: exit %d", code)
	}
	before, got, _ := strings.Cut(string(front.screen.bytes()), "Attaching to ")
	if !strings.Contains(before, "FINISHED") || regexp.MustCompile(`\x1b\[\d*[AJ]`).MatchString(got) || !strings.Contains(got, "web-1  Started") {
		t.Errorf("the terminal shows\n%q\nand then\n%q", before, got)
	}
	plain := s.onTerminal("--progress", "plain", "build", "--no-cache")
	if code := plain.code(); code != 0 {
		t.Errorf("exit %d", code)
	}
	plain.shows("Built")
	if got := string(plain.screen.bytes()); strings.Contains(got, "\x1b") || !strings.Contains(got, "making") {
		t.Errorf("--progress plain on a terminal shows\n%q", got)
	}
}

// TestInterrupted: Ctrl-C ends a build and a pull at once, before anything was changed,
// and nothing of them is left.
func TestInterrupted(t *testing.T) {
	requireIDs(t)
	r := registrytest.New(t, registrytest.Options{})
	p := r.Push(t, "slow:1", sleeper(t, "one"), imagetest.Form{})
	r.Fault("GET", "/blobs/"+p.Layers[0].Digest, registrytest.Stall(1000))
	s := begin(t, fmt.Sprintf("services:\n  web: {build: ./web}\n  slow: {image: '%s/slow:1'}\n", r.Host))
	s.withBusybox("web")
	s.write("web/Dockerfile", busyboxBase+"RUN echo it begins; sleep 1000\n")
	for _, tt := range []struct{ service, begins, ends string }{
		{"web", "it begins", "-web  Interrupted"},
		{"slow", "Downloading", "slow:1  Interrupted"},
	} {
		c := s.beside("up", "-d", tt.service)
		c.shows(tt.begins)
		if err := c.cmd.Process.Signal(syscall.SIGINT); err != nil {
			t.Fatal(err)
		}
		if code := c.code(); code != 130 || !strings.Contains(c.out.String(), tt.ends) || strings.Contains(c.out.String(), "Container") {
			t.Errorf("%s: exit %d\n%s", tt.service, code, c.out.String())
		}
	}
	if left := s.must("ps", "-aq"); left != "" {
		t.Errorf("left: %s", left)
	}
}
