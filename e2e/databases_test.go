package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// Two databases, built in the way of the official images: an entrypoint that makes
// the data on the first boot, as a user of its own, with passwords from files.
func TestDatabases(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("the servers refuse to run as root, and there is no other id")
	}
	s := begin(t, "services: {}\n")
	if err := os.Remove(filepath.Join(s.dir, "compose.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(built.dir, "testdata/TestDatabases/project"))); err != nil {
		t.Fatal(err)
	}
	entrypoint, err := os.ReadFile(filepath.Join(built.dir, "testdata/TestStack/postgres-entrypoint.sh"))
	if err != nil {
		t.Fatal(err)
	}
	s.write("postgres/docker-entrypoint.sh", string(entrypoint))
	archive := filepath.Join(s.dir, "base.tar")
	writeImages(t, archive, baseLayer(t, "mariadb-server", "postgresql", "gosu"), imagetest.Image{
		Names: []string{"database-base:12"},
		Config: imagetest.Config{
			Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}, Cmd: []string{"bash"},
		},
	})
	s.must("image", "load", "-i", archive)
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d", "--wait")
	s.bothAnswer("from the first boot")
	for name, user := range map[string]string{"maria": "mysql", "pg": "postgres"} {
		if got := strings.TrimSpace(s.must("exec", "-T", name, "stat", "-c", "%U", "/proc/1")); got != user {
			t.Errorf("%s runs as %s, want %s", name, got, user)
		}
		data := map[string]string{"maria": "/var/lib/mysql", "pg": "/var/lib/postgresql/data"}[name]
		if got := strings.TrimSpace(s.must("exec", "-T", name, "find", data, "!", "-user", user)); got != "" {
			t.Errorf("%s: not %s's: %s", name, user, got)
		}
	}
	s.client("maria", "INSERT INTO notes (text) VALUES ('later')")
	s.client("pg", "INSERT INTO notes (text) VALUES ('later')")
	s.must("down")
	s.must("up", "-d", "--wait", "--build")
	s.bothAnswer("from the first boot", "later")
	if logs := strings.Join(slices.Concat(s.logLines("maria"), s.logLines("pg")), "\n"); strings.Contains(logs, "first boot is done") {
		t.Error("the second start made the data again")
	}
	s.must("kill", "maria", "pg")
	s.must("up", "-d", "--wait")
	s.bothAnswer("from the first boot", "later")
	s.must("down", "-v", "--rmi", "local")
	if got := s.must("volume", "ls", "-q"); strings.Contains(got, s.project) {
		t.Errorf("volumes that are left: %s", got)
	}
	if got := s.must("image", "ls"); strings.Contains(got, s.project) {
		t.Errorf("images that are left: %s", got)
	}
}

func (s *scenario) client(server, query string) string {
	s.t.Helper()
	password := `$(cat /run/secrets/password)`
	program := `mariadb -h maria -u shop "-p` + password + `" -N -B -e "$1" shop`
	if server == "pg" {
		program = `PGPASSWORD="` + password + `" psql -h pg -U shop -Atqc "$1"`
	}
	return strings.TrimSpace(s.must("exec", "-T", "client", "bash", "-c", program, "bash", query))
}

func (s *scenario) bothAnswer(want ...string) {
	s.t.Helper()
	for _, server := range []string{"maria", "pg"} {
		if got := s.client(server, "SELECT text FROM notes ORDER BY id"); got != strings.Join(want, "\n") {
			s.t.Errorf("%s has %q, want %q", server, got, want)
		}
	}
}
