package sandbox

import (
	"fmt"
	"io"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// launched is a process that a prepared program becomes.
type launched struct {
	p           *Prepared
	pid         int
	pidfd       *os.File
	out, status *os.File
}

// launch does what a project holder does.
func launch(t testing.TB, p *Prepared) *launched {
	t.Helper()
	null, _ := os.Open(os.DevNull)
	defer null.Close()
	return launchWith(t, p, null)
}

// launchWith is launch with a standard input.
func launchWith(t testing.TB, p *Prepared, in *os.File) *launched {
	t.Helper()
	img, err := p.Program.Image(StatusFile, false)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	l := &launched{p: p}
	status, sw, _ := os.Pipe()
	out, ow, _ := os.Pipe()
	l.status, l.out = status, out
	for _, f := range []*os.File{sw, ow} {
		defer f.Close()
	}
	files := append([]*os.File{in, ow, ow, img, sw}, p.Files...)
	var socks [2]int
	if p.HandOver > 0 {
		if socks, err = unix.Socketpair(unix.AF_UNIX, unix.SOCK_SEQPACKET|unix.SOCK_CLOEXEC, 0); err != nil {
			t.Fatal(err)
		}
		theirs := os.NewFile(uintptr(socks[1]), "hand-over")
		defer theirs.Close()
		files = append(files, theirs)
	}
	fd := -1
	attr := &syscall.ProcAttr{Sys: &syscall.SysProcAttr{Cloneflags: p.Clone, PidFD: &fd}}
	if p.Cgroup != nil {
		attr.Sys.UseCgroupFD, attr.Sys.CgroupFD = true, int(p.Cgroup.Fd())
	}
	for _, f := range files {
		attr.Files = append(attr.Files, f.Fd())
	}
	if l.pid, err = syscall.ForkExec("/proc/self/fd/3", []string{"sandbox"}, attr); err != nil {
		t.Fatal(err)
	}
	l.pidfd = os.NewFile(uintptr(fd), "pidfd")
	if p.HandOver > 0 {
		l.receive(t, socks[0])
	}
	return l
}

// receive waits for the process that it hands over to.
func (l *launched) receive(t testing.TB, sock int) {
	t.Helper()
	defer unix.Close(sock)
	p := []unix.PollFd{{Fd: int32(sock), Events: unix.POLLIN}, {Fd: int32(l.pidfd.Fd()), Events: unix.POLLIN}}
	for {
		if _, err := unix.Poll(p, -1); err != unix.EINTR {
			break
		}
	}
	oob := make([]byte, 64)
	_, n, _, _, err := unix.Recvmsg(sock, make([]byte, 1), oob, unix.MSG_DONTWAIT|unix.MSG_CMSG_CLOEXEC)
	if err != nil || n == 0 {
		return // a step before has failed
	}
	list, _ := unix.ParseSocketControlMessage(oob[:n])
	fds, err := unix.ParseUnixRights(&list[0])
	if err != nil {
		t.Fatal(err)
	}
	l.wait()
	l.pidfd.Close()
	l.pidfd = os.NewFile(uintptr(fds[0]), "pidfd")
	l.pid = pidOf(t, fds[0])
	_, _ = unix.Write(sock, []byte{1})
}

func pidOf(t testing.TB, pidfd int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/self/fdinfo/%d", pidfd))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	for _, line := range splitLines(string(b)) {
		if _, err := fmt.Sscanf(line, "Pid: %d", &pid); err == nil {
			return pid
		}
	}
	t.Fatalf("no pid in %q", b)
	return 0
}

func (l *launched) wait() unix.WaitStatus {
	var ws unix.WaitStatus
	for {
		if _, err := unix.Wait4(l.pid, &ws, 0, nil); err != unix.EINTR {
			return ws
		}
	}
}

// report returns what the set-up told; it has come to an end.
func (l *launched) report(t testing.TB) (program.Report, string) {
	t.Helper()
	b, _ := io.ReadAll(l.status)
	r, ok := program.ParseReport(b)
	if !ok {
		t.Errorf("report: %v", b)
	}
	if r.Failure != nil {
		return r, fmt.Sprintf("%s: %v", l.p.Program.What(r.Failure.Step), r.Failure.Errno)
	}
	return r, ""
}

// finish waits for the end.
func (l *launched) finish(t testing.TB) (out, failed string, code int) {
	t.Helper()
	_, failed = l.report(t)
	text, _ := io.ReadAll(l.out)
	code = l.wait().ExitStatus()
	for _, f := range []*os.File{l.status, l.out, l.pidfd} {
		f.Close()
	}
	return string(text), failed, code
}

// run launches p and returns its output, the failed step's text and its exit code.
func run(t testing.TB, p *Prepared) (out, failed string, code int) {
	t.Helper()
	return launch(t, p).finish(t)
}
