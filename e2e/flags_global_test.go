package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const spareFile = `
services:
  a: { command: ./probe pause }
networks: { spare: {} }
volumes: { spare: {} }
`

// What no service uses is made only when all is asked for, and goes with the rest.
func TestAllResources(t *testing.T) {
	s := begin(t, spareFile)
	s.must("up", "-d")
	have := func() string { return s.must("network", "ls", "-q", "-f", "name=spare") + s.must("volume", "ls", "-q") }
	if got := have(); got != "" {
		t.Errorf("made without being asked for: %q", got)
	}
	s.must("--all-resources", "up", "-d")
	if got := strings.Fields(have()); len(got) != 2 || got[1] != s.project+"_spare" {
		t.Errorf("not made: %q", got)
	}
	s.must("--all-resources", "down", "-v")
	if got := have(); got != "" {
		t.Errorf("left: %q", got)
	}
}

// Names as docker-compose 1 made them: of containers, those of run, and images; the
// variable does the same, and an up without it leaves the containers that are there.
func TestCompatibility(t *testing.T) {
	s := begin(t, "services:\n  a: { command: ./probe pause }\n")
	s.must("--compatibility", "up", "-d")
	name := s.project + "_a_1"
	before := s.must("ps", "--format", "{{.Name}} {{.ID}}")
	if !strings.HasPrefix(before, name+" ") {
		t.Fatalf("ps: %q, want %s", before, name)
	}
	s.env = append(s.env, "COMPOSE_COMPATIBILITY=1")
	if out := s.must("run", "-d", "a"); out == "" {
		t.Error("run -d prints no id")
	}
	if out := s.must("ps", "-a", "--format", "{{.Name}}"); !strings.Contains(out, s.project+"_a_run_") {
		t.Errorf("run: %s", out)
	}
	s.env = slices.DeleteFunc(s.env, func(e string) bool { return strings.HasPrefix(e, "COMPOSE_COMPATIBILITY") })
	s.must("up", "-d")
	if after := s.must("ps", "--format", "{{.Name}} {{.ID}}", "a"); after != before {
		t.Errorf("up has changed %q to %q", before, after)
	}
	s.must("exec", "-T", "a", "true")
}

// Flags before the command: where the files are, what fills them in, how it looks.
func TestGlobalFlags(t *testing.T) {
	s := begin(t, "services:\n  w: { command: './probe lines 1 0s ${WORD:-nothing}' }\n  a: { command: ./probe pause }\n  b: { command: ./probe pause, profiles: [extra] }\n")
	s.write("words.env", "WORD=filled\n")
	s.must("--env-file", "words.env", "--profile", "extra", "--parallel", "1", "up", "-d")
	s.eventually("the line", func() bool { return s.logged("w", "filled 0") })
	if got := s.state("b-1"); got != "running" {
		t.Errorf("b is %q", got)
	}
	home := s.dir
	s.dir = t.TempDir()
	for _, args := range [][]string{
		{"--project-directory", home, "ps", "-q", "b"}, {"--workdir", home, "ps", "-q", "b"}, {"--file", home + "/compose.yaml", "ps", "-q", "b"}, {"--project-name", s.project, "ps", "-q", "b"},
	} {
		if out := s.must(args...); strings.Count(out, "\n") != 1 {
			t.Errorf("%q: %q", args, out)
		}
	}
	s.dir = home
	const red = "\x1b["
	for line, want := range map[string]struct{ out, err, not string }{
		"--ansi always logs w":                           {out: red},
		"--ansi never logs w":                            {out: "filled 0", not: red},
		"--no-ansi logs w":                               {out: "filled 0", err: "--ansi never", not: red},
		"--insecure-registry x --verbose ps":             {out: "b-1", err: "has no effect"},
		"--progress json stop -t 0 a":                    {err: `"status":"Done"`},
		"--progress quiet --parallel -1 start a":         {},
		"--version":                                      {out: "version v"},
		"--progress plain --profile extra restart -t 0":  {err: "b-1  Started"},
		"--dry-run --profile extra kill b":               {err: "b-1"},
		"--env-file words.env --progress auto config -q": {},
	} {
		r := s.compose(strings.Fields(line)...)
		if r.code != 0 || !strings.Contains(r.stdout, want.out) || !strings.Contains(r.stderr, want.err) || want.not != "" && strings.Contains(r.stdout, want.not) {
			t.Errorf("%s: %+v, want %+v", line, r, want)
		}
	}
	if got := s.state("b-1"); got != "running" {
		t.Errorf("a dry run has changed b: %q", got)
	}
	for line, want := range map[string]string{
		"--progress tty --ansi never ps": "can't use --progress tty", "--ansi often ps": `invalid value for --ansi: "often"`, "--progress loud ps": "unsupported --progress value",
		"--parallel few ps": `invalid argument "few"`, "--env-file none.env config": "none.env", "--bogus ps": "unknown flag: --bogus",
	} {
		s.fails(1, []string{want}, strings.Fields(line)...)
	}
}

// config with each of its flags, on files that are really there.
func TestConfigFlags(t *testing.T) {
	s := begin(t, `
services:
  web:
    image: nginx:${TAG:-1}
    command: ["echo", "$$HOME", "${WORD:?say it}"]
    env_file: [web.env]
    volumes: ["./site:/site", "data:/data"]
    profiles: [front]
  db: { image: "base:1", networks: [back], models: [llm] }
networks: { back: {}, spare: {} }
volumes: { data: {}, spare: {} }
models: { llm: { model: ai/small } }
`)
	s.write("web.env", "FROM_FILE=yes\n")
	s.env = append(s.env, "WORD=hello")
	for line, want := range map[string]struct{ has, not string }{
		"--profile front config":                            {"$$HOME", "env_file"},
		"--profile front config --format json web":          {`"FROM_FILE": "yes"`, "base:1"},
		"--profile front config --no-interpolate":           {"nginx:${TAG:-1}", ""},
		"--profile front config --no-normalize":             {"nginx:1", "default:"},
		"--profile front config --no-path-resolution":       {"source: ./site", ""},
		"--profile front config --no-env-resolution":        {"web.env", "FROM_FILE"},
		"--profile front config --no-consistency":           {"nginx:1", ""},
		"--profile front config --services":                 {"db\nweb\n", ""},
		"--profile front config --volumes":                  {"data\n", "spare"},
		"--profile front --all-resources config --networks": {"back\ndefault\nspare\n", ""},
		"--profile front config --images":                   {"base:1\nnginx:1\n", ""},
		"--profile front config --models":                   {"ai/small\n", ""},
		"--profile front config --profiles":                 {"front\n", ""},
		"--profile front config --environment":              {"WORD=hello\n", ""},
		"config --variables --format json":                  {`"Required": true`, ""},
		"config --hash *":                                   {"db ", "web"},
		"config --support":                                  {"services.*.healthcheck", ""},
		"convert --quiet":                                   {"", "services"},
	} {
		out := s.must(strings.Fields(line)...)
		if !strings.Contains(out, want.has) || want.not != "" && strings.Contains(out, want.not) {
			t.Errorf("%s: want %q and not %q in\n%s", line, want.has, want.not, out)
		}
	}
	s.must("--profile", "front", "config", "--output", "out.yaml")
	if first, again := s.read("out.yaml"), s.must("-f", "out.yaml", "--profile", "front", "config"); first == "" || first != again {
		t.Errorf("what config wrote\n%s\nread again is\n%s", first, again)
	}
	if _, err := os.Stat(filepath.Join(s.dirs.Data, "p")); err == nil {
		t.Error("config has made a project")
	}
}

// graph shows who waits for whom, and how each is, by name from anywhere too.
func TestGraph(t *testing.T) {
	s := begin(t, `
services:
  web:
    command: ./probe pause
    depends_on: { db: { condition: service_healthy, restart: true }, job: { condition: service_completed_successfully } }
    ports: ["127.0.0.1:0:80"]
    volumes: ["data:/data"]
    networks: [back]
  db: { command: ./probe pause, healthcheck: { test: ["CMD", "true"], interval: 100ms }, networks: [back] }
  job: { command: ./probe exit 0, network_mode: none }
networks: { back: {} }
volumes: { data: {} }
`)
	if out := s.must("graph"); out != s.project+"\nweb\n+- db [healthy, restart]\n+- job [completed]\n" {
		t.Errorf("before up:\n%s", out)
	}
	s.must("up", "-d")
	out := s.must("graph", "--networks", "--ports", "--volumes", "--image")
	for _, want := range []string{"web  running", "networks: back", "ports: 127.0.0.1::80/tcp", "volumes: data:/data", "db [healthy, restart]  running, healthy", "job [completed]  exited (0)"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	var g struct {
		Services []struct {
			Name       string
			Containers []struct{ State, Health string }
		}
	}
	decodeJSON(t, s.must("graph", "--format", "json"), &g)
	if len(g.Services) != 3 || g.Services[0].Containers[0].Health != "healthy" {
		t.Errorf("%+v", g)
	}
	if out := s.must("viz", "--spaces", "--indentation-size", "3"); !strings.HasPrefix(out, `digraph "`+s.project+"\" {\n   layout=dot;\n   \"db\" [") {
		t.Errorf("viz:\n%s", out)
	}
	if out := s.must("alpha", "viz"); !strings.Contains(out, "\t\"web\" -> \"db\"") {
		t.Errorf("alpha viz:\n%s", out)
	}
	s.dir = t.TempDir()
	if out := s.must("-p", s.project, "graph", "--format", "mermaid", "db"); !strings.Contains(out, `s1["db<br/>running, healthy"]`) || strings.Contains(out, "web") {
		t.Errorf("by name:\n%s", out)
	}
	s.fails(1, []string{`format value "svg" could not be parsed`}, "-p", s.project, "graph", "--format", "svg")
	s.fails(1, []string{"project nobody is not known"}, "-p", "nobody", "graph")
	s.dir = filepath.Join(filepath.Dir(s.dirs.Run), "project")
}
