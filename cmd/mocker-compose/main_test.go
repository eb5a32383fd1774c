package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// errNoHost keeps command lines from starting anything real.
var errNoHost = errors.New("no host in this test")

// outcome is what a command line has done.
type outcome struct {
	code        int
	out, errOut string
}

// command carries out a command line in a directory with these files.
func command(t *testing.T, files map[string]string, args ...string) outcome {
	t.Helper()
	base := t.TempDir()
	dir := filepath.Join(base, "demo")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	open := func(name string) *os.File {
		f, err := os.Create(filepath.Join(base, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f
	}
	env := &client.Env{
		Stdin: open("in"), Stdout: open("out"), Stderr: open("err"), Getenv: func(string) string { return "" },
		Dirs: state.Dirs{Run: filepath.Join(base, "run"), Data: filepath.Join(base, "data")},
	}
	real := client.EnsureProject
	client.EnsureProject = func(context.Context, state.Dirs, string, func(string)) error { return errNoHost }
	t.Cleanup(func() { client.EnsureProject = real })
	root := newRoot(env)
	root.SetArgs(args)
	o := outcome{code: env.End(teach(root.ExecuteContext(t.Context())))}
	for f, text := range map[*os.File]*string{env.Stdout: &o.out, env.Stderr: &o.errOut} {
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		*text = string(b)
	}
	return o
}

const example = `services:
  web:
    command: ["sleep", "1"]
    depends_on: [db]
  db:
    command: ["sleep", "1"]
  debug:
    command: ["sleep", "1"]
    profiles: [tools]
volumes:
  data: {}
`

func TestCommandLine(t *testing.T) {
	compose := map[string]string{"compose.yaml": example}
	for _, tt := range []struct {
		name  string
		files map[string]string
		args  string
		code  int
		out   string // part of standard output
		err   string // part of standard error
	}{
		{"no command", nil, "", 0, "docker compose", ""},
		{"help", nil, "help up", 0, "--exit-code-from", ""},
		{"version flag", nil, "--version", 0, "mocker-compose version v", ""},
		{"version", nil, "version -f json", 0, `{"version":"v`, ""},
		{"unknown command", nil, "upp", 1, "", `unknown command: "mocker-compose upp"; did you mean up`},
		{"refused command", nil, "publish shop:1", 1, "", "publish: compose files are not put into registries"},
		{"unknown experiment", nil, "alpha vis", 1, "", `unknown command "vis" for "mocker-compose alpha"`},
		{"experiments", nil, "alpha", 0, "viz", ""},
		{"unknown flag", nil, "ps --bogus", 1, "", "unknown flag: --bogus"},
		{"mistyped flag", nil, "up --detatch", 1, "", "unknown flag: --detatch; did you mean --detach?\n"},
		{"mistyped short command", nil, "uq", 1, "", `"mocker-compose uq"; did you mean up?`},
		{"global flag behind the command", nil, "up -f x.yaml", 1, "", "unknown shorthand flag: 'f' in -f (it stands before the command: mocker-compose -f FILE up)\n"},
		{"global long flag behind the command", nil, "config --profile x", 1, "", "unknown flag: --profile (it stands before the command: mocker-compose --profile PROFILE config)\n"},
		{"a default said once", nil, "help stop", 0, "each service's stop_grace_period)\n", ""},
		{"levels are completed", nil, "__complete logs --level wa", 0, "warn\n", ""},
		{"where to read", nil, "ps --bogus", 1, "", "Run 'mocker-compose ps --help'"},
		{"unknown shorthand", nil, "down -x", 1, "", "unknown shorthand flag: 'x' in -x"},
		{"bad value", nil, "down -t soon", 1, "", `invalid argument "soon"`},
		{"too few arguments", nil, "exec web", 1, "", "requires at least 2 arguments"},
		{"too many arguments", nil, "ls x", 1, "", "accepts no arguments"},
		{"bad global value", nil, "--progress loud ls", 1, "", "unsupported --progress value"},
		{"bad project name", nil, "-p Demo ps", 1, "", `invalid project name "Demo"`},
		{"no file", nil, "ps", 1, "", "no configuration file provided"},
		{"down without a project", compose, "down", 0, "", `Warning: No resource found to remove for project "demo".`},
		{"stop without a project", compose, "stop", 1, "", `no container found for project "demo"`},
		{"ps without containers", compose, "ps", 0, "NAME      IMAGE", ""},
		{"ps of a service without containers", compose, "ps web", 0, "NAME      IMAGE", ""},
		{"ps of no service", compose, "ps wbe", 1, "", "no such service: wbe"},
		{"config services", compose, "config --services", 0, "db\nweb\n", ""},
		{"config with a profile", compose, "--profile tools config --services", 0, "db\ndebug\nweb\n", ""},
		{"config profiles", compose, "config --profiles", 0, "tools\n", ""},
		{"config json", compose, "config --format json", 0, `"name": "demo"`, ""},
		{"config yaml", compose, "config", 0, "name: demo\n", ""},
		{"config of a service", compose, "config db", 0, "db:", ""},
		{"config support", nil, "config --support", 0, "services.*.healthcheck", ""},
		{"config file by -f", map[string]string{"x.yaml": example}, "-f x.yaml config --services", 0, "db\nweb\n", ""},
		{"config hash", compose, "config --hash web", 0, "web ", ""},
		{"config hash of nothing", compose, "config --hash wbe", 1, "", "no such service: wbe"},
		{"config of a bad file", map[string]string{"compose.yaml": "services:\n  web:\n    comand: [x]\n"}, "config -q", 1, "", "compose.yaml:3"},
		{"up of no service", compose, "up -d wbe", 1, "", "wbe"},
		{"up without a host", compose, "up -d", 1, "", "no host in this test"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := command(t, tt.files, strings.Fields(tt.args)...)
			if o.code != tt.code || !strings.Contains(o.out, tt.out) || !strings.Contains(o.errOut, tt.err) {
				t.Errorf("exit code %d, want %d\nstdout %q\nwant %q\nstderr %q\nwant %q", o.code, tt.code, o.out, tt.out, o.errOut, tt.err)
			}
		})
	}
}

func TestConfigQuiet(t *testing.T) {
	if o := command(t, map[string]string{"compose.yaml": example}, "config", "-q"); o != (outcome{}) {
		t.Errorf("%+v, want silence and exit code 0", o)
	}
}

func TestConfigOutput(t *testing.T) {
	o := command(t, map[string]string{"compose.yaml": example}, "config", "-o", "out.yaml")
	b, err := os.ReadFile("out.yaml")
	if err != nil || o.out != "" || !strings.HasPrefix(string(b), "name: demo\n") {
		t.Errorf("%+v, file %q, %v", o, b, err)
	}
}

// TestFullDisk: a result that cannot be printed is a failure, whoever prints it.
func TestFullDisk(t *testing.T) {
	for _, args := range []string{"ls", "image ls", "volume ls", "network ls", "system df", "config --services", "graph", "version", "ps -a", "images", "help up", "config --support", "--help"} {
		t.Run(args, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "compose.yaml"), []byte(example), 0o600); err != nil {
				t.Fatal(err)
			}
			t.Chdir(dir)
			full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			if err != nil {
				t.Skip(err)
			}
			defer full.Close()
			errs, err := os.Create(filepath.Join(dir, "err"))
			if err != nil {
				t.Fatal(err)
			}
			defer errs.Close()
			null, err := os.Open(os.DevNull)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			env := &client.Env{Stdin: null, Stdout: full, Stderr: errs, Getenv: func(string) string { return "" },
				Dirs: state.Dirs{Run: filepath.Join(dir, "run"), Data: filepath.Join(dir, "data")}}
			root := newRoot(env)
			root.SetArgs(strings.Fields(args))
			code := env.End(teach(root.ExecuteContext(t.Context())))
			said, _ := os.ReadFile(errs.Name())
			if code != 1 || !strings.Contains(string(said), "no space left on device") {
				t.Errorf("exit code %d, error output %q", code, said)
			}
		})
	}
}
