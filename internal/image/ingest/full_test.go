package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// TestFullDiskAnywhere: clients on disks of all sizes, from one on which nothing
// fits to one on which all does. Each fails and says why, or succeeds; what can be
// seen is whole; with room, the same client succeeds on what the others have left.
func TestFullDiskAnywhere(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=64k"); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	s := childStore(t, disk, nil)
	failed, succeeded := 0, 0
	for size := 64; size < 1800; size += 61 {
		if err := syscall.Mount("none", disk, "", syscall.MS_REMOUNT, fmt.Sprintf("size=%dk", size)); err != nil {
			t.Fatal(err)
		}
		for _, op := range []string{"build 0", "pull 1"} {
			out, err := clientProcess(disk, op).CombinedOutput()
			switch {
			case err == nil:
				succeeded++
			case strings.Contains(string(out), "no space left on device"):
				failed++
			default:
				t.Errorf("%s with %d KiB: %v\n%s", op, size, err, out)
			}
		}
		wholeStore(t, s)
	}
	if failed == 0 || succeeded == 0 {
		t.Errorf("%d failed, %d succeeded: the disks are all too small, or too large", failed, succeeded)
	}
	emptied(t, s, disk)
	if left, err := os.ReadDir(filepath.Join(disk, "images/layers")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}
