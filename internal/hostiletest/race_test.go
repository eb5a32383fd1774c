package hostiletest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// raceName is the order to race.
const raceName = "race"

// TestNaiveLosesTheRace is the control of the races: a set-up that looks whether
// a target is inside, and then mounts on its path, as runtimes did
// (CVE-2021-30465), must be seen to mount outside.
func TestNaiveLosesTheRace(t *testing.T) {
	if !testns.Plain(t) {
		return
	}
	testns.RequireUserNamespaces(t)
	tree := Make(t, &Case{Plant: func(*Tree) {}})
	out, hangs := runNaive(t, order{Name: raceName, Root: tree.Root, Volume: tree.Volume, Outside: tree.Canary.Dir})
	t.Log(strings.TrimSpace(out))
	if hangs || !strings.Contains(out, "LOST") {
		t.Errorf("the race was not lost within the time: %q", out)
	}
}

// naiveRace checks and mounts until it has mounted outside.
func naiveRace(o order) {
	_ = unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, "")
	data := o.Root + "/data"
	_ = unix.Mkdir(data, 0o755)
	if err := unix.Mount(o.Volume, data, "", unix.MS_BIND, ""); err != nil {
		fmt.Println(err)
		return
	}
	s, err := Swap(o.Volume, "sub", o.Outside)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Stop()
	mounts := len(mountPoints())
	for begin, tries := time.Now(), 1; time.Since(begin) < 30*time.Second; tries++ {
		target := data + "/sub"
		real, err := filepath.EvalSymlinks(target)
		if err != nil || !strings.HasPrefix(real, o.Root+"/") {
			continue // it leads out: refused
		}
		_ = os.MkdirAll(target, 0o755)
		if unix.Mount("tmpfs", target, "tmpfs", 0, "") != nil {
			continue
		}
		list := mountPoints()
		if last := list[len(list)-1]; !strings.HasPrefix(last, o.Root+"/") {
			fmt.Printf("LOST after %d tries, %d swaps: mounted on %s\n", tries, s.Swaps.Load(), last)
			return
		}
		// The directory may have been exchanged since the list was read; while it is
		// mounted on, nothing is exchanged any more.
		for list := mountPoints(); len(list) > mounts; list = mountPoints() {
			_ = unix.Unmount(list[len(list)-1], unix.MNT_DETACH)
		}
	}
	fmt.Printf("%d swaps, and not lost\n", s.Swaps.Load())
}
