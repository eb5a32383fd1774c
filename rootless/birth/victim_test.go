package birth

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

const parentEnv = "BIRTH_TEST_PARENT"

// TestMain makes the test program a parent, when it is asked to be one: it starts
// a process in the group that is its descriptor 3, in one of two ways, and waits.
func TestMain(m *testing.M) {
	way := os.Getenv(parentEnv)
	if way == "" {
		os.Exit(m.Run())
	}
	group := os.NewFile(3, "group")
	fmt.Println("begins")
	if way == "copy" {
		_, err := Into(group, Child{Path: "/bin/true", Args: []string{"true"}, Files: []*os.File{os.Stdin, os.Stdout, os.Stderr}})
		fmt.Println("goes on:", err)
	} else {
		cmd := exec.Command("/bin/true")
		cmd.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: 3}
		fmt.Println("goes on:", cmd.Run())
	}
	time.Sleep(time.Minute)
}

// A group runs out of memory while somebody is on the way into it; to hold it on the
// way, the group is frozen. Its parent does not die of it. With vfork(2) it does, or
// this test would not show anything.
func TestParentIsNoVictim(t *testing.T) {
	dir, g, ok := group(t)
	if !ok {
		return
	}
	testns.RequireController(t, dir, "memory")
	if killed := parentDies(t, "vfork", dir, g); !killed {
		t.Skip("this kernel does not kill who shares the memory")
	}
	if killed := parentDies(t, "copy", dir, g); killed {
		t.Error("the parent was killed with the group")
	}
}

func parentDies(t *testing.T, way, dir string, g *os.File) (killed bool) {
	t.Helper()
	write := func(file, v string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, file), []byte(v), 0); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	for file, v := range map[string]string{"memory.max": "max", "memory.swap.max": "0", "memory.oom.group": "1"} {
		write(file, v)
	}
	there := exec.Command("sleep", "1000")
	there.SysProcAttr = &syscall.SysProcAttr{UseCgroupFD: true, CgroupFD: int(g.Fd())}
	if err := there.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = there.Process.Kill(); _ = there.Wait() }()
	write("cgroup.freeze", "1")
	defer write("cgroup.freeze", "0")
	parent := exec.Command("/proc/self/exe")
	parent.Env = append(os.Environ(), parentEnv+"="+way)
	parent.ExtraFiles = []*os.File{g}
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || line != "begins\n" {
		t.Fatalf("the parent says %q (%v)", line, err)
	}
	for until := time.Now().Add(20 * time.Second); members(dir) < 2; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatal("nobody is born")
		}
	}
	go func() { ended <- parent.Wait() }()
	write("memory.max", "0")
	select {
	case err := <-ended:
		return strings.Contains(err.Error(), "killed")
	case <-time.After(5 * time.Second):
		_ = parent.Process.Kill()
		<-ended
		return false
	}
}

func members(dir string) int {
	b, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
	return strings.Count(string(b), "\n")
}
