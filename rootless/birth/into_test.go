package birth

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// group makes a cgroup; ok is false if the test is over here.
func group(t *testing.T) (dir string, f *os.File, ok bool) {
	t.Helper()
	base, ok := testns.Delegated(t)
	if !ok {
		return "", nil, false
	}
	_ = os.WriteFile(filepath.Join(base, "cgroup.subtree_control"), []byte("+memory"), 0) // whoever needs it asks
	dir = filepath.Join(base, "a")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close(); os.Remove(dir) })
	return dir, f, true
}

// shell runs a line in the group with its output in a pipe.
func shell(t testing.TB, g *os.File, path, line string) (pidfd int, out, status *os.File, err error) {
	t.Helper()
	out, w, _ := os.Pipe()
	status, sw, _ := os.Pipe()
	null, _ := os.Open(os.DevNull)
	for _, f := range []*os.File{w, sw, null} {
		defer f.Close()
	}
	pidfd, err = Into(g, Child{Path: path, Args: []string{"sh", "-c", line}, Files: []*os.File{null, w, w, null, sw}, Status: 4})
	return pidfd, out, status, err
}

func wait(t testing.TB, pidfd int) (status int32) {
	t.Helper()
	defer unix.Close(pidfd)
	var info unix.Siginfo
	for {
		err := unix.Waitid(unix.P_PIDFD, pidfd, &info, unix.WEXITED, nil)
		if err == nil {
			break
		}
		if err != unix.EINTR {
			t.Fatal(err)
		}
	}
	return info.Code
}

func TestInto(t *testing.T) {
	dir, g, ok := group(t)
	if !ok {
		return
	}
	pidfd, out, status, err := shell(t, g, "/bin/sh", "echo $$ >&2; cat /proc/self/cgroup; ls -l /proc/self/fd; env")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(out)
	report, _ := io.ReadAll(status)
	wait(t, pidfd)
	if !strings.Contains(string(text), "/"+filepath.Base(filepath.Dir(dir))+"/a\n") || len(report) != 0 {
		t.Errorf("%s\n%v", text, report)
	}
	for _, n := range []string{"0", "1", "2", "3", "4"} {
		if !strings.Contains(string(text), " "+n+" -> ") {
			t.Errorf("descriptor %s is not there:\n%s", n, text)
		}
	}
	if strings.Contains(string(text), "HOME=") || strings.Contains(string(text), " 7 -> ") {
		t.Errorf("it has what it was not given:\n%s", text)
	}
}

func TestIntoFails(t *testing.T) {
	_, g, ok := group(t)
	if !ok {
		return
	}
	pidfd, out, status, err := shell(t, g, "/nosuch", "")
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	b, _ := io.ReadAll(status)
	wait(t, pidfd)
	r, ok := program.ParseReport(b)
	if !ok || r.Failure == nil || r.Failure.Step != program.StartStep || r.Failure.Errno != unix.ENOENT {
		t.Errorf("report %v: %+v", b, r)
	}
	file, err := os.Open("/")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if _, _, _, err = shell(t, file, "/bin/sh", ""); !errors.Is(err, unix.EBADF) {
		t.Errorf("in no cgroup: %v", err)
	}
}

// The program's files in every order, with garbage collections meanwhile.
func TestFilesInOrder(t *testing.T) {
	_, g, ok := group(t)
	if !ok {
		return
	}
	stop := make(chan struct{})
	var busy sync.WaitGroup
	busy.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	})
	defer busy.Wait()
	defer close(stop)
	for range 10 {
		var files []*os.File
		var want bytes.Buffer
		for i := range 10 {
			r, w, _ := os.Pipe()
			_, _ = w.Write([]byte{byte('a' + i), '\n'})
			w.Close()
			files = append(files, r)
		}
		out, w, _ := os.Pipe()
		order := append([]*os.File{files[9], w, w}, files[8], files[3], files[0], files[7])
		for _, i := range []int{9, 8, 3, 0, 7} {
			want.Write([]byte{byte('a' + i), '\n'})
		}
		pidfd, err := Into(g, Child{
			Path: "/bin/sh", Args: []string{"sh", "-c", "for i in 0 3 4 5 6; do cat <&$i; done"}, Files: order, Status: 2,
		})
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		got, _ := io.ReadAll(out)
		out.Close()
		wait(t, pidfd)
		for _, f := range files {
			f.Close()
		}
		if string(got) != want.String() {
			t.Fatalf("%q, want %q", got, want.String())
		}
	}
}

// Whoever is born into a frozen group stands still, and we do not.
func TestIntoFrozen(t *testing.T) {
	dir, g, ok := group(t)
	if !ok {
		return
	}
	freeze := func(v string) {
		if err := os.WriteFile(filepath.Join(dir, "cgroup.freeze"), []byte(v), 0); err != nil {
			t.Fatal(err)
		}
	}
	freeze("1")
	pidfd, out, _, err := shell(t, g, "/bin/sh", "echo ran")
	if err != nil {
		t.Fatal(err)
	}
	runtime.GC() // needs all of our threads
	p := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	if n, _ := unix.Poll(p, 200); n != 0 {
		t.Error("it ran in a frozen group")
	}
	freeze("0")
	if text, _ := io.ReadAll(out); string(text) != "ran\n" {
		t.Errorf("it said %q", text)
	}
	wait(t, pidfd)
}

// Who is hungry is killed with all of its group while others are born into it. We
// have nothing to do with that.
func TestIntoHungry(t *testing.T) {
	dir, g, ok := group(t)
	if !ok {
		return
	}
	testns.RequireController(t, dir, "memory")
	for file, v := range map[string]string{"memory.max": "8388608", "memory.swap.max": "0", "memory.oom.group": "1"} {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(v), 0); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	const hungry = "x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; while :; do x=$x$x; done"
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); {
		var pidfds []int
		for i := range 4 {
			line := hungry
			if i > 0 {
				line = "true"
			}
			pidfd, out, status, err := shell(t, g, "/bin/sh", line)
			if err != nil {
				t.Fatal(err)
			}
			out.Close()
			status.Close()
			pidfds = append(pidfds, pidfd)
		}
		for _, fd := range pidfds {
			wait(t, fd)
		}
	}
	b, _ := os.ReadFile(filepath.Join(dir, "memory.events"))
	if !strings.Contains(string(b), "oom_group_kill ") || strings.Contains(string(b), "oom_group_kill 0") {
		t.Errorf("nobody was killed:\n%s", b)
	}
}

// What the copy of the memory costs: the same with vfork(2) beside it.
func BenchmarkBirth(b *testing.B) {
	dir := "/sys/fs/cgroup/unified/mocker-bench"
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.Skip(err)
	}
	defer os.Remove(dir)
	g, _ := os.Open(dir)
	defer g.Close()
	b.Run("copy", func(b *testing.B) {
		for b.Loop() {
			pidfd, out, status, err := shell(b, g, "/bin/true", "")
			if err != nil {
				b.Fatal(err)
			}
			_, _ = io.ReadAll(status)
			out.Close()
			status.Close()
			wait(b, pidfd)
		}
	})
	b.Run("vfork", func(b *testing.B) {
		for b.Loop() {
			r, w, _ := os.Pipe()
			cmd := exec.Command("/bin/true")
			cmd.Stdout = w
			cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.Fd())}
			if err := cmd.Start(); err != nil {
				b.Fatal(err)
			}
			w.Close()
			_, _ = io.ReadAll(r)
			r.Close()
			_ = cmd.Wait()
		}
	})
}
