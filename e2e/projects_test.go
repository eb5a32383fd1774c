package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// Dockerfiles in the style of public projects are built, and what comes of them is run.
// Their base images have the names that they have in the wild, and are made of Debian's
// packages; programs that only make sense with a network (npm, mvn, composer, dotnet, ...)
// are scripts that do what their names say without one, see testdata/TestBuildProjects.
func TestBuildProjects(t *testing.T) {
	for _, family := range []struct {
		name  string
		bases func(t *testing.T) func(w io.Writer)
		asked bool // done only if MOCKER_TEST_PROJECTS asks for it
	}{
		{"small", smallBases, false},
		{"scripts", scriptBases, false},
		{"compiled", compiledBases, true},
		{"others", otherBases, true},
	} {
		t.Run(family.name, func(t *testing.T) {
			if family.asked && os.Getenv("MOCKER_TEST_PROJECTS") == "" {
				t.Skip("its base images take minutes and a gigabyte: MOCKER_TEST_PROJECTS=1 makes them")
			}
			projects := families[family.name]
			bases := family.bases(t)
			s := begin(t, projectFile(t, projects))
			copyProjects(t, s.dir, projects)
			s.loadImages(bases)
			for _, name := range projects {
				t.Run(name, func(t *testing.T) { buildProject(s.in(t), name) })
			}
		})
	}
}

// families say which bases a project needs.
var families = map[string][]string{
	"small": {"alpine-shell", "backup-job", "onbuild-shell", "static-site"},
	"scripts": {
		"node-express", "node-vite-nginx", "node-monorepo", "python-flask", "python-uv", "python-poetry", "django-entrypoint",
		"ruby-sinatra", "rails", "php-cli", "laravel", "wordpress", "nginx-static", "postgres-init", "mysql-config",
		"c-make", "ubi-openshift", "onbuild-child", "heredocs", "perl-mojo", "secrets",
	},
	"compiled": {"go-api", "go-scratch", "java-maven", "spring-layers", "gradle"},
	"others":   {"rust", "dotnet", "elixir-phoenix"},
}

// All projects are in a family: none is forgotten.
func TestProjectsAreAllBuilt(t *testing.T) {
	var all []string
	for _, names := range families {
		all = append(all, names...)
	}
	files, err := filepath.Glob(filepath.Join(built.dir, "projects", "*", "Dockerfile"))
	if err != nil || len(files) < 25 {
		t.Fatalf("%d projects: %v", len(files), err)
	}
	for _, f := range files {
		if name := filepath.Base(filepath.Dir(f)); !slices.Contains(all, name) {
			t.Errorf("%s is in no family", name)
		}
	}
}

// expectation is a project's file "expect": lines of arg NAME=VALUE, context NAME DIRECTORY,
// secret NAME TEXT, run ARGUMENTS, output TEXT, absent TEXT.
type expectation struct {
	args, contexts, secrets map[string]string
	run, output, absent     []string
}

func expectedOf(t *testing.T, name string) expectation {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(built.dir, "projects", name, "expect"))
	if err != nil {
		t.Fatal(err)
	}
	e := expectation{map[string]string{}, map[string]string{}, map[string]string{}, nil, nil, nil}
	for line := range strings.Lines(string(data)) {
		word, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch word {
		case "arg":
			k, v, _ := strings.Cut(rest, "=")
			e.args[k] = v
		case "context":
			k, v, _ := strings.Cut(rest, " ")
			e.contexts[k] = v
		case "secret":
			k, v, _ := strings.Cut(rest, " ")
			e.secrets[k] = v
		case "run":
			e.run = strings.Fields(rest)
		case "output":
			e.output = append(e.output, rest)
		case "absent":
			e.absent = append(e.absent, rest)
		default:
			t.Fatalf("%s: %q", name, line)
		}
	}
	return e
}

// projectFile is a compose file with a service for each project.
func projectFile(t *testing.T, projects []string) string {
	var b, secrets strings.Builder
	b.WriteString("services:\n")
	for _, name := range projects {
		e := expectedOf(t, name)
		fmt.Fprintf(&b, "  %s:\n    build:\n      context: ./%s\n", name, name)
		section := func(key string, m map[string]string, format string) {
			if len(m) > 0 {
				fmt.Fprintf(&b, "      %s:\n", key)
			}
			for _, k := range slices.Sorted(maps.Keys(m)) {
				fmt.Fprintf(&b, "        "+format+"\n", k, m[k])
			}
		}
		section("args", e.args, "%s: %q")
		section("additional_contexts", e.contexts, "%s: ./x/%s")
		if len(e.secrets) > 0 {
			b.WriteString("      secrets:\n")
		}
		for _, k := range slices.Sorted(maps.Keys(e.secrets)) {
			fmt.Fprintf(&b, "        - %s\n", k)
			fmt.Fprintf(&secrets, "  %s:\n    file: ./secret-%s\n", k, k)
		}
	}
	if secrets.Len() > 0 {
		b.WriteString("secrets:\n" + secrets.String())
	}
	return b.String()
}

// copyProjects copies the contexts, and makes the archives that a text file would not hold.
func copyProjects(t *testing.T, dir string, projects []string) {
	if err := os.Mkdir(filepath.Join(dir, "x"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range projects {
		from := filepath.Join(built.dir, "projects", name)
		to := filepath.Join(dir, name)
		if err := os.CopyFS(to, os.DirFS(from)); err != nil {
			t.Fatal(err)
		}
		e := expectedOf(t, name)
		for _, v := range e.contexts {
			if err := os.CopyFS(filepath.Join(dir, "x", v), os.DirFS(filepath.Join(from, v))); err != nil {
				t.Fatal(err)
			}
		}
		for k, v := range e.secrets {
			if err := os.WriteFile(filepath.Join(dir, "secret-"+k), []byte(v), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		rename(t, to)
		makeTar(t, to)
	}
}

// rename gives Go files their names: here they would be a package of ours.
func rename(t *testing.T, dir string) {
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if name, ok := strings.CutSuffix(path, ".go_"); ok && err == nil {
			return os.Rename(path, name+".go")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// makeTar: "make-tar" is ARCHIVE FILE CONTENT.
func makeTar(t *testing.T, dir string) {
	data, err := os.ReadFile(filepath.Join(dir, "make-tar"))
	if os.IsNotExist(err) {
		return
	}
	archive, rest, _ := strings.Cut(string(data), " ")
	name, text, _ := strings.Cut(rest, " ")
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
		t.Fatal(err)
	}
	w.Write([]byte(text))
	w.Close()
	content := out.Bytes()
	if strings.HasSuffix(archive, ".gz") {
		var packed bytes.Buffer
		z := gzip.NewWriter(&packed)
		z.Write(content)
		z.Close()
		content = packed.Bytes()
	}
	if err := os.WriteFile(filepath.Join(dir, archive), content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// buildProject builds one, runs what came of it, and builds it again, which finds all
// steps in the cache.
func buildProject(s *scenario, name string) {
	e := expectedOf(s.t, name)
	s.must("build", name)
	args := append([]string{"run", "--rm", "-T", "--no-deps", name}, e.run...)
	out := s.compose(args...)
	if out.code != 0 {
		s.t.Fatalf("%q: exit %d\n%s%s", args, out.code, out.stdout, out.stderr)
	}
	for _, text := range e.output {
		if !strings.Contains(out.stdout, text) {
			s.t.Errorf("%q lacks %q:\n%s", args, text, out.stdout)
		}
	}
	for _, text := range e.absent {
		if strings.Contains(out.stdout, text) {
			s.t.Errorf("%q has %q:\n%s", args, text, out.stdout)
		}
	}
	first := s.imageOf(name)
	s.must("build", name)
	if again := s.imageOf(name); again != first {
		s.t.Errorf("built again, without a change, it is another image: %s, then %s", first, again)
	}
}

func (s *scenario) imageOf(service string) string {
	return strings.TrimSpace(s.must("image", "inspect", "--format", "{{.Id}}", s.project+"-"+service))
}

const projectPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// tool is one of the scripts, executable.
func tool(t *testing.T, at, name string) imagetest.File {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(built.dir, "testdata", "TestBuildProjects", name))
	if err != nil {
		t.Fatal(err)
	}
	return imagetest.File{Name: at, Text: string(b), Mode: 0o755}
}

// baseOf is an image on the family's layer.
func baseOf(c imagetest.Config, layers [][]imagetest.File, names ...string) imagetest.Image {
	c.Env = append([]string{projectPath}, c.Env...)
	return imagetest.Image{Names: names, Config: c, Layers: layers}
}

func smallBases(t *testing.T) func(io.Writer) {
	alpine := imagetest.Image{
		Names: []string{"alpine:3.20"}, Config: imagetest.Config{Env: []string{projectPath}, Cmd: []string{"/bin/sh"}},
		Layers: [][]imagetest.File{imagetest.Busybox(t), accounts(""), {
			tool(t, "sbin/apk", "apk"), tool(t, "sbin/adduser", "adduser"), tool(t, "sbin/addgroup", "adduser"), {Name: "etc/group", Text: "root:x:0:\n"}, {Name: "home/"}, {Name: "etc/shadow", Text: "root:*::0:::::\n"},
		}},
	}
	path := filepath.Join(t.TempDir(), "small.tar")
	alpine.WriteDockerArchive(t, path)
	return func(w io.Writer) {
		b, err := os.ReadFile(path)
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// accounts are the users of an image beside root's, as lines of passwd.
func accounts(more string) []imagetest.File {
	return []imagetest.File{{Name: "etc/passwd", Text: "root:x:0:0:root:/root:/bin/sh\n" + more}}
}

func scriptBases(t *testing.T) func(io.Writer) {
	base := baseLayer(t, "gcc", "libc6-dev", "make", "binutils", "python3", "python3-pip", "python3-venv", "python3-setuptools", "python3-wheel",
		"nodejs", "perl", "ruby", "php-cli", "nginx-light", "busybox-static")
	plain := packaged(t)
	with := func(files ...imagetest.File) [][]imagetest.File { return packaged(t, files...) }
	node := with(tool(t, "usr/local/bin/npm", "npm"), imagetest.File{Name: "etc/passwd", Text: debianUsers + "node:x:1000:1000::/home/node:/bin/bash\n"},
		imagetest.File{Name: "home/node/", UID: 1000, GID: 1000}, imagetest.File{Name: "etc/group", Text: debianGroups + "node:x:1000:\n"})
	nginx := with(imagetest.File{Name: "etc/nginx/conf.d/"}, imagetest.File{Name: "usr/share/nginx/html/index.html", Text: "Welcome\n"}, imagetest.File{Name: "docker-entrypoint.d/"})
	database := func(name string) [][]imagetest.File {
		return with(imagetest.File{Name: "etc/passwd", Text: debianUsers + name + ":x:999:999::/var/lib/" + name + ":/bin/bash\n"},
			imagetest.File{Name: "etc/group", Text: debianGroups + name + ":x:999:\n"}, imagetest.File{Name: "docker-entrypoint-initdb.d/"},
			imagetest.File{Name: "usr/local/bin/docker-entrypoint.sh", Text: "#!/bin/sh\nexec \"$@\"\n", Mode: 0o755})
	}
	var none imagetest.Config
	return sender(t, base,
		baseOf(none, plain, "debian:bookworm-slim", "python:3.12-slim", "ruby:3.3-slim", "ruby:3.3.6-slim", "php:8.3-cli", "perl:5.38", "gcc:14", "busybox:1.36"),
		baseOf(none, node, "node:22-slim"),
		baseOf(imagetest.Config{
			WorkingDir: "/usr/src/app", Cmd: []string{"npm", "start"},
			OnBuild: []string{"COPY package.json /usr/src/app/", "RUN npm install --offline", "COPY . /usr/src/app"},
		}, node, "node:22-onbuild"),
		baseOf(none, with(tool(t, "usr/local/bin/composer", "composer")), "composer:2"),
		baseOf(none, with(tool(t, "uv", "uv")), "ghcr.io/astral-sh/uv:0.5"),
		baseOf(imagetest.Config{Cmd: []string{"nginx", "-g", "daemon off;"}}, nginx, "nginx:1.27"),
		baseOf(imagetest.Config{Entrypoint: []string{"docker-entrypoint.sh"}}, database("postgres"), "postgres:16"),
		baseOf(imagetest.Config{Entrypoint: []string{"docker-entrypoint.sh"}}, database("mysql"), "mysql:8.4"),
		baseOf(none, with(tool(t, "usr/bin/microdnf", "apk")), "registry.access.redhat.com/ubi9/ubi-minimal:9.4"),
	)
}

func compiledBases(t *testing.T) func(io.Writer) {
	// openjdk's scripts want a directory for manuals.
	base := baseLayerWith(t, []string{`--essential-hook=mkdir -p "$1"/usr/share/man/man1`}, "golang-go", "openjdk-17-jdk-headless")
	var none imagetest.Config
	return sender(t, base,
		baseOf(none, packaged(t), "golang:1.24-bookworm", "eclipse-temurin:21-jre", "eclipse-temurin:21-jdk"),
		baseOf(none, packaged(t), "gcr.io/distroless/static-debian12:nonroot"),
		baseOf(none, packaged(t, tool(t, "usr/local/bin/mvn", "mvn")), "maven:3.9-eclipse-temurin-21"),
		baseOf(imagetest.Config{User: "gradle"}, packaged(t, append(account("gradle"), tool(t, "usr/local/bin/gradle", "mvn"))...), "gradle:8-jdk21"),
	)
}

func otherBases(t *testing.T) func(io.Writer) {
	base := baseLayer(t, "elixir", "erlang-dev", "erlang-crypto", "mono-mcs", "rustc", "cargo", "gcc", "libc6-dev")
	var none imagetest.Config
	return sender(t, base,
		baseOf(none, packaged(t), "rust:1.83-slim", "debian:bookworm-slim"),
		baseOf(imagetest.Config{Env: []string{"LANG=C.UTF-8"}}, packaged(t), "hexpm/elixir:1.14.0-erlang-25.2-debian-bookworm-slim"),
		baseOf(none, packaged(t, append(account("app"), tool(t, "usr/local/bin/dotnet", "dotnet"))...), "mcr.microsoft.com/dotnet/sdk:8.0", "mcr.microsoft.com/dotnet/aspnet:8.0"),
	)
}

// sender writes images on one base layer when it is called.
func sender(t *testing.T, base string, images ...imagetest.Image) func(io.Writer) {
	return func(w io.Writer) { sendImages(t, w, base, images...) }
}

// packaged are layers with the script that stands for apt-get, and more files.
func packaged(t *testing.T, files ...imagetest.File) [][]imagetest.File {
	layers := [][]imagetest.File{{tool(t, "usr/local/sbin/apt-get", "apt-get")}}
	if len(files) > 0 {
		layers = append(layers, files)
	}
	return layers
}

// account is a user with a home.
func account(name string) []imagetest.File {
	return []imagetest.File{
		{Name: "etc/passwd", Text: debianUsers + name + ":x:1654:1654::/home/" + name + ":/bin/sh\n"},
		{Name: "etc/group", Text: debianGroups + name + ":x:1654:\n"}, {Name: "home/" + name + "/", UID: 1654, GID: 1654},
	}
}

// What Debian's base-passwd has of it, for images with a user more.
const (
	debianUsers = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n" +
		"www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n"
	debianGroups = "root:x:0:\ndaemon:x:1:\nwww-data:x:33:\nnogroup:x:65534:\n"
)
