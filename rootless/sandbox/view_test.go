package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// TestView: a path is resolved as inside, through what will be mounted.
func TestView(t *testing.T) {
	dir := t.TempDir()
	root, volume := filepath.Join(dir, "root"), filepath.Join(dir, "volume")
	for _, d := range []string{root + "/real/sub", root + "/var", volume + "/in"} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{
		root + "/var/run": "/run", root + "/rel": "real/../real/sub", root + "/up": "../../../../real",
		root + "/loop": "/loop", volume + "/abs": "/real/sub", volume + "/out": "../../rel",
		root + "/dangling": "no/such/place", root + "/indev": "/dev/shm",
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(root+"/file", nil, 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	v := newView(f, []string{"proc", "sys", "dev"})
	defer v.close()
	data, err := os.Open(volume)
	if err != nil {
		t.Fatal(err)
	}
	v.hold(data)
	v.cover("/data", data)
	v.cover("/mem", nil)
	for path, want := range map[string]string{
		"/real/sub": "/real/sub", "/rel/x": "/real/sub/x", "/up": "/real", "/var/run/x": "/run/x",
		"/data/in": "/data/in", "/data/abs/y": "/real/sub/y", "/data/out": "/real/sub", "/data/new/a": "/data/new/a",
		"/mem/a/../b": "/mem/b", "/dangling/x": "/no/such/place/x", "/indev/x": "/dev/shm/x", "/../../real": "/real",
		"//real/./sub/": "/real/sub", "/file": "/file",
	} {
		if got, err := v.place(path); err != nil || got != want {
			t.Errorf("%s: %s %v, want %s", path, got, err, want)
		}
	}
	for path, why := range map[string]string{
		"/loop/x": "too many levels", "/file/x": "not a directory", "/": "root directory", "/real/../..": "root directory",
		"/proc": "kernel's own", "/proc/sys/net": "kernel's own", "/mem/../proc/1": "kernel's own",
	} {
		if got, err := v.place(path); err == nil || !strings.Contains(err.Error(), why) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: %s %v, want an error with %q", path, got, err, why)
		}
	}
}

// TestNestedMounts: a mount point below a volume is made in the volume, as docker does.
func TestNestedMounts(t *testing.T) {
	outer, inner := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(inner, "f"), []byte("inner"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := spec(shell("cat /data/new/dir/f /data/file"))
	s.Mounts = []specs.Mount{
		{Type: "bind", Source: inner, Destination: "/data/new/dir", Options: []string{"rbind"}},
		{Type: "bind", Source: filepath.Join(inner, "f"), Destination: "/data/file", Options: []string{"rbind"}},
		{Type: "bind", Source: outer, Destination: "/data", Options: []string{"rbind"}},
	}
	if out, failed, _ := run(t, Setup(hostContainer(t, s))); out != "innerinner" || failed != "" {
		t.Errorf("got %q %q", out, failed)
	}
	if st, err := os.Stat(filepath.Join(outer, "new/dir")); err != nil || !st.IsDir() {
		t.Errorf("no mount point in the volume: %v", err)
	}
	s.Mounts[2].Options = append(s.Mounts[2].Options, "ro")
	s.Mounts[0].Destination = "/data/other"
	if _, failed, _ := run(t, Setup(hostContainer(t, s))); failed != "open mount point /data/other: no such file or directory" {
		t.Errorf("below a read-only volume: %q", failed)
	}
}

// TestRootIsTheContainers: a process that has changed its root directory does not
// choose for others what they find.
func TestRootIsTheContainers(t *testing.T) {
	s := spec(shell("mkdir -p /tmp/cell/etc; echo said >/tmp/cell/etc/passwd; cp /bin/busybox /tmp/cell; echo ready; exec chroot /tmp/cell /busybox sleep 1000"))
	if _, err := os.Stat("/bin/busybox"); err != nil {
		t.Skip("needs a static /bin/busybox (package busybox-static)")
	}
	l := launch(t, Setup(hostContainer(t, s)))
	defer l.pidfd.Close()
	if _, failed := l.report(t); failed != "" {
		t.Fatal(failed)
	}
	b := make([]byte, 6)
	if _, err := l.out.Read(b); err != nil || string(b) != "ready\n" {
		t.Fatalf("%q %v", b, err)
	}
	root, err := Root(l.pidfd)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	var own, want unix.Stat_t
	if err := unix.Fstatat(int(root.Fd()), "etc/passwd", &own, 0); err != nil {
		t.Fatal(err)
	}
	if err := unix.Stat("/etc/passwd", &want); err != nil || own.Ino != want.Ino {
		t.Errorf("another /etc/passwd than the container's: %v", err)
	}
	_ = unix.PidfdSendSignal(int(l.pidfd.Fd()), unix.SIGKILL, nil, 0)
	l.wait()
	if _, err := Root(l.pidfd); err == nil {
		t.Error("the root of a process that has ended")
	}
}
