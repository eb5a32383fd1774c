package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// A second stack, of mariadb and node, driven through HTTP and SQL.
func TestStackNode(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("mariadb needs an id of its own")
	}
	s := begin(t, "services: {}\n")
	if err := os.Remove(filepath.Join(s.dir, "compose.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(built.dir, "testdata/TestStackNode/project"))); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(filepath.Dir(s.dir), "images.tar")
	base := baseLayer(t, "mariadb-server", "nodejs")
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	mariadb := imagetest.Image{
		Names: []string{"mariadb:stack"},
		Config: imagetest.Config{
			Env: env, Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"mariadbd", "--bind-address=0.0.0.0"},
			Volumes: imagetest.Set("/var/lib/mysql"), ExposedPorts: imagetest.Set("3306/tcp"),
			Healthcheck: &imagetest.Healthcheck{
				Test:     []string{"CMD-SHELL", `MYSQL_PWD=$(cat /run/secrets/root_password) mariadb -h 127.0.0.1 -uroot -e 'SELECT 1'`},
				Interval: 500 * time.Millisecond, Timeout: 20 * time.Second, Retries: 100,
			},
		},
		Layers: [][]imagetest.File{{script(t, "usr/local/bin/docker-entrypoint.sh", "mariadb-entrypoint.sh")}},
	}
	node := imagetest.Image{
		Names:  []string{"node:stack"},
		Config: imagetest.Config{Env: env, Cmd: []string{"node", "/srv/server.js"}, WorkingDir: "/srv", User: "nobody", ExposedPorts: imagetest.Set("3000/tcp")},
		Layers: [][]imagetest.File{{script(t, "srv/server.js", "server.js")}},
	}
	writeImages(t, archive, base, mariadb, node)
	s.must("image", "load", "-i", archive)
	s.must("up", "-d", "--wait")
	words := func(query string) (got string) {
		s.eventually("the page answers", func() bool { got = get(s.port("web-1"), query); return got != "" && !strings.Contains(got, "rror") })
		return got
	}
	if got := words("/?add=first"); got != "first\n" {
		t.Errorf("the page says %q", got)
	}
	if got := strings.Fields(s.must("exec", "-T", "db", "sh", "-c", "cat /proc/1/comm; stat -c %U /proc/1")); strings.Join(got, " ") != "mariadbd mysql" {
		t.Errorf("process 1 of db is %v", got)
	}
	s.must("down")
	s.must("up", "-d", "--wait")
	if got := words("/?add=second"); got != "first\nsecond\n" {
		t.Errorf("after down and up the page says %q", got)
	}
	if got := s.must("exec", "-T", "db", "sh", "-c", "MYSQL_PWD=geheim mariadb -uroot -N -e 'SELECT count(*) FROM shop.words'"); strings.TrimSpace(got) != "2" {
		t.Errorf("SQL counts %q", got)
	}
	s.must("down", "-v")
	if _, err := os.Lstat(filepath.Join(s.dirs.Volumes(), s.project+"_data")); !os.IsNotExist(err) {
		t.Errorf("the volume after down -v: %v", err)
	}
}
