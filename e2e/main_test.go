package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// built is where TestMain put what the scenarios need.
var built struct {
	dir     string // all of it
	compose string // mocker-compose
	probe   string
	shop    string
	tour    string
	gvisor  bool // compose has the uplink of that name
}

// builtEnv names the directory that build has filled, for this program when it runs
// as the account, or on another machine. With buildEnv all it does is to fill it.
const (
	builtEnv = "MOCKER_E2E_BUILT"
	buildEnv = "MOCKER_E2E_BUILD"
)

func TestMain(m *testing.M) {
	code, err := mainAs(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
		code = 1
	}
	os.Exit(code)
}

func mainAs(m *testing.M) (code int, err error) {
	if code, err, done := worldRole(); done {
		return code, err
	}
	if dir := os.Getenv(builtEnv); dir != "" {
		use(dir)
		return m.Run(), nil
	}
	if dir := os.Getenv(buildEnv); dir != "" {
		return 0, build(dir)
	}
	dir, err := os.MkdirTemp("/tmp", "mc-e2e-") // short: socket paths end at 107 bytes (unix(7))
	if err != nil {
		return 1, err
	}
	if os.Getenv("MOCKER_TEST_KEEP") == "" {
		defer os.RemoveAll(dir)
	}
	if err := build(dir); err != nil {
		return 1, err
	}
	use(dir)
	if os.Getuid() != 0 {
		return m.Run(), nil
	}
	return again(dir)
}

func use(dir string) {
	built.dir = dir
	built.compose = filepath.Join(dir, "mocker-compose")
	built.probe = filepath.Join(dir, "probe")
	built.shop = filepath.Join(dir, "shop")
	built.tour = filepath.Join(dir, "tour")
	built.gvisor = strings.Contains(os.Getenv("MOCKER_TEST_TAGS"), "gvisor")
}

// build makes the programs and copies what the scenarios read.
func build(dir string) error {
	for name, pkg := range map[string]string{
		"mocker-compose": "../cmd/mocker-compose", "probe": "./probe",
		"shop": "../examples/demo/cmd/shop", "tour": "../examples/demo/cmd/tour",
	} {
		target := filepath.Join(dir, name)
		if given := os.Getenv("MOCKER_TEST_BIN"); given != "" && name == "mocker-compose" {
			if err := copyFile(target, given); err != nil {
				return err
			}
			continue
		}
		// Small as the one that is installed: each scenario has a copy of the probe.
		cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", os.Getenv("MOCKER_TEST_TAGS"), "-o", target, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("build %s: %w\n%s", name, err, out)
		}
	}
	for _, tree := range []string{"testdata", "../examples", "../docs", "../internal/build/dockerfile/testdata/projects"} {
		if err := os.CopyFS(filepath.Join(dir, filepath.Base(tree)), os.DirFS(tree)); err != nil {
			return fmt.Errorf("copy %s: %w", tree, err)
		}
	}
	return os.Chmod(dir, 0o755)
}

// again runs this test program as the account for tests.
func again(dir string) (int, error) {
	account, err := testns.PlainUser()
	if err != nil {
		return 1, err
	}
	self := filepath.Join(dir, "e2e.test")
	if err := copyFile(self, "/proc/self/exe"); err != nil {
		return 1, err
	}
	if err := account.Give(dir); err != nil {
		return 1, err
	}
	var args []string
	for _, a := range os.Args[1:] {
		// The go command reads that file itself, and only root may write it.
		if !strings.HasPrefix(a, "-test.testlogfile") {
			args = append(args, a)
		}
	}
	cmd := account.Command(context.Background(), self, args...)
	cmd.Dir = dir
	cmd.Env = append(append(cmd.Env, builtEnv+"="+dir), forced()...)
	for _, kv := range os.Environ() {
		if strings.HasPrefix(kv, "MOCKER_TEST_") {
			cmd.Env = append(cmd.Env, kv)
		}
	}
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	first := &worldKeeper{dir: dir, self: self, account: account}
	twin, err := first.twin()
	if err != nil {
		return 1, err
	}
	if os.Getenv("MOCKER_TEST_KEEP") == "" {
		defer os.RemoveAll(twin.dir)
	}
	if err := offerWorlds(cmd, newWorldKeepers(first, twin)); err != nil {
		return 1, err
	}
	if os.Getenv("MOCKER_TEST_FORBID_OPENAT2") != "" {
		if err := forbidOpenat2(); err != nil {
			return 1, err
		}
	}
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		return 1, err
	}
	return cmd.ProcessState.ExitCode(), nil
}

func copyFile(to, from string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}
