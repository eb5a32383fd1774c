package building

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"crypto/ed25519"
	"encoding/pem"

	"github.com/mocker-compose/mocker-compose/internal/build/contexts"
	"github.com/mocker-compose/mocker-compose/internal/build/solve"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
)

// world is a project directory with a solver that notes what it gets.
type world struct {
	*Builder
	dir    string
	err    *os.File
	mu     sync.Mutex
	solved []solve.Request
	fail   string // tag of the build that fails
}

func newWorld(t *testing.T, services ...project.Service) *world {
	t.Helper()
	w := &world{dir: t.TempDir()}
	var err error
	if w.err, err = os.Create(filepath.Join(t.TempDir(), "stderr")); err != nil {
		t.Fatal(err)
	}
	vars := map[string]string{"HOME": w.dir, "DOCKER_CONFIG": filepath.Join(w.dir, "docker")}
	env := &client.Env{Stdout: w.err, Stderr: w.err, Getenv: func(k string) string { return vars[k] }, Dirs: state.Dirs{Data: filepath.Join(w.dir, "data"), Run: filepath.Join(w.dir, "run")}}
	store, err := image.Open(env.Dirs.Images())
	if err != nil {
		t.Fatal(err)
	}
	for i := range services {
		services[i].Build.Context = w.dir
		if services[i].Image == "" {
			services[i].Image = "demo-" + services[i].Name
		}
	}
	slices.SortFunc(services, func(a, b project.Service) int { return strings.Compare(a.Name, b.Name) })
	w.Builder = &Builder{Env: env, Store: store, Project: &project.Project{Name: "demo", WorkingDir: w.dir, Services: services},
		Base: func(context.Context, string, string, bool) (image.Image, error) {
			return image.Image{}, errors.New("no registry here")
		}}
	old := solver
	t.Cleanup(func() { solver = old })
	solver = func(_ context.Context, r solve.Request) (*solve.Result, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.solved = append(w.solved, r)
		if r.Tags[0] == w.fail {
			return nil, &solve.Error{File: "Dockerfile", Line: 2, Stage: "2/2", Text: "RUN x", Output: "oh\n", Err: errors.New("exit code: 3")}
		}
		return &solve.Result{Image: image.Image{ID: "sha256:" + strings.Repeat("ab", 32)}}, nil
	}
	return w
}

func (w *world) said(t *testing.T) string {
	t.Helper()
	w.Env.Settle()
	b, err := os.ReadFile(w.err.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const scratch = "FROM scratch\nARG A\nARG B\nLABEL a=$A b=$B\nCOPY x /x\n"

// TestRequest: what the solver gets of a build section and the flags.
func TestRequest(t *testing.T) {
	w := newWorld(t, project.Service{Name: "web", Build: &project.Build{
		Inline: scratch, Args: map[string]string{"A": "file", "B": "file"}, Labels: map[string]string{"x": "y", "com.docker.compose.project": "mine"},
		Tags: []string{"also:1"}, ExtraHosts: []string{"db=10.0.0.1"}, ShmSize: 1 << 20, Network: "none", CacheTo: []string{"type=inline"},
		Ulimits: []project.Ulimit{{Name: "nofile", Soft: 1, Hard: 2}}, Privileged: true, NoCacheFilter: []string{"base"},
	}})
	flag := "flag"
	w.Options.Args = map[string]*string{"B": &flag}
	write(t, w.dir, "docker/config.json", `{"proxies":{"default":{"httpProxy":"http://proxy:1","noProxy":"local"}}}`)
	write(t, w.dir, ".dockerignore", "secret\n")
	if _, err := w.All(t.Context(), []string{"web"}, -1); err != nil {
		t.Fatal(err)
	}
	r := w.solved[0]
	if !slices.Equal(r.Tags, []string{"demo-web", "also:1"}) || r.NoCache || r.NoCacheStages[0] != "base" || !r.InlineCache || r.Contexts[""] == nil || r.Store != w.Store {
		t.Errorf("%+v", r)
	}
	if m := r.Machine; m.Network != "none" || m.Hosts[0] != "db=10.0.0.1" || m.ShmSize != 1<<20 || !m.Privileged || m.Ulimits["nofile"].Hard != 2 {
		t.Errorf("%+v", m)
	}
	labels := r.Graph.Stages[0].Image.Config.Labels
	want := map[string]string{"a": "file", "b": "flag", "x": "y", "com.docker.compose.project": "demo", "com.docker.compose.service": "web", "com.docker.compose.version": client.Version}
	if !reflect.DeepEqual(labels, want) {
		t.Errorf("labels %v", labels)
	}
	args := w.args(w.Project.Services[0].Build)
	if *args["HTTP_PROXY"] != "http://proxy:1" || *args["no_proxy"] != "local" || args["FTP_PROXY"] != nil {
		t.Errorf("arguments %v", args)
	}
	if text := r.Excerpt(5, 5); !strings.Contains(text, ">>> COPY x /x") {
		t.Errorf("excerpt %s", text)
	}
}

// TestOrder: a build comes after those that it takes files from, however few are at the
// same time; one that fails ends those that wait for it.
func TestOrder(t *testing.T) {
	on := func(names ...string) *project.Build {
		b := &project.Build{Inline: "FROM scratch\n", Contexts: map[string]string{}}
		for _, n := range names {
			b.Contexts[n] = "service:" + n
		}
		return b
	}
	for _, limit := range []int{-1, 1, 2} {
		w := newWorld(t, project.Service{Name: "a", Build: on("b", "c")}, project.Service{Name: "b", Build: on("c")}, project.Service{Name: "c", Build: on()}, project.Service{Name: "d", Build: on()})
		images, err := w.All(t.Context(), []string{"a"}, limit)
		if err != nil || len(images) != 3 {
			t.Fatalf("%v, %v", images, err)
		}
		var order []string
		for _, r := range w.solved {
			order = append(order, r.Tags[0])
		}
		if got := strings.Join(order, " "); got != "demo-c demo-b demo-a" {
			t.Errorf("limit %d: %s", limit, got)
		}
	}
	w := newWorld(t, project.Service{Name: "a", Build: on("b")}, project.Service{Name: "b", Build: on()})
	w.fail = "demo-b"
	_, err := w.All(t.Context(), []string{"a"}, 1)
	const want = "------\n > [b 2/2] RUN x:\noh\n------\nDockerfile:2\ntarget b: failed to solve: exit code: 3"
	if err == nil || err.Error() != want || len(w.solved) != 1 {
		t.Errorf("%d builds, %v", len(w.solved), err)
	}
	if said := w.said(t); !strings.Contains(said, " Image demo-b  Error\n") || strings.Contains(said, "demo-a") {
		t.Errorf("it says\n%s", said)
	}
}

// TestFaults: what is not there, and what is wrong in a Dockerfile.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		build project.Build
		want  string
	}{
		{"no Dockerfile", project.Build{Dockerfile: "Dockerfile", Source: project.Position{File: "compose.yaml", Line: 3}}, "compose.yaml:3: services.web.build (make the file, or name another: dockerfile: FILE)\ntarget web: failed to solve: failed to read dockerfile: open "},
		{"mistake", project.Build{Inline: "FROM scratch\nRUNN x\n"}, ">>> RUNN x\n   3 |     \n--------------------\ntarget web: failed to solve: dockerfile parse error on line 2: unknown instruction: RUNN"},
		{"no base", project.Build{Inline: "FROM nowhere:1\n"}, "target web: failed to solve: nowhere:1: no registry here"},
		{"no target", project.Build{Inline: "FROM scratch AS base\nFROM base AS production\n", Target: "prod", Source: project.Position{File: "compose.yaml", Line: 3}}, "compose.yaml:3: services.web.build\ntarget web: failed to solve: Dockerfile: target stage \"prod\" could not be found (stages are: base, production)"},
		{"no context", project.Build{Inline: "FROM scratch\n", Contexts: map[string]string{"a": "/nowhere/at/all"}}, "additional context a: "},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, project.Service{Name: "web", Build: &tt.build})
			if _, err := w.All(t.Context(), []string{"web"}, -1); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v\nwant %s", err, tt.want)
			}
		})
	}
}

// TestNoDirectory: a context that is not there is told with the line that names it.
func TestNoDirectory(t *testing.T) {
	b := &Builder{}
	s := &project.Service{Name: "web", Build: &project.Build{Source: project.Position{File: "compose.yaml", Line: 3}}}
	const want = "compose.yaml:3: services.web.build (make the directory, or correct its path, which begins at the compose file's directory)\n" +
		"target web: failed to solve: build context /x: there is no such directory"
	if err := b.explain(s, fmt.Errorf("build context /x: %w", contexts.ErrNoDirectory)); err.Error() != want {
		t.Error(err)
	}
}

// TestDockerfileNames: lower case does too, and one outside of the context has its own
// ignore file.
func TestDockerfileNames(t *testing.T) {
	w := newWorld(t, project.Service{Name: "web", Build: &project.Build{Dockerfile: "Dockerfile"}})
	write(t, w.dir, "dockerfile", "FROM scratch\nLABEL found=yes\n")
	if _, err := w.All(t.Context(), []string{"web"}, -1); err != nil || w.solved[0].Graph.Stages[0].Image.Config.Labels["found"] != "yes" {
		t.Errorf("%v", err)
	}
	w = newWorld(t, project.Service{Name: "web", Build: &project.Build{Dockerfile: "../out/app.Dockerfile"}})
	w.Project.Services[0].Build.Context = filepath.Join(w.dir, "in")
	write(t, w.dir, "in/x", "x")
	write(t, w.dir, "out/app.Dockerfile", "FROM scratch\nCOPY x /\n")
	write(t, w.dir, "out/app.Dockerfile.dockerignore", "x\n")
	var selected error
	solver = func(ctx context.Context, r solve.Request) (*solve.Result, error) {
		_, _, selected = r.Contexts[""].Select(ctx, r.Graph.Stages[0].Steps[0].Copy)
		return &solve.Result{}, nil
	}
	if _, err := w.All(t.Context(), []string{"web"}, -1); err != nil {
		t.Fatal(err)
	}
	if selected == nil || !strings.Contains(selected.Error(), "app.Dockerfile.dockerignore") {
		t.Errorf("what is ignored was found: %v", selected)
	}
}

// TestSecrets: files and variables, looked up when they are asked for.
func TestSecrets(t *testing.T) {
	w := newWorld(t, project.Service{Name: "web", Build: &project.Build{Inline: "FROM scratch\n"}})
	b := w.Project.Services[0].Build
	b.Secrets = []project.BuildSecret{{ID: "file", File: filepath.Join(w.dir, "token")}, {ID: "env", Env: "TOKEN", Value: "hush"}, {ID: "unset", Env: "X", Unset: true}, {ID: "gone", File: "/nowhere"}}
	write(t, w.dir, "token", "123")
	if _, err := w.All(t.Context(), []string{"web"}, -1); err != nil {
		t.Fatal(err)
	}
	secret := w.solved[0].Secret
	for id, want := range map[string]string{"file": "123", "env": "hush", "other": ""} {
		if got, err := secret(id); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v", id, got, err)
		}
	}
	for id, want := range map[string]string{"unset": "the variable X is not set", "gone": "no such file"} {
		if _, err := secret(id); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if text, _ := json.Marshal(w.solved[0].Graph); strings.Contains(string(text), "hush") {
		t.Error("a secret is in the graph")
	}
}

// TestAgents: a key file is served by an agent of ours while the build lasts.
func TestAgents(t *testing.T) {
	w := newWorld(t, project.Service{Name: "web", Build: &project.Build{Inline: "FROM scratch\n", SSH: []project.SSHAgent{{ID: "default"}, {ID: "key", Path: "id"}}}})
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "")
	if err != nil {
		t.Fatal(err)
	}
	write(t, w.dir, "id", string(pem.EncodeToMemory(block)))
	w.built = map[string]image.Image{}
	j, err := w.open(t.Context(), &w.Project.Services[0], &told{show: w.Env.Display()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.agent("default"); err == nil || !strings.Contains(err.Error(), "SSH_AUTH_SOCK is not set") {
		t.Errorf("%v", err)
	}
	if s, err := j.agent("other"); s != "" || err != nil {
		t.Errorf("%s, %v", s, err)
	}
	socket, err := j.agent("key")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if keys, err := agent.NewClient(conn).List(); err != nil || len(keys) != 1 || keys[0].Comment != "id" {
		t.Errorf("%v, %v", keys, err)
	}
	j.close()
	if _, err := os.Stat(filepath.Dir(socket)); err == nil {
		t.Error("the agent's directory is left")
	}
}

func TestCacheRef(t *testing.T) {
	for from, want := range map[string]string{"a/b:1": "a/b:1", "type=registry,ref=a:1": "a:1", "type=gha": "", "type=local,src=x": ""} {
		if got, ok := cacheRef(from); ok != (want != "") || ok && got != want {
			t.Errorf("%s: %s, %v", from, got, ok)
		}
	}
}

// TestPrint: the file for bake.
func TestPrint(t *testing.T) {
	w := newWorld(t,
		project.Service{Name: "a.b", Build: &project.Build{Dockerfile: "Dockerfile", Args: map[string]string{"A": "${B}"}, Contexts: map[string]string{"c": "service:c"}, SSH: []project.SSHAgent{{ID: "default"}},
			Secrets: []project.BuildSecret{{ID: "s", File: "/s"}}, ExtraHosts: []string{"h=1", "h=2"}, Privileged: true, Provenance: "mode=max"}},
		project.Service{Name: "c", Image: "reg/c", Build: &project.Build{Inline: "FROM scratch\nENV A=${B}\n", Named: true, ShmSize: 5}})
	out, err := os.Create(filepath.Join(w.dir, "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	if err := Print(out, w.Env.Getenv, w.Project, []string{"a.b"}, Options{Pull: true}, true); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(strings.ReplaceAll(string(got), w.dir, "DIR"), client.Version, "VERSION")
	want, err := os.ReadFile("testdata/bake.json")
	if err != nil || text != string(want) {
		t.Errorf("%v\n%s", err, text)
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func ExampleError() {
	fmt.Println((&Error{Service: "web", Err: errors.New("no space left")}).Error())
	// Output: target web: failed to solve: no space left
}

// An image is named once, also by who has added the tag that it is asked for by.
func TestUnnamed(t *testing.T) {
	for text, want := range map[string]string{
		"pull nginx: no such host":                 "no such host",
		"pull nginx: nginx:latest: no such host":   "no such host",
		"nginx:latest: no such host":               "no such host",
		"nginx:1.2: no such host":                  "nginx:1.2: no such host",
		"pull nginx: pull access denied for nginx": "pull access denied for nginx",
	} {
		if got := (&unnamed{"nginx", errors.New(text)}).Error(); got != want {
			t.Errorf("%s: %q", text, got)
		}
	}
}
