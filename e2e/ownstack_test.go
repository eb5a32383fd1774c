package e2e

import (
	"archive/tar"
	"bufio"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// idsIn are the user and group of a name in the passwd of a base layer.
func idsIn(t *testing.T, base, name string) (uid, gid int) {
	t.Helper()
	f, err := os.Open(base)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r := tar.NewReader(f)
	for {
		h, err := r.Next()
		if err != nil {
			t.Fatalf("%s has no passwd: %v", base, err)
		}
		if filepath.Clean(h.Name) != "etc/passwd" {
			continue
		}
		for lines := bufio.NewScanner(r); lines.Scan(); {
			line := strings.ReplaceAll(lines.Text(), ":", " ")
			var who, x string
			if n, _ := fmt.Sscan(line, &who, &x, &uid, &gid); n == 4 && who == name {
				return uid, gid
			}
		}
		t.Fatalf("%s knows no %s", base, name)
	}
}

// plainRemove removes directories of the project's as their user would: with rm(1), outside.
func (s *scenario) plainRemove(dirs ...string) {
	s.t.Helper()
	for _, dir := range dirs {
		if out, err := exec.Command("rm", "-rf", filepath.Join(s.dir, dir)).CombinedOutput(); err != nil {
			s.t.Errorf("a plain rm of %s: %v\n%s", dir, err, out)
		}
	}
}

// allMine fails for each file below a directory of the project's that is not the
// caller's.
func (s *scenario) allMine(dir string) (n int) {
	s.t.Helper()
	err := filepath.WalkDir(filepath.Join(s.dir, dir), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if got := ids(s.t, path); got != myIDs() {
			s.t.Errorf("%s belongs to %s", path, got)
		}
		n++
		return nil
	})
	if err != nil {
		s.t.Errorf("not all of %s can be looked at: %v", dir, err)
	}
	return n
}

// postgres and redis, made as the official images are, with their data in directories of
// the user's and no word of ours in the file: it is the user's, from the first boot on.
func TestOwnFilesOfDatabases(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  db:
    image: postgres:own
    environment: {POSTGRES_PASSWORD: x}
    volumes: ["./data:/var/lib/postgresql/data", "./init:/docker-entrypoint-initdb.d"]
    healthcheck: {test: pg_isready -h 127.0.0.1, interval: 500ms, retries: 100}
    stop_grace_period: 5s
  cache:
    image: redis:own
    command: [redis-server, --appendonly, "yes"]
    volumes: ["./cache:/data"]
    healthcheck: {test: redis-cli ping, interval: 500ms, retries: 100}
    stop_grace_period: 5s
`)
	s.databases()
	s.write("init/1.sql", "CREATE TABLE words (word TEXT); INSERT INTO words VALUES ('first');\n")
	s.must("up", "-d", "--wait")
	sql := func(query string) string {
		t.Helper()
		return strings.TrimSpace(s.must("exec", "-T", "db", "psql", "-U", "postgres", "-Atqc", query))
	}
	sql("INSERT INTO words VALUES ('second'); CHECKPOINT")
	s.must("exec", "-T", "cache", "redis-cli", "set", "a", "b")
	if n := s.allMine("data"); n < 900 {
		t.Errorf("the cluster has %d files", n)
	}
	if n := s.allMine("cache"); n < 3 {
		t.Errorf("the cache has %d files", n)
	}
	for service, want := range map[string]string{"db": "postgres", "cache": "redis"} {
		if got := strings.TrimSpace(s.must("exec", "-T", service, "stat", "-c", "%U", "/proc/1")); got != want {
			t.Errorf("%s runs as %s, want %s", service, got, want)
		}
	}
	s.must("kill", "db") // the next start recovers
	s.must("up", "-d", "--wait")
	s.must("down")
	s.must("up", "-d", "--wait")
	if got := sql("SELECT word FROM words ORDER BY 1"); got != "first\nsecond" {
		t.Errorf("after down and up: %q", got)
	}
	if got := strings.TrimSpace(s.must("exec", "-T", "cache", "redis-cli", "get", "a")); got != "b" {
		t.Errorf("after down and up: %q", got)
	}
	s.must("down", "-v")
	s.allMine("data")
	s.plainRemove("data", "cache")
}

// nginx begins as root, listens on port 80 and steps down; as www-data from the beginning it
// listens there too. redis runs as whoever the file says. All have what they ask for, a ping
// without raw sockets included, and leave files of the user's.
func TestOwnFilesOfWeb(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  web:
    image: nginx:own
    volumes: ["./html:/var/www/html", "./tools:/tools:ro"]
    x-mocker: {own_files: www-data}
    stop_grace_period: 0s
  plain:
    image: nginx:own
    user: www-data
    command: [nginx, -c, /conf/nginx.conf, -g, "daemon off;"]
    volumes: ["./html:/var/www/html", "./log:/var/log/nginx", "./conf:/conf:ro"]
    stop_grace_period: 0s
  cache:
    image: redis:own
    user: "1000:1000"
    command: [redis-server, --appendonly, "yes"]
    volumes: ["./cache:/data"]
    healthcheck: {test: redis-cli ping, interval: 500ms, retries: 100}
    stop_grace_period: 5s
`)
	s.databases()
	s.write("html/index.html", "mine")
	if err := os.Chmod(filepath.Join(s.dir, "html/index.html"), 0o600); err != nil { // nobody else's
		t.Fatal(err)
	}
	s.write("tools/x", "")
	s.write("conf/nginx.conf", `pid /tmp/pid; events {}
http {
	access_log /var/log/nginx/access.log;
	client_body_temp_path /tmp/b; proxy_temp_path /tmp/p; fastcgi_temp_path /tmp/f; uwsgi_temp_path /tmp/u; scgi_temp_path /tmp/s;
	server { listen 80; root /var/www/html; }
}
`)
	if err := copyFile(filepath.Join(s.dir, "tools/probe"), built.probe); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d", "--wait")
	const get = `import urllib.request as u; print(u.urlopen("http://%s/").read().decode())`
	for _, name := range []string{"web", "plain"} {
		s.eventually(name+" serves what only its user may read", func() bool {
			return s.compose("exec", "-T", "cache", "python3", "-c", fmt.Sprintf(get, name)).stdout == "mine\n"
		})
	}
	for user, want := range map[string]string{"www-data": "ping:127.0.0.1 pong hello", "root": "ping:127.0.0.1 pong hello"} {
		if got := strings.TrimSpace(s.must("exec", "-T", "-u", user, "web", "/tools/probe", "reach", "ping:127.0.0.1")); got != want {
			t.Errorf("ping as %s: %q, want %q", user, got, want)
		}
	}
	s.must("exec", "-T", "cache", "redis-cli", "set", "a", "b")
	s.must("down")
	s.must("up", "-d", "--wait")
	if got := strings.TrimSpace(s.must("exec", "-T", "cache", "redis-cli", "get", "a")); got != "b" {
		t.Errorf("after down and up: %q", got)
	}
	s.must("down")
	for _, dir := range []string{"html", "log", "cache"} {
		s.allMine(dir)
		s.plainRemove(dir)
	}
}

// databases loads postgres:own, redis:own and nginx:own.
func (s *scenario) databases() {
	s.t.Helper()
	base := baseLayer(s.t, "nginx-light", "redis-server", "postgresql", "python3-flask", "python3-psycopg2", "gosu")
	place := func(user, dir string) []imagetest.File {
		uid, gid := idsIn(s.t, base, user)
		return []imagetest.File{{Name: dir, UID: uid, GID: gid, Mode: 0o1777}}
	}
	entrypoint := func(name string) []imagetest.File {
		b, err := os.ReadFile(filepath.Join(built.dir, "testdata/TestStack", name))
		if err != nil {
			s.t.Fatal(err)
		}
		return []imagetest.File{{Name: "usr/local/bin/docker-entrypoint.sh", Text: string(b), Mode: 0o755}}
	}
	config := func(path, volume, program string) imagetest.Config {
		return imagetest.Config{
			Env:        []string{"PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" + path, "PGDATA=/var/lib/postgresql/data", "LANG=C.UTF-8"},
			Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{program}, Volumes: imagetest.Set(volume), WorkingDir: volume, StopSignal: "SIGINT",
		}
	}
	archive := filepath.Join(filepath.Dir(s.dir), "images.tar")
	writeImages(s.t, archive, base,
		imagetest.Image{
			Names: []string{"postgres:own"}, Config: config(":/usr/lib/postgresql/15/bin", "/var/lib/postgresql/data", "postgres"),
			Layers: [][]imagetest.File{{{Name: "docker-entrypoint-initdb.d/"}}, place("postgres", "var/lib/postgresql/data/"), entrypoint("postgres-entrypoint.sh")},
		},
		imagetest.Image{
			Names: []string{"redis:own"}, Config: config("", "/data", "redis-server"),
			Layers: [][]imagetest.File{place("redis", "data/"), entrypoint("redis-entrypoint.sh")},
		},
		imagetest.Image{
			Names:  []string{"nginx:own"},
			Config: imagetest.Config{Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, Cmd: []string{"nginx", "-g", "daemon off;"}},
			Layers: [][]imagetest.File{{{Name: "var/www/html/"}}},
		})
	s.must("image", "load", "-i", archive)
	if err := os.Remove(archive); err != nil {
		s.t.Fatal(err)
	}
}

// node runs as a user of its own and builds into the user's source tree, from files that
// nobody else may read; mariadb keeps its data beside it, by the key.
func TestOwnFilesOfNode(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  app:
    image: node:own
    volumes: ["./src:/home/node/src"]
    working_dir: /home/node/src
    command: [node, build.js]
    stop_grace_period: 0s
  db:
    image: mariadb:own
    volumes: ["./sql:/var/lib/mysql"]
    healthcheck: {test: mariadb -uroot -e 'SELECT 1', interval: 500ms, retries: 100}
    x-mocker: {own_files: mysql}
`)
	base := baseLayer(t, "mariadb-server", "nodejs")
	env := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "MARIADB_ROOT_PASSWORD=", "MARIADB_DATABASE=shop"}
	b, err := os.ReadFile(filepath.Join(built.dir, "testdata/TestStackNode/mariadb-entrypoint.sh"))
	if err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(filepath.Dir(s.dir), "images.tar")
	writeImages(t, archive, base,
		imagetest.Image{
			Names:  []string{"node:own"},
			Config: imagetest.Config{Env: env, User: "1000:1000", Cmd: []string{"node"}},
			Layers: [][]imagetest.File{{{Name: "home/node/", UID: 1000, GID: 1000}}},
		},
		imagetest.Image{
			Names:  []string{"mariadb:own"},
			Config: imagetest.Config{Env: env, Entrypoint: []string{"docker-entrypoint.sh"}, Cmd: []string{"mariadbd"}},
			Layers: [][]imagetest.File{{{Name: "usr/local/bin/docker-entrypoint.sh", Text: string(b), Mode: 0o755}}},
		})
	s.must("image", "load", "-i", archive)
	if err := os.Remove(archive); err != nil {
		t.Fatal(err)
	}
	s.write("src/build.js", `
const fs = require("fs");
const word = fs.readFileSync("secret.txt", "utf8");
fs.mkdirSync("dist/deep", { recursive: true });
fs.writeFileSync("dist/deep/bundle.js", word);
fs.appendFileSync("secret.txt", "more");
fs.writeFileSync("/home/node/own", word);
console.log(process.getuid(), process.getgid(), fs.statSync("build.js").uid, fs.statSync("/usr/bin/node").uid, fs.statSync("/home/node").uid);
setInterval(() => {}, 1000);
`)
	s.write("src/secret.txt", "geheim")
	for name, mode := range map[string]os.FileMode{"src/secret.txt": 0o600, "src": 0o700} {
		if err := os.Chmod(filepath.Join(s.dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	s.must("up", "-d", "--wait")
	s.eventually("node has written", func() bool {
		return s.read("src/dist/deep/bundle.js") == "geheim" && s.read("src/secret.txt") == "geheimmore"
	})
	s.eventually("it has said so", func() bool { return s.logged("app", "1000 1000 1000 0 1000") })
	s.allMine("src")
	s.allMine("sql")
	s.must("exec", "-T", "db", "mariadb", "-uroot", "-e", "CREATE TABLE shop.w (a INT); INSERT INTO shop.w VALUES (7)")
	s.must("up", "-d", "--wait", "--force-recreate")
	if got := s.must("exec", "-T", "db", "mariadb", "-uroot", "-N", "-e", "SELECT a FROM shop.w"); strings.TrimSpace(got) != "7" {
		t.Errorf("after a recreation: %q", got)
	}
	s.must("down", "-v", "-t", "5")
	s.plainRemove("src", "sql")
}
