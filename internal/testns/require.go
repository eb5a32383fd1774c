package testns

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strings"
	"sync"
	"testing"
)

// RequireUserNamespaces skips the test where the caller cannot make a user
// namespace with a mount namespace in it.
func RequireUserNamespaces(t testing.TB) {
	t.Helper()
	if err := userNamespaces(); err != nil {
		t.Skip(err)
	}
}

var userNamespaces = sync.OnceValue(func() error {
	cmd := exec.Command("true") // not the test program: its TestMain would do whatever it does
	cmd.SysProcAttr = singleID(Mount)
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	return fmt.Errorf("no user namespaces here: %w%s%s", err, out, userNamespaceSwitch())
})

// userNamespaceSwitch names the setting that forbids user namespaces.
func userNamespaceSwitch() string {
	for _, s := range []struct{ path, bad, text string }{
		{"/proc/sys/kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone is 0"},
		{"/proc/sys/user/max_user_namespaces", "0", "user.max_user_namespaces is 0"},
		{"/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "kernel.apparmor_restrict_unprivileged_userns is 1"},
	} {
		b, err := os.ReadFile(s.path)
		if err == nil && strings.TrimSpace(string(b)) == s.bad {
			return " (" + s.text + ")"
		}
	}
	return ""
}

// RequireProgram skips the test where a program is missing, naming the package
// that has it, and returns the program's path.
func RequireProgram(t testing.TB, name, pkg string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed (package %s)", name, pkg)
	}
	return path
}

// RequireIDRange skips the test where the caller has one user id only: without
// newuidmap, or without a range in /etc/subuid. Root needs neither.
func RequireIDRange(t testing.TB) {
	t.Helper()
	if os.Getuid() == 0 {
		return
	}
	RequireProgram(t, "newuidmap", "uidmap or shadow-utils")
	u, err := user.Current()
	if err != nil {
		t.Skipf("who am I: %v", err)
	}
	if _, err := subIDs("/etc/subuid", u.Username, u.Uid); err != nil {
		t.Skip(err)
	}
}

// idRange is a range of user ids, [First, First+Count).
type idRange struct{ First, Count int }

// subIDs returns the ranges that subuid(5) gives a user, by name or by number.
func subIDs(path, name, uid string) ([]idRange, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var ranges []idRange
	for line := range strings.Lines(string(b)) {
		var r idRange
		who, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if !ok || who != name && who != uid {
			continue
		}
		if _, err := fmt.Sscanf(rest, "%d:%d", &r.First, &r.Count); err == nil {
			ranges = append(ranges, r)
		}
	}
	if len(ranges) == 0 {
		return nil, errors.New(path + " has no range for " + name + ": usermod --add-subuids 100000-165535 " + name)
	}
	return ranges, nil
}
