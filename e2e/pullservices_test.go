package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// sleeper is an image with a shell that does nothing; text tells two of them apart.
func sleeper(t *testing.T, text string) imagetest.Image {
	t.Helper()
	return imagetest.Image{
		Config: imagetest.Config{Cmd: []string{"sh", "-c", "cat /etc/version; exec sleep 1000"}, Env: []string{"PATH=/bin"}},
		Layers: [][]imagetest.File{imagetest.Busybox(t), {{Name: "etc/version", Text: text + "\n"}}},
	}
}

// asked is how often a registry was asked for a manifest, and how many layers it gave.
func asked(t *testing.T, r *registrytest.Registry, repo string) string {
	t.Helper()
	text := fmt.Sprintf("%v %d", r.Count(t, "", "^/v2/"+repo+"/manifests/") > 0, r.Count(t, "GET", "^/v2/"+repo+"/blobs/"))
	r.Reset()
	return text
}

// TestPullPolicies: each pull_policy and --pull, with what a registry is asked for, and
// which containers are replaced when the image under a name has changed.
func TestPullPolicies(t *testing.T) {
	r := registrytest.New(t, registrytest.Options{})
	r.Push(t, "app:1", sleeper(t, "one"), imagetest.Form{})
	r.Push(t, "other:1", sleeper(t, "other"), imagetest.Form{})
	s := begin(t, fmt.Sprintf(`
services:
  app: {image: '%s/app:1', pull_policy: "${POLICY:-missing}", stop_grace_period: 1s}
  other: {image: '%s/other:1', stop_grace_period: 1s}
`, r.Host, r.Host))
	up := s.compose("up", "-d")
	if up.code != 0 {
		t.Fatalf("up: exit %d\n%s", up.code, up.stderr)
	}
	for _, want := range []string{" Image " + r.Host + "/app:1  Pulling\n", " Image " + r.Host + "/app:1  Pulled\n", "  Pull complete\n", "app-1  Started\n"} {
		if !strings.Contains(up.stderr, want) {
			t.Errorf("up does not say %q:\n%s", want, up.stderr)
		}
	}
	// Two layers and the configuration; the other image may have brought one of them.
	if got := asked(t, r, "app"); got != "true 3" && got != "true 2" {
		t.Errorf("first up: %s", got)
	}
	id := s.ps()["app-1"].ID
	step := func(what, want string, replaced bool, env string, args ...string) {
		t.Helper()
		s.env = append(s.env, "POLICY="+env)
		r.Reset()
		if res := s.compose(args...); res.code != 0 {
			t.Fatalf("%s: exit %d\n%s", what, res.code, res.stderr)
		}
		if got := asked(t, r, "app"); got != want {
			t.Errorf("%s: registry asked, blobs: %s, want %s", what, got, want)
		}
		now := s.ps()["app-1"].ID
		if (now != id) != replaced {
			t.Errorf("%s: replaced is %v", what, now != id)
		}
		id = now
	}
	step("there", "false 0", false, "missing", "up", "-d")
	step("always, unchanged", "true 0", false, "always", "up", "-d")
	r.Push(t, "app:1", sleeper(t, "two"), imagetest.Form{})
	step("never", "false 0", false, "never", "up", "-d")
	step("weekly, within the week", "false 0", false, "weekly", "up", "-d")
	step("--pull never over always", "false 0", false, "always", "up", "-d", "--pull", "never")
	time.Sleep(1100 * time.Millisecond)
	step("every, long ago", "true 2", true, "every_1s", "up", "-d", "other", "app")
	s.eventually("the new image's line is in the log", func() bool {
		got := s.logLines("app")
		return len(got) > 0 && strings.HasSuffix(got[len(got)-1], "two")
	})
	r.Push(t, "app:1", sleeper(t, "three"), imagetest.Form{})
	step("--pull always", "true 2", true, "missing", "up", "-d", "--pull", "always", "--quiet-pull")
	time.Sleep(1100 * time.Millisecond) // every_1s: it is asked again, and answers the same
	step("every, unchanged", "true 0", false, "every_1s", "up", "-d")
	step("every, asked just now", "false 0", false, "every_1h", "up", "-d")
}

// TestPullCommand: what pull gets and leaves out, and its words.
func TestPullCommand(t *testing.T) {
	r := registrytest.New(t, registrytest.Options{})
	r.Push(t, "app:1", sleeper(t, "one"), imagetest.Form{})
	r.Push(t, "dep:1", sleeper(t, "dep"), imagetest.Form{})
	s := begin(t, strings.ReplaceAll(`
services:
  app: {image: 'HOST/app:1', depends_on: [dep]}
  twin: {image: 'HOST/app:1'}
  dep: {image: 'HOST/dep:1'}
  gone: {image: 'HOST/gone:1', profiles: [gone]}
  made: {image: 'HOST/made:1', build: ., profiles: [made]}
  host: {command: 'true'}
`, "HOST", r.Host))
	said := func(args ...string) string {
		t.Helper()
		res := s.compose(args...)
		if res.code != 0 || res.stdout != "" {
			t.Fatalf("%q: exit %d\nstdout %s\n%s", args, res.code, res.stdout, res.stderr)
		}
		return regexp.MustCompile(`(?m)^ [0-9a-f]{12}  .*\n`).ReplaceAllString(strings.ReplaceAll(res.stderr, r.Host, "HOST"), "")
	}
	if got, want := said("pull", "app"), " Image HOST/app:1  Pulling\n Image HOST/app:1  Pulled\n"; got != want {
		t.Errorf("pull app says\n%s", got)
	}
	if n := r.Count(t, "GET", "^/v2/app/manifests/"); n < 1 || r.Count(t, "", "^/v2/dep/") > 0 {
		t.Errorf("%d requests for app, and some for dep", n)
	}
	if got := said("pull", "-q", "app", "--include-deps"); got != "" || r.Count(t, "GET", "^/v2/dep/manifests/") < 1 {
		t.Errorf("pull -q says\n%s", got)
	}
	got := said("--progress", "json", "pull", "--policy", "missing")
	if want := `{"id":"Image HOST/app:1","status":"Done","text":"Skipped","details":"Image is already present locally"}`; !strings.Contains(got, want+"\n") || !strings.Contains(got, `{"id":"host","status":"Done","text":"Skipped","details":"No image to be pulled"}`) {
		t.Errorf("pull --policy missing says\n%s", got)
	}
	s.fails(1, []string{"gone:1", "not"}, "pull", "gone")
	if got := said("pull", "--ignore-pull-failures", "gone", "app"); !strings.Contains(got, "HOST/gone:1  Error") || !strings.Contains(got, "HOST/app:1  Pulled") {
		t.Errorf("pull --ignore-pull-failures says\n%s", got)
	}
	s.fails(1, []string{"made:1", "must be built from source by running:\n    mocker-compose build made"}, "pull", "made", "dep")
	if got := said("pull", "--ignore-buildable", "made"); got != " Image HOST/made:1  Skipped Image can be built\n" {
		t.Errorf("pull --ignore-buildable says\n%s", got)
	}
	before := s.must("image", "ls", "-q", "--no-trunc")
	s.fails(1, []string{"gone:1"}, "--profile", "gone", "up", "-d")
	if s.must("image", "ls", "-q", "--no-trunc") != before || s.must("ps", "-a", "-q") != "" {
		t.Error("an up that could not get an image has changed something")
	}
	if _, err := os.Stat(filepath.Join(s.dirs.Data, "p", s.project)); err == nil {
		t.Error("an up that could not get an image has made the project")
	}
	s.fails(1, []string{"invalid --pull option"}, "up", "-d", "--pull", "sometimes")
	s.fails(1, []string{"--build and --no-build are incompatible"}, "up", "-d", "--build", "--no-build")
}

// TestPullOnTerminal: on a terminal, lines are drawn anew, and end as they should.
func TestPullOnTerminal(t *testing.T) {
	r := registrytest.New(t, registrytest.Options{})
	r.Push(t, "app:1", sleeper(t, "one"), imagetest.Form{})
	s := begin(t, fmt.Sprintf("services:\n  app: {image: '%s/app:1', stop_grace_period: 1s}\n", r.Host))
	s.env = append(s.env, "TERM=xterm")
	c := s.onTerminal("pull")
	if code := c.code(); code != 0 {
		t.Errorf("exit %d", code)
	}
	c.shows("Pulled")
	got := string(c.screen.bytes())
	if !strings.Contains(got, "\x1b[") || !strings.Contains(got, "✔") || !strings.Contains(got, "Pulled") || !strings.Contains(got, "[+] pull 1/1") {
		t.Errorf("the terminal shows\n%q", got)
	}
}
