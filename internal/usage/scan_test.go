package usage

import (
	"encoding/binary"
	"os"
	"os/exec"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func pidfdOf(t *testing.T, pid int) *os.File {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	t.Cleanup(func() { f.Close() })
	return f
}

// ended is a pidfd of a process that has ended.
func ended(t *testing.T) *os.File {
	t.Helper()
	c := exec.CommandContext(t.Context(), "/bin/sleep", "1000")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	f := pidfdOf(t, c.Process.Pid)
	_ = c.Process.Kill()
	_ = c.Wait()
	return f
}

// inNamespaces starts a command with namespaces of its own, and returns its pid.
func inNamespaces(t *testing.T, flags uintptr, args ...string) int {
	t.Helper()
	c := exec.CommandContext(t.Context(), args[0], args[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWUSER | flags}
	if err := c.Start(); err != nil {
		t.Skipf("no user namespaces here: %v", err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return c.Process.Pid
}

// A pid namespace of its own has its processes, a shared one those of the mount
// namespace; what is known is not asked again, and a run that has ended has none.
func TestScan(t *testing.T) {
	own := inNamespaces(t, syscall.CLONE_NEWPID|syscall.CLONE_NEWNS, "/bin/sh", "-c", "sleep 1000 & sleep 1000 & wait")
	neighbour := inNamespaces(t, syscall.CLONE_NEWNS, "/bin/sleep", "1000")
	subjects := []Subject{
		{Name: "own", Run: "own/1", Pidfd: pidfdOf(t, own)},
		{Name: "shared", Run: "shared/1", Pidfd: pidfdOf(t, neighbour), Shared: true},
		{Name: "ended", Run: "ended/1", Pidfd: ended(t)},
		{Name: "unasked", Run: "unasked/1", Pidfd: pidfdOf(t, os.Getpid()), Shared: true},
	}
	var sc scanner
	wanted := func(i int) bool { return i != 3 }
	members := map[int][]int{}
	for deadline := time.Now().Add(20 * time.Second); len(members[0]) != 3; {
		if time.Now().After(deadline) {
			t.Fatalf("%v, want three processes of the first", members)
		}
		var err error
		if members, err = sc.members(subjects, wanted); err != nil {
			t.Fatal(err)
		}
	}
	if members[0][0] != own || !slices.IsSorted(members[0]) || !slices.Equal(members[1], []int{neighbour}) || len(members) != 2 {
		t.Errorf("%v; first processes %d and %d", members, own, neighbour)
	}
	if len(sc.homes) != 2 || sc.known[own].namespace == 0 || sc.known[own].namespace == sc.known[neighbour].namespace {
		t.Errorf("known: %v, %+v, %+v", sc.homes, sc.known[own], sc.known[neighbour])
	}
	// A process with the number of one that is known is another one by its inode.
	sc.known[own] = process{inode: sc.known[own].inode + 1, namespace: 1}
	if again, err := sc.members(subjects, wanted); err != nil || !slices.Equal(again[0], members[0]) {
		t.Errorf("%v, %v; want %v", again[0], err, members[0])
	}
	// Asked once: a wrong answer would stay.
	sc.known[own] = process{inode: sc.known[own].inode, namespace: 1}
	if again, err := sc.members(subjects, wanted); err != nil || slices.Contains(again[0], own) {
		t.Errorf("%v, %v: the namespace of %d was asked again", again[0], err, own)
	}
}

func TestEachEntry(t *testing.T) {
	entry := func(inode uint64, name string, length int) []byte {
		b := make([]byte, length)
		binary.NativeEndian.PutUint64(b, inode)
		binary.NativeEndian.PutUint16(b[16:], uint16(length))
		copy(b[19:], name)
		return b
	}
	var got []string
	b := slices.Concat(entry(7, "1", 24), entry(8, "12345", 32), entry(9, "x", 24)[:20])
	eachEntry(b, func(name string, inode uint64) { got = append(got, name, string(rune('0'+inode))) })
	if !slices.Equal(got, []string{"1", "7", "12345", "8"}) {
		t.Errorf("%q", got)
	}
}

func FuzzEntries(f *testing.F) {
	f.Add([]byte{7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 24, 0, 4, '1', 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		eachEntry(b, func(name string, _ uint64) {
			if name == "" {
				t.Error("an entry without a name")
			}
		})
	})
}
