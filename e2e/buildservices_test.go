package e2e

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// busyboxBase begins Dockerfiles that need a shell and no registry.
const busyboxBase = `FROM scratch AS base
COPY busybox /bin/busybox
RUN ["/bin/busybox", "--install", "-s", "/bin"]
`

// withBusybox puts the program beside the Dockerfile in dir.
func (s *scenario) withBusybox(dir string) {
	s.t.Helper()
	path, err := exec.LookPath("busybox")
	if err != nil {
		s.t.Skip("busybox is not installed: apt-get install busybox-static")
	}
	s.write(dir+"/.dockerignore", "*\n!busybox\n!version\n!Dockerfile\n")
	if err := copyFile(filepath.Join(s.dir, dir, "busybox"), path); err != nil {
		s.t.Fatal(err)
	}
}

// TestUpBuilds: up builds what is missing, in the order of service: contexts, and with
// --build what has changed; only containers of changed images are replaced.
func TestUpBuilds(t *testing.T) {
	requireIDs(t)
	s := begin(t, `
services:
  web:
    build: {context: ./web, additional_contexts: {shared: 'service:shared'}}
    stop_grace_period: 1s
  api:
    build: ./api
    image: made/api:1
    stop_grace_period: 1s
  shared: {build: ./shared, profiles: [never]}
`)
	for _, dir := range []string{"web", "api", "shared"} {
		s.withBusybox(dir)
		s.write(dir+"/version", dir+" one\n")
	}
	s.write("shared/Dockerfile", "FROM scratch\nCOPY version /shared\n")
	s.write("web/Dockerfile", busyboxBase+"FROM base\nCOPY --from=shared /shared /shared\nCOPY version /version\nCMD cat /version /shared; exec sleep 1000\n")
	s.write("api/Dockerfile", busyboxBase+"FROM base\nCOPY version /version\nCMD cat /version; exec sleep 1000\n")
	first := s.compose("up", "-d", "--no-build", "web")
	if first.code != 1 || !strings.Contains(first.stderr, s.project+"-web") || !strings.Contains(first.stderr, "mocker-compose build web") {
		t.Fatalf("up --no-build: exit %d\n%s", first.code, first.stderr)
	}
	up := s.compose("up", "-d", "--pull", "never")
	if up.code != 0 {
		t.Fatalf("up: exit %d\n%s", up.code, up.stderr)
	}
	for _, want := range []string{" Image " + s.project + "-web  Building\n", " Image " + s.project + "-shared  Built\n", " Image made/api:1  Built\n", "[web stage-1 2/2] COPY version /version\n"} {
		if !strings.Contains(up.stderr, want) {
			t.Errorf("up does not say %q:\n%s", want, up.stderr)
		}
	}
	s.logs("web", "web one", "shared one")
	ids := func() (web, api string) { ps := s.ps(); return ps["web-1"].ID, ps["api-1"].ID }
	web, api := ids()
	if again := s.compose("up", "-d"); strings.Contains(again.stderr, "Image") {
		t.Errorf("up with all images there says\n%s", again.stderr)
	}
	s.write("shared/version", "shared two\n")
	s.must("up", "-d")
	if w, a := ids(); w != web || a != api {
		t.Error("up without --build has replaced a container")
	}
	res := s.compose("up", "-d", "--build")
	if w, a := ids(); res.code != 0 || w == web || a != api {
		t.Errorf("up --build: exit %d, web replaced is %v, api replaced is %v\n%s", res.code, w != web, a != api, res.stderr)
	}
	s.logs("web", "web one", "shared two")
	web, api = ids()
	if res := s.compose("up", "-d", "--build", "--quiet-build"); res.code != 0 || strings.Contains(res.stderr, "#1") {
		t.Errorf("up --build --quiet-build: exit %d\n%s", res.code, res.stderr)
	}
	if w, a := ids(); w != web || a != api {
		t.Error("up --build with nothing changed has replaced a container")
	}
	s.write("api/version", "api two\n")
	if out := s.must("run", "--rm", "--build", "--no-deps", "--quiet-build", "api", "cat", "/version"); out != "api two\n" {
		t.Errorf("run --build: %q", out)
	}
}

// logs waits for the last lines of a service's log.
func (s *scenario) logs(service string, last ...string) {
	s.t.Helper()
	s.eventually(service+" writes "+strings.Join(last, ", "), func() bool {
		lines := s.logLines(service)
		return len(lines) >= len(last) && strings.HasSuffix(strings.Join(lines, "\n"), strings.Join(last, "\n"))
	})
}

// times makes output comparable.
func times(s string) string {
	s = regexp.MustCompile(`(?m)^(#\d+) \d+\.\d{3} `).ReplaceAllString(s, "$1 0.000 ")
	s = regexp.MustCompile(`(looked at \d+ files), \d+\.\d\dMB`).ReplaceAllString(s, "$1, 1.98MB")
	return regexp.MustCompile(`DONE \d+\.\ds`).ReplaceAllString(s, "DONE 0.0s")
}

// TestBuildCommand: flags, words and streams of build.
func TestBuildCommand(t *testing.T) {
	requireIDs(t)
	s := begin(t, `
services:
  app:
    image: made/app
    build:
      context: ./app
      target: ${TARGET:-final}
      args: {WHO: file, FROM_ENV: }
      labels: {a.b: c}
      tags: ['made/app:also']
      secrets: [token, {source: file, target: other}]
    depends_on: [dep]
  dep:
    build: {context: ./app, dockerfile_inline: "FROM scratch\nCOPY version /version\n"}
secrets:
  token: {environment: TOKEN}
  file: {file: ./secret}
`)
	s.env = append(s.env, "TOKEN=hush", "FROM_ENV=env")
	s.withBusybox("app")
	s.write("secret", "very secret")
	s.write("app/version", "1\n")
	s.write("app/Dockerfile", busyboxBase+`FROM base AS final
ARG WHO
ARG FROM_ENV
RUN --mount=type=secret,id=token --mount=type=secret,id=other,env=OTHER echo "$WHO $FROM_ENV $(wc -c < /run/secrets/token) $(echo -n "$OTHER" | wc -c)" > /who; cat /who
CMD cat /who
FROM base AS broken
RUN echo one; echo two >&2; exit 3
`)
	r := s.compose("build", "app")
	if r.code != 0 || r.stdout != "" {
		t.Fatalf("build: exit %d, stdout %q\n%s", r.code, r.stdout, r.stderr)
	}
	want := ` Image made/app  Building
#1 [app internal] load build definition from Dockerfile
#1 DONE 0.0s

#2 [app internal] load build context
#2 0.000 looked at 1 files, 1.98MB
#2 DONE 0.0s

#3 [app base 1/2] COPY busybox /bin/busybox
#3 DONE 0.0s

#4 [app base 2/2] RUN ["/bin/busybox", "--install", "-s", "/bin"]
#4 DONE 0.0s

#5 [app final 1/1] RUN --mount=type=secret,id=token --mount=type=secret,id=other,env=OTHER echo "file env $(wc -c < /run/secrets/token) $(echo -n "****" | wc -c)" > /who; cat /who
#5 0.000 file env 4 11
#5 DONE 0.0s

#6 [app] exporting to image
#6 DONE 0.0s

WARN Dockerfile: 1 warning (build --check app shows the lines):
WARN  - JSONArgsRecommended: JSON arguments recommended for CMD to prevent unintended behavior related to OS signals (line 8)
 Image made/app  Built
`
	if got := times(r.stderr); got != want {
		t.Errorf("build says\n%s\nwant\n%s", got, want)
	}
	id := s.must("build", "-q", "app")
	if !regexp.MustCompile(`^sha256:[0-9a-f]{64}\n$`).MatchString(id) {
		t.Errorf("build -q prints %q", id)
	}
	if other := s.must("build", "-q", "--build-arg", "WHO=flag", "app"); other == id {
		t.Error("an argument changes nothing")
	}
	if out := s.must("run", "--rm", "--no-deps", "app"); out != "flag env 4 11\n" {
		t.Errorf("the image with --build-arg prints %q", out)
	}
	if names := s.must("image", "inspect", "--format", "{{.RepoTags}} {{.Config.Labels}}", "made/app"); !strings.Contains(names, "made/app:also") ||
		!strings.Contains(names, "com.docker.compose.service:app") || !strings.Contains(names, "a.b:c") {
		t.Errorf("names and labels: %s", names)
	}
	if r := s.compose("build", "--with-dependencies", "--no-cache", "app"); r.code != 0 || !strings.Contains(r.stderr, "-dep  Built") || strings.Contains(r.stderr, "CACHED") {
		t.Errorf("build --with-dependencies --no-cache: exit %d\n%s", r.code, r.stderr)
	}
	s.buildFails()
	s.buildLooks()
}

// buildFails: where it failed, with the output and the lines, in all shapes.
func (s *scenario) buildFails() {
	s.t.Helper()
	s.env = append(s.env, "TARGET=broken")
	got := s.fails(1, []string{
		"#5 ERROR: process \"/bin/sh -c echo one; echo two >&2; exit 3\" did not complete successfully: exit code: 3\n",
		" > [app broken 1/1] RUN echo one; echo two >&2; exit 3:\n", "two\n------\nDockerfile:", " >>> RUN echo one; echo two >&2; exit 3\n",
		"target app: failed to solve: process \"/bin/sh -c echo one; echo two >&2; exit 3\" did not complete successfully: exit code: 3\n",
	}, "build", "app")
	if strings.Contains(got, "Built") {
		s.t.Errorf("it says\n%s", got)
	}
	quiet := s.fails(1, []string{"failed to solve"}, "--progress", "quiet", "build", "app")
	if strings.Contains(quiet, "Image") || strings.Contains(quiet, "#") {
		s.t.Errorf("quiet says\n%s", quiet)
	}
	lines := strings.Split(strings.TrimSpace(s.fails(1, nil, "--progress", "json", "build", "app")), "\n")
	parsed := 0
	for _, line := range lines {
		var record struct{ ID, Status, Text string }
		if json.Unmarshal([]byte(line), &record) == nil && record.ID != "" && record.Status != "" {
			parsed++
		}
	}
	if parsed < 8 {
		s.t.Errorf("%d records in\n%s", parsed, strings.Join(lines, "\n"))
	}
	s.env = append(s.env, "TARGET=final")
	s.write("bad.yaml", "services:\n  app: {build: ./nowhere}\n  typo: {build: {context: ., dockerfile_inline: \"FROM scratch\\nRUNN x\\n\"}}\n  none: {build: {context: ., dockerfile: None}}\n")
	s.fails(1, []string{"target app: failed to solve: ", "nowhere"}, "-f", "bad.yaml", "build", "app")
	s.fails(1, []string{"Dockerfile:2\n", ">>> RUNN x", "unknown instruction: RUNN"}, "-f", "bad.yaml", "build", "typo")
	s.fails(1, []string{"bad.yaml:4: services.none.build", "target none: failed to solve: failed to read dockerfile: open"}, "-f", "bad.yaml", "up", "-d", "none")
}

// buildLooks: --print and --check build nothing.
func (s *scenario) buildLooks() {
	s.t.Helper()
	var bake struct {
		Target map[string]struct {
			Context, Dockerfile, Target string
			Args                        map[string]string
			Tags, Secret                []string
		}
	}
	if err := json.Unmarshal([]byte(s.must("build", "--print", "app")), &bake); err != nil {
		s.t.Fatal(err)
	}
	app := bake.Target["app"]
	if app.Target != "final" || app.Args["FROM_ENV"] != "env" || len(app.Tags) != 2 || app.Secret[0] != "id=token,type=env,env=TOKEN" || !strings.HasSuffix(app.Dockerfile, "/app/Dockerfile") {
		s.t.Errorf("build --print: %+v", app)
	}
	r := s.compose("build", "--check", "app")
	if r.code != 1 || !strings.Contains(r.stdout, "WARNING: JSONArgsRecommended") || !strings.Contains(r.stdout, ">>> CMD cat /who") {
		s.t.Errorf("build --check: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	if r := s.compose("build", "--check", "dep"); r.code != 0 || r.stdout != "Check complete, no warnings found.\n" {
		s.t.Errorf("build --check: exit %d\n%s%s", r.code, r.stdout, r.stderr)
	}
}

// TestPushServices: build --push, push and pull of what services build.
func TestPushServices(t *testing.T) {
	requireIDs(t)
	r := registrytest.New(t, registrytest.Options{})
	s := begin(t, strings.ReplaceAll(`
services:
  app:
    image: HOST/team/app:1
    build: {context: ./app, tags: ['HOST/team/app:also']}
    stop_grace_period: 1s
  unnamed: {build: ./app}
  other: {image: 'HOST/other:1', profiles: [other]}
`, "HOST", r.Host))
	s.withBusybox("app")
	s.write("app/version", "1\n")
	s.write("app/Dockerfile", busyboxBase+"CMD [\"sleep\", \"1000\"]\n")
	if res := s.compose("build", "--push"); res.code != 0 || !strings.Contains(res.stderr, r.Host+"/team/app:1  Pushed\n") {
		t.Fatalf("build --push: exit %d\n%s", res.code, res.stderr)
	}
	if n := r.Count(t, "PUT", "^/v2/team/app/manifests/"); n != 2 {
		t.Errorf("%d manifests were pushed, want one for each name", n)
	}
	layers, err := strconv.Atoi(strings.TrimSpace(s.must("image", "inspect", "-f", "{{len .RootFS.Layers}}", r.Host+"/team/app:1")))
	if err != nil {
		t.Fatal(err)
	}
	if n := r.Count(t, "PUT", "^/v2/team/app/blobs/uploads/"); n != layers+1 {
		t.Errorf("%d blobs were pushed under two names, want each of %d layers and the configuration once", n, layers)
	}
	r.Reset()
	res := s.compose("push")
	got := regexp.MustCompile(`(?m)^ [0-9a-f]{12}  .*\n`).ReplaceAllString(strings.ReplaceAll(res.stderr, r.Host, "HOST"), "")
	for _, want := range []string{" HOST/team/app:1  Pushing\n", " HOST/team/app:1  Pushed\n", " HOST/team/app:also  Pushed\n", " unnamed  Skipped\n"} {
		if res.code != 0 || !strings.Contains(got, want) {
			t.Errorf("push: exit %d, without %q:\n%s", res.code, want, got)
		}
	}
	if n := r.Count(t, "PUT", "/blobs/uploads/"); n > 0 {
		t.Errorf("%d blobs were pushed again", n)
	}
	s.must("image", "rm", "-f", r.Host+"/team/app:1", r.Host+"/team/app:also", s.project+"-unnamed")
	if res := s.compose("up", "-d", "app"); res.code != 0 || !strings.Contains(res.stderr, "Pulled") || strings.Contains(res.stderr, "Building") {
		t.Errorf("up of what a registry has and can be built: exit %d\n%s", res.code, res.stderr)
	}
	r.Close()
	s.fails(1, []string{"  Error ", "push " + r.Host + "/team/app:"}, "push", "app")
	if res := s.compose("push", "--ignore-push-failures", "-q"); res.code != 0 || res.stderr != "" {
		t.Errorf("push --ignore-push-failures -q: exit %d\n%s", res.code, res.stderr)
	}
	s.must("down", "--rmi", "all")
	if res := s.compose("up", "-d", "app"); res.code != 0 || !strings.Contains(res.stderr, fmt.Sprintf(" Image %s/team/app:1  Warning ", r.Host)) || !strings.Contains(res.stderr, "Built") {
		t.Errorf("up of what cannot be pulled and can be built: exit %d\n%s", res.code, res.stderr)
	}
}
