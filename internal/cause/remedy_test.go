package cause

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// aHost is a machine with these files, by path, on which we are ann with the number 1000.
func aHost(t *testing.T, files map[string]string) Host {
	t.Helper()
	h := Host{Root: t.TempDir(), UID: 1000, User: "ann", Exe: "/usr/bin/mocker-compose"}
	for path, text := range files {
		if err := os.MkdirAll(filepath.Join(h.Root, filepath.Dir(path)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(h.Root, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

// A limit of a unit is raised by the manager that has the unit.
func TestSessionPids(t *testing.T) {
	systemd := map[string]string{"/run/systemd/system/x": ""}
	for dir, want := range map[string]string{
		"/user.slice/user-1000.slice":                              "sudo systemctl set-property user-1000.slice TasksMax=infinity",
		"/user.slice/user-1000.slice/session-3.scope":              "sudo systemctl set-property session-3.scope TasksMax=infinity",
		"/user.slice/user-1000.slice/user@1000.service":            "sudo systemctl set-property user@1000.service TasksMax=infinity",
		"/user.slice/user-1000.slice/user@1000.service/app.slice":  "systemctl --user set-property app.slice TasksMax=infinity",
		"/system.slice/runner.service":                             "sudo systemctl set-property runner.service TasksMax=infinity",
		"/system.slice/runner.service/below":                       "echo max | sudo tee /sys/fs/cgroup/system.slice/runner.service/below/pids.max",
		"/user.slice/user-1000.slice/user@1000.service/ours/other": "echo max | sudo tee /sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/ours/other/pids.max",
	} {
		if got := SessionPids(aHost(t, systemd), dir, 100).Remedy; len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
	dir := "/user.slice/user-1000.slice"
	if got := SessionPids(aHost(t, nil), dir, 100).Remedy; len(got) != 1 || got[0] != "echo max | sudo tee /sys/fs/cgroup"+dir+"/pids.max" {
		t.Errorf("without systemd: %q", got)
	}
}

// The kernel has one answer for the limits of all namespaces that a process is born into.
func TestWhichNamespaceLimit(t *testing.T) {
	const limits = "/proc/sys/user/max_"
	for _, c := range []struct{ user, mnt, pid, id, remedy string }{
		{"0", "5000", "5000", "userns-limit", "user"},
		{"5000", "0", "5000", "namespace-limit", "mnt"},
		{"5000", "5000", "1", "namespace-limit", "pid"},
		{"5000", "5000", "5000", "userns-limit", "user"},
	} {
		h := aHost(t, map[string]string{
			limits + "user_namespaces": c.user, limits + "mnt_namespaces": c.mnt, limits + "pid_namespaces": c.pid,
		})
		got := UserNamespace(h, syscall.ENOSPC)
		want := "sudo sysctl -w user.max_" + c.remedy + "_namespaces=100000"
		if got.ID != c.id || len(got.Remedy) != 1 || got.Remedy[0] != want {
			t.Errorf("%+v: %s, %q, want %s, %q", c, got.ID, got.Remedy, c.id, want)
		}
	}
}

// Inside of a user namespace nobody knows which of the user's limits it is.
func TestNamespaceLimitFromInside(t *testing.T) {
	h := aHost(t, map[string]string{
		"/proc/sys/user/max_pid_namespaces": "2147483647", "/proc/sys/user/max_mnt_namespaces": "2147483647",
	})
	got := NamespaceOf(h, syscall.ENOSPC, "pid", "mnt")
	want := "sudo sysctl -w user.max_pid_namespaces=100000, sudo sysctl -w user.max_mnt_namespaces=100000"
	if strings.Join(got.Remedy, ", ") != want || !strings.Contains(got.What, "user.max_pid_namespaces or user.max_mnt_namespaces is reached") {
		t.Errorf("%q: %q", got.What, got.Remedy)
	}
	if got = NamespaceOf(h, syscall.ENOSPC, "net"); len(got.Remedy) != 1 {
		t.Errorf("of one kind: %+v", got)
	}
}
