package rootfs

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const nsEnv = "ROOTFS_TEST_NS"

// inNamespace runs the calling test again as root of a user namespace that has
// size ids, from the one given on, with mounts of its own. It returns true there.
func inNamespace(t *testing.T, uid, gid, size int) bool {
	t.Helper()
	if os.Getenv(nsEnv) != "" {
		return true
	}
	tmp := t.TempDir()
	// The test's directories are private, and other ids must pass.
	if err := errors.Join(os.Chown(tmp, uid, gid), os.Chmod(filepath.Dir(tmp), 0o711)); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Dir = "/"
	cmd.Env = append(os.Environ(), nsEnv+"=1", "TMPDIR="+tmp)
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:                 syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: size}},
		GidMappings:                []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: size}},
		GidMappingsEnableSetgroups: size > 1,
		Credential:                 &syscall.Credential{NoSetGroups: size == 1},
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("this machine makes no user namespaces for us: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
	return false
}
