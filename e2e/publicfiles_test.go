package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// officialNames are the names by which public files know the images that are made here
// of Debian's packages.
var officialNames = map[string][]string{
	"nginx:stack":    {"nginx:alpine", "nginx:latest"},
	"redis:stack":    {"redis:7-alpine", "redis:alpine", "redis:latest"},
	"postgres:stack": {"postgres:16-alpine", "postgres:13", "postgres:15", "postgres:17-alpine", "postgres:18", "postgres:latest"},
}

// TestPublicFiles: files in the manner of public projects run as they are, with images
// under the official names. MOCKER_TEST_PUBLIC names a directory with more such files, each
// with a FILE.env beside it if it needs variables.
func TestPublicFiles(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("postgres and redis need ids of their own")
	}
	s := begin(t, "services: {}\n")
	archive := filepath.Join(filepath.Dir(s.dir), "images.tar")
	stackImages(t, archive)
	s.must("image", "load", "-i", archive)
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	for from, names := range officialNames {
		for _, name := range names {
			s.must("image", "tag", from, name)
		}
	}
	if err := os.Mkdir(filepath.Join(s.dir, "site"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.write("site/index.html", "it is served\n")
	for name, check := range map[string]func(*scenario){"backend": publicBackend, "proxy": publicProxy} {
		s.publicFile(filepath.Join(built.dir, "testdata/TestPublicFiles", name+".yaml"))
		check(s)
		s.must("down", "-v")
	}
	more, err := filepath.Glob(filepath.Join(os.Getenv("MOCKER_TEST_PUBLIC"), "*.yaml"))
	if err != nil || os.Getenv("MOCKER_TEST_PUBLIC") == "" {
		return
	}
	for _, path := range more {
		t.Logf("%s", path)
		s.publicFile(path)
		for name, c := range s.ps() {
			if c.State != "running" && c.ExitCode != 0 {
				t.Errorf("%s: %s is %s (%d)", path, name, c.State, c.ExitCode)
			}
		}
		s.must("down", "-v")
	}
}

// publicFile brings a file up as it is.
func (s *scenario) publicFile(path string) {
	s.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	s.write("compose.yaml", string(text))
	variables, err := os.ReadFile(strings.TrimSuffix(path, ".yaml") + ".env")
	if err != nil && !os.IsNotExist(err) {
		s.t.Fatal(err)
	}
	s.write(".env", string(variables))
	s.must("up", "-d", "--wait")
}

func publicBackend(s *scenario) {
	s.t.Helper()
	if got := strings.TrimSpace(s.must("exec", "-T", "redis", "redis-cli", "--no-auth-warning", "-a", "change-me", "get", "state")); got != "done" {
		s.t.Errorf("the worker wrote %q", got)
	}
	// The server of the first boot counts as healthy, and hears nobody but its own container.
	s.eventually("the database answers", func() bool {
		r := s.compose("exec", "-T", "-e", "PGPASSWORD=change-me", "postgres", "psql", "-h", "127.0.0.1", "-U", "shop", "-tAc", "select current_database()")
		return strings.TrimSpace(r.stdout) == "shop"
	})
}

func publicProxy(s *scenario) {
	s.t.Helper()
	port := s.port("proxy-1")
	s.eventually("it is served", func() bool { return get(port, "/") == "it is served\n" })
	if got := strings.TrimSpace(s.must("exec", "-T", "cache", "redis-cli", "ping")); got != "PONG" {
		s.t.Errorf("redis answers %q", got)
	}
}
