package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// stackImages writes nginx, redis, postgres and an application of flask, each
// with configuration and entrypoint in the way of the official images.
func stackImages(t *testing.T, path string) {
	t.Helper()
	base := baseLayer(t, "nginx-light", "redis-server", "postgresql", "python3-flask", "python3-psycopg2", "gosu")
	bin := "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	nginx := imagetest.Image{
		Names: []string{"nginx:stack"},
		Config: imagetest.Config{
			Env: []string{"PATH=" + bin}, Cmd: []string{"nginx", "-g", "daemon off;"},
			ExposedPorts: imagetest.Set("80/tcp"), StopSignal: "SIGQUIT",
		},
		Layers: [][]imagetest.File{{{Name: "etc/nginx/sites-enabled/.wh.default"}}},
	}
	redis := imagetest.Image{
		Names: []string{"redis:stack"},
		Config: imagetest.Config{
			Env: []string{"PATH=" + bin}, Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"redis-server"},
			ExposedPorts: imagetest.Set("6379/tcp"), Volumes: imagetest.Set("/data"), WorkingDir: "/data",
			Healthcheck: &imagetest.Healthcheck{Test: []string{"CMD", "redis-cli", "ping"}, Interval: 500 * time.Millisecond, Retries: 60},
		},
		Layers: [][]imagetest.File{
			{scriptOf(t, "TestStack", "usr/local/bin/docker-entrypoint.sh", "redis-entrypoint.sh")},
			{{Name: "data/"}},
		},
	}
	postgres := imagetest.Image{
		Names: []string{"postgres:stack"},
		Config: imagetest.Config{
			Env:        []string{"PATH=" + bin + ":/usr/lib/postgresql/15/bin", "PGDATA=/var/lib/postgresql/data", "LANG=C.UTF-8"},
			Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"postgres", "-c", "listen_addresses=*"},
			ExposedPorts: imagetest.Set("5432/tcp"), Volumes: imagetest.Set("/var/lib/postgresql/data"), StopSignal: "SIGINT",
		},
		Layers: [][]imagetest.File{
			{{Name: "docker-entrypoint-initdb.d/"}},
			{scriptOf(t, "TestStack", "usr/local/bin/docker-entrypoint.sh", "postgres-entrypoint.sh")},
		},
	}
	shop := imagetest.Image{
		Names: []string{"shop:stack"},
		Config: imagetest.Config{
			Env: []string{"PATH=" + bin, "PYTHONUNBUFFERED=1"}, Cmd: []string{"python3", "app.py"}, WorkingDir: "/app",
			User: "www-data", ExposedPorts: imagetest.Set("5000/tcp"),
			Healthcheck: &imagetest.Healthcheck{
				Test:     []string{"CMD-SHELL", `python3 -c 'import urllib.request as u; u.urlopen("http://127.0.0.1:5000/health")'`},
				Interval: 500 * time.Millisecond, Timeout: 20 * time.Second, Retries: 60,
			},
		},
		Layers: [][]imagetest.File{{{Name: "app/"}, scriptOf(t, "TestStack", "app/app.py", "app.py")}},
	}
	writeImages(t, path, base, nginx, redis, postgres, shop)
}

// The whole purpose: a stack of real servers, in docker's own style, pulled from a
// registry, driven through HTTP and SQL.
func TestStack(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if os.Getenv("MOCKER_FORCE_SINGLE_ID") != "" {
		t.Skip("postgres and redis need ids of their own")
	}
	s := begin(t, "services: {}\n")
	if err := os.Remove(filepath.Join(s.dir, "compose.yaml")); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(built.dir, "testdata/TestStack/project"))); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(filepath.Dir(s.dir), "images.tar")
	stackImages(t, archive)
	s.must("image", "load", "-i", archive)
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	compare := s.throughRegistry("nginx:stack", "redis:stack", "postgres:stack", "shop:stack")
	canary := filepath.Join(filepath.Dir(s.dir), "canary")
	if err := os.WriteFile(canary, []byte("sings"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d", "--wait")
	compare()
	stackAnswers(s)
	stackIsIsolated(s)
	stackSurvives(s)
	if b, err := os.ReadFile(canary); err != nil || string(b) != "sings" {
		t.Errorf("the canary outside: %q, %v", b, err)
	}
	stackVolumes(s)
}

// stackAnswers drives the stack through HTTP: both replicas, redis, postgres.
func stackAnswers(s *scenario) {
	s.t.Helper()
	port := s.port("proxy-1")
	s.eventually("the proxy answers", func() bool { return get(port, "/health") == "ok\n" })
	hosts := map[string]bool{}
	for range 8 {
		f := strings.Fields(get(port, "/"))
		if len(f) != 3 || f[2] != "33" {
			s.t.Fatalf("the page is %q, want host, hits and the id of www-data", f)
		}
		hosts[f[0]] = true
	}
	if len(hosts) != 2 {
		s.t.Errorf("the proxy used %v, want both replicas in turn", hosts)
	}
	if got := strings.TrimSpace(s.must("exec", "-T", "redis", "redis-cli", "get", "hits")); got != "8" {
		s.t.Errorf("redis counted %q hits, want 8", got)
	}
	if got := get(port, "/notes?add=over+http"); got != "from the first boot\nover http\n" {
		s.t.Errorf("the notes are %q", got)
	}
	if got := s.sql("SELECT count(*) FROM notes"); got != "2" {
		s.t.Errorf("SQL counts %q notes", got)
	}
	if n := strings.Count(s.must("images", "-q"), "\n"); n != 4 {
		s.t.Errorf("images: %s", s.must("images"))
	}
}

func (s *scenario) sql(query string) string {
	s.t.Helper()
	return strings.TrimSpace(s.must("exec", "-T", "-u", "postgres", "db", "psql", "-U", "shop", "-Atc", query))
}

// stackIsIsolated looks at who runs what, and at who sees whom.
func stackIsIsolated(s *scenario) {
	s.t.Helper()
	if r := s.compose("exec", "-T", "proxy", "getent", "hosts", "db"); r.code == 0 {
		s.t.Errorf("the proxy finds the database, in whose network it is not: %s", r.stdout)
	}
	for service, want := range map[string]string{"db": "postgres", "redis": "redis-server", "app": "python3"} {
		got := s.must("exec", "-T", service, "sh", "-c", "cat /proc/1/comm; stat -c %u /proc/1")
		if f := strings.Fields(got); len(f) != 2 || f[0] != want || f[1] == "0" {
			s.t.Errorf("%s: process 1 is %q, want %s, not root", service, f, want)
		}
	}
	// What root wrote to the bind mount is the caller's.
	st, err := os.Stat(filepath.Join(s.dir, "logs/access.log"))
	if err != nil {
		s.t.Fatal(err)
	}
	if uid := st.Sys().(*syscall.Stat_t).Uid; int(uid) != os.Getuid() || st.Size() == 0 {
		s.t.Errorf("access.log belongs to %d, %d bytes; want the caller's, with lines", uid, st.Size())
	}
}

// stackSurvives: data are there after down and up, and after a crash.
func stackSurvives(s *scenario) {
	s.t.Helper()
	s.must("down")
	if left := s.ps(); len(left) > 0 {
		s.t.Errorf("after down: %v", left)
	}
	s.must("up", "-d", "--wait")
	if got := s.sql("SELECT text FROM notes ORDER BY id"); got != "from the first boot\nover http" {
		s.t.Errorf("after down and up the notes are %q", got)
	}
	if logs := strings.Join(s.logLines("db"), "\n"); strings.Contains(logs, "first boot is done") {
		s.t.Error("the second start made the cluster again")
	}
	s.must("kill", "db")
	s.must("start", "--wait", "db")
	port := s.port("proxy-1")
	s.eventually("the application has its database again", func() bool { return strings.Contains(get(port, "/notes"), "over http") })
}

// stackVolumes: down -v removes exactly the project's volumes.
func stackVolumes(s *scenario) {
	s.t.Helper()
	other := filepath.Join(s.dirs.Volumes(), "of-another-project")
	if err := os.Mkdir(other, 0o755); err != nil {
		s.t.Fatal(err)
	}
	s.must("down", "-v")
	entries, err := os.ReadDir(s.dirs.Volumes())
	if err != nil {
		s.t.Fatal(err)
	}
	var left []string
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && e.IsDir() {
			left = append(left, e.Name())
		}
	}
	if !slices.Equal(left, []string{"of-another-project"}) {
		s.t.Errorf("after down -v: %v", left)
	}
	if b := s.read("db_password.txt"); b != "s3cret word\n" {
		s.t.Errorf("the secret's file is %q", b)
	}
}
