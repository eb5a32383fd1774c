package devices

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// deviceEnv names a file for which this test program asks, inside a user
// namespace, whether it may open it.
const deviceEnv = "DEVICES_TEST_NODE"

// A file that a group of the user opens is out of reach for a container, unless it
// keeps the groups.
func TestMayOpenByGroup(t *testing.T) {
	if path := os.Getenv(deviceEnv); path != "" {
		f, err := os.OpenFile(path, unix.O_PATH, 0)
		if err != nil {
			t.Fatal(err)
		}
		if err := mayOpen(f, unix.R_OK|unix.W_OK, true); err != nil {
			t.Errorf("with the groups: %v", err)
		}
		if err := mayOpen(f, unix.R_OK|unix.W_OK, false); !errors.Is(err, unix.EACCES) {
			t.Errorf("without the groups: %v, want %v", err, unix.EACCES)
		}
		if err := mayOpen(f, unix.R_OK|unix.W_OK, true); err != nil {
			t.Errorf("with the groups, after one thread has left them: %v", err)
		}
		return
	}
	if os.Getuid() != 0 {
		t.Skip("needs root, to have a file of another group")
	}
	account, err := testns.PlainUser()
	if err != nil {
		t.Skip(err)
	}
	unshare := testns.RequireProgram(t, "unshare", "util-linux")
	setpriv := testns.RequireProgram(t, "setpriv", "util-linux")
	dir, err := os.MkdirTemp("/tmp", "device")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	const group = "54321"
	file := filepath.Join(dir, "node")
	exe, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = errors.Join(os.WriteFile(file, nil, 0o660), os.Chown(file, 0, 54321), os.Chmod(file, 0o660), os.Chmod(dir, 0o755),
			os.WriteFile(filepath.Join(dir, "devices.test"), exe, 0o755))
	}
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(setpriv, "--reuid", account.Name, "--regid", account.Name, "--groups", group,
		unshare, "--user", "--map-root-user", "--map-auto", filepath.Join(dir, "devices.test"), "-test.run", "^TestMayOpenByGroup$", "-test.v")
	cmd.Env = append(os.Environ(), deviceEnv+"="+file)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	if strings.Contains(string(out), "unrecognized option") || strings.Contains(string(out), "newuidmap") {
		t.Skipf("%s", out)
	}
	if err != nil || !strings.Contains(string(out), "PASS: TestMayOpenByGroup") {
		t.Errorf("%v\n%s", err, out)
	}
}
