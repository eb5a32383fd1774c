package e2e

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/hostiletest"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// patience is how long anything may take before the scenario counts it as
// hanging. No scenario asserts a duration shorter than this.
var patience = func() time.Duration {
	if n, err := strconv.Atoi(os.Getenv("MOCKER_TEST_PATIENCE")); err == nil && n > 0 {
		return time.Duration(n) * time.Second
	}
	return 60 * time.Second
}()

// scenario is one project directory with its own run and data directories.
type scenario struct {
	t       *testing.T
	dir     string // the project's
	project string
	dirs    state.Dirs
	env     []string
	prelude string // what a login's shell does before each command
	login   login  // of whoever runs the commands; nil = whoever runs this test
}

// begin makes a scenario with the given compose file ("" = the files of
// testdata/TestName). At its end the project is taken down; nothing may be left,
// and a tree beside it must be as it was.
func begin(t *testing.T, composeFile string) *scenario {
	t.Helper()
	testns.RequireUserNamespaces(t)
	s := prepare(t, composeFile)
	cookie := "MOCKER_E2E_COOKIE=" + s.project
	s.env = append(s.env, cookie)
	scope := testns.NewScope(cookie, s.dirs.Run, s.dirs.Data)
	scope.Keep = []string{"rootfs", "images", "volumes", "build", "asked", "base-*", "build-base-*", "*.lock"}
	before := testns.Take(scope)
	untouched := s.canary()
	t.Cleanup(func() {
		s.end(scope, before)
		untouched()
		if os.Getenv("MOCKER_TEST_KEEP") == "" {
			os.RemoveAll(filepath.Dir(s.dir))
		}
	})
	return s
}

// prepare makes the directories of a scenario.
func prepare(t *testing.T, composeFile string) *scenario {
	t.Helper()
	top, err := os.MkdirTemp(built.dir, "s")
	if err != nil {
		t.Fatal(err)
	}
	s := &scenario{
		t:       t,
		dir:     filepath.Join(top, "project"),
		project: "e2e-" + strings.ToLower(filepath.Base(top)),
		dirs:    state.Dirs{Run: filepath.Join(top, "run"), Data: filepath.Join(top, "data")},
	}
	s.env = []string{
		"MOCKER_RUNTIME_DIR=" + s.dirs.Run, "MOCKER_DATA_HOME=" + s.dirs.Data,
		"COMPOSE_PROJECT_NAME=" + s.project,
		"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME"), "TERM=dumb", "LANG=C.UTF-8",
	}
	s.env = append(s.env, forced()...)
	if composeFile == "" {
		if err := os.CopyFS(s.dir, os.DirFS(filepath.Join(built.dir, "testdata", t.Name()))); err != nil {
			t.Fatal(err)
		}
	} else {
		s.write("compose.yaml", composeFile)
	}
	if err := copyFile(filepath.Join(s.dir, "probe"), built.probe); err != nil {
		t.Fatal(err)
	}
	return s
}

// end takes the project down and counts what is left.
func (s *scenario) end(scope testns.Scope, before testns.Snapshot) {
	s.t.Helper()
	if s.t.Failed() {
		s.distress(scope, before)
	}
	if r := s.compose("down", "-v", "-t", "0", "--remove-orphans"); r.code != 0 {
		s.t.Errorf("down at the end: exit %d\n%s", r.code, r.stderr)
	}
	if _, err := os.Stat(filepath.Join(s.dirs.Images(), "variants")); err == nil {
		s.compose("image", "prune", "-af") // its directories are not ours to remove
	}
	testns.Clean(s.t, scope, before, patience/2)
}

// canary plants a tree beside the project that is nobody's business, and returns
// the check that it is as it was.
func (s *scenario) canary() (untouched func()) {
	s.t.Helper()
	c, err := hostiletest.NewCanary(filepath.Join(filepath.Dir(s.dir), "outside"))
	if err != nil {
		s.t.Fatal(err)
	}
	before, err := c.Sum()
	if err != nil {
		s.t.Fatal(err)
	}
	return func() {
		s.t.Helper()
		if after, err := c.Sum(); err != nil || after != before {
			s.t.Errorf("a tree outside of the project has changed (%v)", err)
		}
	}
}

// in is the same scenario for a subtest.
func (s *scenario) in(t *testing.T) *scenario {
	sub := *s
	sub.t = t
	return &sub
}

// write puts a file into the project directory.
func (s *scenario) write(name, text string) {
	s.t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

// read returns a file of the project directory, "" if there is none.
func (s *scenario) read(name string) string {
	b, err := os.ReadFile(filepath.Join(s.dir, name))
	if err != nil {
		return ""
	}
	return string(b)
}

// result is how a command ended.
type result struct {
	stdout, stderr string
	code           int
	hangs          bool // it was killed after patience
}

// compose runs mocker-compose to its end.
func (s *scenario) compose(args ...string) result { return s.composeWith("", args...) }

// composeWith is compose with something on its standard input.
func (s *scenario) composeWith(stdin string, args ...string) result {
	s.t.Helper()
	r := s.finish(stdin, args...)
	if r.hangs {
		s.t.Fatalf("%q hangs\n%s%s\nthe supervisor:\n%s", args, r.stdout, firstLines(r.stderr, tellStack), s.stacks())
	}
	return r
}

// plain is compose for goroutines, which must not end the test: a command that
// hangs has the exit code -1.
func (s *scenario) plain(args ...string) result { return s.finish("", args...) }

func (s *scenario) finish(stdin string, args ...string) result {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	cmd := s.command(ctx, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGQUIT) } // it tells its stacks
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	r := result{code: -1}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		r.stderr = err.Error()
		return r
	}
	r.stdout, r.stderr, r.code = stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()
	r.hangs = ctx.Err() != nil
	return r
}

func (s *scenario) command(ctx context.Context, args ...string) *exec.Cmd {
	if s.login != nil {
		return s.login(ctx, s.through(args...))
	}
	cmd := exec.CommandContext(ctx, built.compose, args...)
	cmd.Dir = s.dir
	cmd.Env = s.env
	cmd.WaitDelay = 5 * time.Second // a service that keeps our pipe must not keep us
	return cmd
}

// must runs mocker-compose, which must succeed, and returns its output.
func (s *scenario) must(args ...string) string {
	s.t.Helper()
	r := s.compose(args...)
	if r.code != 0 {
		s.t.Fatalf("%q: exit %d\nstdout: %s\nstderr: %s", args, r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// fails runs mocker-compose, which must exit with the code and say all words on
// its error output, and returns that.
func (s *scenario) fails(code int, words []string, args ...string) string {
	s.t.Helper()
	r := s.compose(args...)
	if r.code != code {
		s.t.Errorf("%q: exit %d, want %d\nstdout: %s\nstderr: %s", args, r.code, code, r.stdout, r.stderr)
	}
	for _, w := range words {
		if !strings.Contains(r.stderr, w) {
			s.t.Errorf("%q: the message lacks %q:\n%s", args, w, r.stderr)
		}
	}
	return r.stderr
}

// withPause tries again with ever longer pauses until it was long enough: for what must
// come after something that another process does and does not tell.
func (s *scenario) withPause(what string, inTime func(pause time.Duration) bool) {
	s.t.Helper()
	for pause := 50 * time.Millisecond; !inTime(pause); pause *= 2 {
		if pause > patience/4 {
			s.t.Fatalf("not seen: %s", what)
		}
	}
}

// eventually waits until ok, with a deadline against hangs only.
func (s *scenario) eventually(what string, ok func() bool) {
	s.t.Helper()
	deadline := time.Now().Add(patience / 2)
	for !ok() {
		if time.Now().After(deadline) {
			s.t.Fatalf("not seen: %s", what)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// forced are the switches that turn an ability of this machine off: with one
// set, all scenarios run without it.
func forced() (env []string) {
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "MOCKER_FORCE_") {
			env = append(env, kv)
		}
	}
	return env
}
