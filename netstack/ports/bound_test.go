package ports

import (
	"bufio"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// A port that is bound and on which nobody listens is in no list of the
// kernel's; its holder is found all the same.
func TestFindHolderOfABoundPort(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(fd), "bound")
	defer file.Close()
	if err := unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	at := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), uint16(port))
	other := netip.AddrPortFrom(netip.MustParseAddr("127.0.0.2"), uint16(port))
	if inode, _ := socketAt(TCP, at); inode != "" {
		t.Fatalf("the kernel lists it as %s: the test shows nothing", inode)
	}
	if h := FindHolder(TCP, at); h.PID != os.Getpid() || h.UID != os.Getuid() || h.Command == "" {
		t.Errorf("our own: %+v", h)
	}

	elsewhere(t, port)
	if h := FindHolder(TCP, at); h.PID != os.Getpid() {
		t.Errorf("a socket of another namespace is in nobody's way: %+v", h)
	}

	child := exec.Command("sleep", "1000")
	child.ExtraFiles = []*os.File{file}
	if err := child.Start(); err != nil {
		t.Skipf("no program sleep: %v", err)
	}
	defer child.Wait() //nolint:errcheck // it is killed
	defer child.Process.Kill()
	if h := FindHolder(TCP, at); h.PID != child.Process.Pid || h.Command != "sleep 1000" {
		t.Errorf("another process is to be told before ourselves: %+v", h)
	}
	if h := FindHolder(TCP, other); h.PID != 0 {
		t.Errorf("%s is nobody's: %+v", other, h)
	}
	if h := FindHolder(UDP, at); h.PID != 0 {
		t.Errorf("it is no socket of UDP: %+v", h)
	}
}

// elsewhere starts a process that has the port bound in a net namespace of
// its own, and waits until it has.
func elsewhere(t *testing.T, port int) {
	t.Helper()
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("needs python3, to bind a port in another namespace")
	}
	cmd := exec.Command("python3", "-c", fmt.Sprintf("import socket, sys\ns = socket.socket()\ns.bind(('0.0.0.0', %d))\nprint('bound', flush=True)\nsys.stdin.read()", port))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNET,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stdin.Close(); cmd.Wait() }) //nolint:errcheck // it has done its part
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != "bound\n" {
		t.Fatalf("the port cannot be bound in another namespace: %q, %v", line, err)
	}
}
