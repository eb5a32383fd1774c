package confine

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

var background = context.Background()

const childEnv = "CONFINE_TEST_TREE"

func TestMain(m *testing.M) {
	if tree := os.Getenv(childEnv); tree != "" {
		child(tree)
		return
	}
	os.Exit(m.Run())
}

// answer is what a confined child says of itself.
type answer struct {
	Error    string // of Enter
	Landlock int
	Tries    map[string]string // what it tried, and the error
	Unpack   string
	Left     layer.Left
}

func child(tree string) {
	for range 8 { // threads that exist before
		go func() { time.Sleep(time.Hour) }()
		go syscall.Syscall6(unix.SYS_PPOLL, 0, 0, 0, 0, 0, 0)
	}
	time.Sleep(50 * time.Millisecond)
	if dir := os.Getenv("CONFINE_TEST_OPEN"); dir != "" {
		os.Open(dir)
	}
	var a answer
	root, err := os.Open(tree)
	if err == nil {
		var r Report
		r, err = Enter(root)
		a.Landlock = r.Landlock
	}
	if err != nil {
		a.Error = err.Error()
	} else {
		a.Tries = try()
		var st layer.Stats
		st, err = layer.Unpack(background, bytes.NewReader(everything()), root, layer.Options{Single: os.Getenv("CONFINE_TEST_IDS") == "1"})
		a.Left = st.Left
		if err != nil {
			a.Unpack = err.Error()
		}
	}
	json.NewEncoder(os.Stdout).Encode(a)
	os.Stdin.Read(make([]byte, 1)) // until the parent has looked at us
}

// try does what must not be possible, and returns the errors.
func try() map[string]string {
	out := map[string]string{}
	say := func(what string, err error) {
		if err == nil {
			out[what] = "works"
		} else {
			out[what] = err.Error()
		}
	}
	_, err := os.ReadFile("/etc/passwd")
	say("read /etc/passwd", err)
	_, err = os.ReadFile("../../../../../../../../etc/passwd")
	say("read ../etc/passwd", err)
	_, err = os.ReadDir("/proc")
	say("list /proc", err)
	var here, up unix.Stat_t
	if err := errors.Join(unix.Stat("/", &here), unix.Stat("/..", &up)); err != nil || here.Ino != up.Ino {
		say("leave by ..", nil)
	}
	_, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	say("TCP socket", err)
	_, err = unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	say("unix socket", err)
	say("execve", unix.Exec("/program", []string{"program"}, nil))
	say("chroot", unix.Chroot("/"))
	say("mount", unix.Mount("none", "/", "tmpfs", 0, ""))
	say("unshare", unix.Unshare(unix.CLONE_NEWUSER))
	say("setuid", func() error {
		_, _, e := unix.RawSyscall(unix.SYS_SETUID, 1, 0, 0)
		return errno(e)
	}())
	say("socket in the tree", unix.Mknod("/socket", unix.S_IFSOCK|0o600, 0))
	say("device", unix.Mknod("/null", unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))
	say("kill the parent", unix.Kill(os.Getppid(), 0))
	say("kill all", unix.Kill(-1, 0))
	return out
}

func errno(e syscall.Errno) error {
	if e == 0 {
		return nil
	}
	return e
}

// everything is an archive that needs each of the capabilities.
func everything() []byte {
	const fileCap = "\x01\x00\x00\x02\x00\x20\x00\x00\x00\x20\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "closed/", Mode: 0, Uid: 7, Gid: 7, Typeflag: tar.TypeDir},
		{Name: "closed/deep/f", Mode: 0o600, Uid: 8, Gid: 9, Typeflag: tar.TypeReg},
		{Name: "su", Mode: 0o6755, Uid: 5, Gid: 6, Typeflag: tar.TypeReg},
		{Name: "ping", Mode: 0o755, Typeflag: tar.TypeReg, PAXRecords: map[string]string{"SCHILY.xattr.security.capability": fileCap}},
		{Name: "a/b/hard", Linkname: "su", Typeflag: tar.TypeLink},
		{Name: "fifo", Mode: 0o622, Uid: 3, Typeflag: tar.TypeFifo},
		{Name: "l", Linkname: "/etc/passwd", Typeflag: tar.TypeSymlink},
		{Name: "a/.wh.gone", Typeflag: tar.TypeReg},
		{Name: "o/.wh..wh..opq", Typeflag: tar.TypeReg},
		{Name: "su", Mode: 0o4755, Typeflag: tar.TypeReg},
	} {
		w.WriteHeader(&h)
	}
	w.Close()
	return b.Bytes()
}

func TestConfined(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if !testns.Plain(t) {
		return
	}
	testConfined(t, 1, os.Getuid(), os.Getgid())
	t.Setenv("MOCKER_FORCE_NO_LANDLOCK", "1")
	testConfined(t, 1, os.Getuid(), os.Getgid())
}

// TestConfinedWithManyIDs is as in production, where newuidmap made the map.
func TestConfinedWithManyIDs(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("needs root to write a map of many ids")
	}
	testns.RequireUserNamespaces(t)
	testConfined(t, 65536, 100000, 100000)
}

func testConfined(t *testing.T, ids, uid, gid int) {
	tree := filepath.Join(t.TempDir(), "fs")
	if err := errors.Join(os.Mkdir(tree, 0o755), os.Chown(tree, uid, gid), os.Chmod(filepath.Dir(filepath.Dir(tree)), 0o755), os.Chmod(filepath.Dir(tree), 0o755)); err != nil {
		t.Fatal(err)
	}
	a, stop, pid := start(t, tree, ids, uid, gid)
	defer stop()
	if strings.Contains(a.Error, "built with cgo") {
		t.Skip(a.Error)
	}
	if a.Error != "" {
		t.Fatal(a.Error)
	}
	if a.Landlock == 0 && os.Getenv("MOCKER_FORCE_NO_LANDLOCK") == "" {
		t.Log("this kernel has no Landlock that serves: that part is not tested")
	}
	if a.Landlock == 0 {
		delete(a.Tries, "socket in the tree")
	}
	checkTries(t, a.Tries)
	if a.Unpack != "" {
		t.Errorf("unpacking in the child: %s", a.Unpack)
	}
	want := layer.Left{}
	if ids == 1 {
		want.Setuid = 1
	}
	if a.Left != want {
		t.Errorf("left out: %+v, want %+v", a.Left, want)
	}
	checkThreads(t, pid)
	checkNamespaces(t, pid)
	checkTree(t, tree, ids, uid)
	if err := os.Chmod(filepath.Join(tree, "closed"), 0o700); err != nil { // to be deleted after the test
		t.Error(err)
	}
}

func checkTries(t *testing.T, tries map[string]string) {
	t.Helper()
	if len(tries) < 12 {
		t.Errorf("only %d tries", len(tries))
	}
	for what, err := range tries {
		want := "operation not permitted"
		switch what {
		case "read /etc/passwd", "read ../etc/passwd", "list /proc":
			want = "no such file or directory"
		case "socket in the tree":
			want = "permission denied" // Landlock's answer
		case "kill the parent", "kill all":
			want = "no such process" // the pid namespace's; 0 is our own group
		}
		if what == "kill the parent" && err == "works" {
			continue // getppid(2) is 0 there: that is ourselves
		}
		if !strings.HasSuffix(err, want) {
			t.Errorf("%s: %s, want %s", what, err, want)
		}
	}
}

// start starts a child and waits until it is confined.
func start(t *testing.T, tree string, ids, uid, gid int, env ...string) (answer, func(), int) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Env = append(append(os.Environ(), childEnv+"="+tree, fmt.Sprint("CONFINE_TEST_IDS=", ids)), env...)
	cmd.Dir = "/"
	cmd.SysProcAttr = Attributes()
	cmd.SysProcAttr.Cloneflags |= unix.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: uid, Size: ids}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: gid, Size: ids}}
	cmd.SysProcAttr.GidMappingsEnableSetgroups = ids > 1
	cmd.SysProcAttr.Credential = &syscall.Credential{NoSetGroups: ids == 1}
	in, err1 := cmd.StdinPipe()
	out, err2 := cmd.StdoutPipe()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := errors.Join(err1, err2, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	var a answer
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &a)
	}
	stop := func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("child: %v: %s", err, stderr.String())
		}
	}
	if err != nil {
		in.Close()
		t.Fatalf("child: %v, %v: %s", err, cmd.Wait(), stderr.String())
	}
	return a, stop, cmd.Process.Pid
}

// checkThreads reads every thread's state from outside.
func checkThreads(t *testing.T, pid int) {
	t.Helper()
	const kept = "000000008000001b" // bits 0, 1, 3, 4, 31
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	if err != nil || len(files) < 4 {
		t.Fatalf("threads %q, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Error(err)
		}
		for _, want := range []string{"CapInh:\t0000000000000000", "CapPrm:\t" + kept, "CapEff:\t" + kept, "CapBnd:\t" + kept,
			"CapAmb:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2", "Umask:\t0000"} {
			if !strings.Contains(string(b), want+"\n") {
				t.Errorf("%s has no %q:\n%s", f, want, b)
			}
		}
	}
}

func checkNamespaces(t *testing.T, pid int) {
	t.Helper()
	for _, ns := range []string{"net", "mnt", "ipc", "uts", "pid", "user"} {
		ours, err1 := os.Readlink("/proc/self/ns/" + ns)
		its, err2 := os.Readlink(fmt.Sprintf("/proc/%d/ns/%s", pid, ns))
		if os.Getuid() != 0 && err2 != nil && ns != "user" {
			continue // of a process with capabilities that we lack
		}
		if err := errors.Join(err1, err2); err != nil || ours == its {
			t.Errorf("namespace %s: %s, ours is %s (%v)", ns, its, ours, err)
		}
	}
	dev, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/dev", pid))
	if err == nil && strings.Count(string(dev), ":") != 1 {
		t.Errorf("network of the child:\n%s", dev)
	}
}

func checkTree(t *testing.T, tree string, ids, uid int) {
	t.Helper()
	owner := func(id int) uint32 {
		if ids == 1 {
			return uint32(uid)
		}
		return uint32(uid + id)
	}
	var st unix.Stat_t
	for name, want := range map[string]unix.Stat_t{
		"ping":     {Mode: unix.S_IFREG | 0o755, Uid: owner(0)},
		"a/b/hard": {Mode: unix.S_IFREG | 0o6755, Uid: owner(5)},
		"su":       {Mode: unix.S_IFREG | 0o4755, Uid: owner(0)},
		"a/gone":   {Mode: unix.S_IFCHR, Uid: owner(0)},
		"fifo":     {Mode: unix.S_IFIFO | 0o622, Uid: owner(3)},
	} {
		if ids == 1 && name == "a/b/hard" {
			want.Mode &^= 0o6000
		}
		if err := unix.Lstat(filepath.Join(tree, name), &st); err != nil || st.Mode != want.Mode || st.Uid != want.Uid {
			t.Errorf("%s: mode %o of %d, %v; want %o of %d", name, st.Mode, st.Uid, err, want.Mode, want.Uid)
		}
	}
}

func TestOpenDirectoryIsRefused(t *testing.T) {
	testns.RequireUserNamespaces(t)
	if !testns.Plain(t) {
		return
	}
	a, stop, _ := start(t, t.TempDir(), 1, os.Getuid(), os.Getgid(), "CONFINE_TEST_OPEN=/etc")
	defer stop()
	if !strings.Contains(a.Error, "/etc is open") {
		t.Errorf("with /etc open: %q", a.Error)
	}
}
