package ports

import (
	"net"
	"net/netip"
	"os"
	"os/exec"
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
