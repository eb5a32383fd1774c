package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/hostiletest"
)

// A hostile sibling exchanges a directory of a shared volume for a link to
// outside, as fast as it can, while services with mounts below that volume, or of
// a part of it, are started again and again, and files are copied out of it and
// into it (CVE-2021-30465, CVE-2021-25741, CVE-2018-15664). Nothing of outside is
// read, written or mounted on. The control is TestNaiveLosesTheRace.
func TestHostileSibling(t *testing.T) {
	s := begin(t, "services: {}\n")
	canary, err := hostiletest.NewCanary(filepath.Join(filepath.Dir(s.dir), "canary")) // a service without an image sees the project
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(canary.Dir, "dir") // has sub/secret and secret, where a follower finds something
	if err := os.Mkdir(filepath.Join(out, "part"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.write("file", "mine\n")
	s.write("compose.yaml", fmt.Sprintf(`
services:
  sibling: { command: ./probe swap /shared %s, volumes: ['shared:/shared'], stop_grace_period: 0s }
  nested:
    command: ./probe attack r:/data/sub/secret w:/data/sub/part/written r:/data/sub/part/secret
    volumes: ['shared:/data', './file:/data/sub/made/file', { type: tmpfs, target: /data/sub/part }]
  part:
    command: ./probe attack r:/part/secret w:/part/written
    volumes: [{ type: volume, source: shared, target: /part, volume: { subpath: sub } }]
volumes:
  shared: { driver_opts: { type: none, o: bind, device: '%s/shared' } }
`, out, s.dir))
	if err := os.Mkdir(filepath.Join(s.dir, "shared"), 0o755); err != nil {
		t.Fatal(err)
	}
	before, err := canary.Sum()
	if err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d", "sibling")
	s.eventually("it swaps", func() bool { return s.swaps() > 0 })
	s.compose("create", "nested", "part") // it may be stopped by the sibling, as each start below
	started := 0
	for i := 0; i < 8 || s.swaps() < number(t, "MOCKER_TEST_SWAPS", 5000); i++ {
		for _, service := range []string{"nested", "part"} {
			r := s.compose("up", "-d", "--no-deps", "--force-recreate", "-t", "0", service)
			if r.code == 0 {
				started++
			} else if !strings.Contains(r.stderr, "sub") && !strings.Contains(r.stderr, "/part") {
				t.Errorf("refused without naming the path: %s", r.stderr)
			}
			s.noToken(r.stdout + r.stderr + s.compose("logs", service).stdout)
		}
		s.copyRaced()
	}
	if after, err := canary.Sum(); err != nil || after != before {
		t.Errorf("something was written outside: %v", err)
	}
	t.Logf("%d swaps, %d started", s.swaps(), started)
	if started == 0 {
		t.Error("nothing was ever started: it proves nothing")
	}
}

// copyRaced copies out of the volume and into it.
func (s *scenario) copyRaced() {
	s.compose("cp", "sibling:/shared/sub/secret", "copied")
	s.noToken(s.read("copied"))
	s.compose("cp", "file", "sibling:/shared/sub/part/file")
	s.compose("cp", "file", "sibling:/shared/sub/secret")
}

func (s *scenario) noToken(text string) {
	s.t.Helper()
	if strings.Contains(text, hostiletest.Token) {
		s.t.Fatalf("something was read outside:\n%s", text)
	}
}

// swaps is how often the sibling has swapped.
func (s *scenario) swaps() int {
	n, _ := strconv.Atoi(s.read("shared/swaps"))
	return n
}
