package safepath

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// bothWays runs a test with openat2 and with the walk.
func bothWays(t *testing.T, f func(t *testing.T)) {
	t.Run("openat2", f)
	t.Run("walk", func(t *testing.T) {
		ForceWalk(true)
		defer ForceWalk(false)
		f(t)
	})
}

func openRoot(t *testing.T, dir string) *os.File {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// tree makes a directory tree: "a/b/" a directory, "a -> b" a link, else a
// file that holds its own name.
func tree(t *testing.T, dir string, entries ...string) {
	t.Helper()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for _, e := range entries {
		name, target, link := strings.Cut(e, " -> ")
		if i := strings.LastIndexByte(strings.TrimSuffix(name, "/"), '/'); i > 0 {
			err = root.MkdirAll(name[:i], 0o755)
		}
		switch {
		case err != nil:
		case link:
			err = root.Symlink(target, name)
		case strings.HasSuffix(name, "/"):
			err = root.MkdirAll(strings.TrimSuffix(name, "/"), 0o755)
		default:
			err = root.WriteFile(name, []byte(name), 0o644)
		}
		if err != nil {
			t.Fatalf("make %s: %v", e, err)
		}
	}
}

const nsEnv = "SAFEPATH_TEST_NS"

// inMountNS runs the calling test again in a mount namespace of its own (and a
// user namespace, unless run by root). It returns true in the namespace.
func inMountNS(t *testing.T) bool {
	t.Helper()
	if os.Getenv(nsEnv) != "" {
		if err := syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""); err != nil {
			t.Fatal(err)
		}
		return true
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), nsEnv+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
	if os.Getuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	out, err := cmd.CombinedOutput()
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EACCES) {
		t.Skipf("this machine makes no namespaces for us: %v", err)
	}
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("in the namespace: %v\n%s", err, out)
	}
	return false
}
