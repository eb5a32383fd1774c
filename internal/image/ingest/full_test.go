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

// TestFullDiskIsMadeRoomOn: images can be removed when nothing can be written any more.
func TestFullDiskIsMadeRoomOn(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=8m"); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	s := childStore(t, disk, nil)
	for _, op := range []string{"pull 0", "pull 1"} {
		if out, err := clientProcess(disk, op).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", op, err, out)
		}
	}
	fill := func() {
		f, err := os.Create(filepath.Join(disk, "ballast"))
		for n := 4096; err == nil; _, err = f.Write(make([]byte, n)) {
		}
		f.Close()
	}
	fill()
	if events, err := s.Remove(t.Context(), "demo:0", false); err != nil || len(events) < 2 {
		t.Fatalf("rm: %+v, %v", events, err)
	}
	fill() // and what that has freed
	one, err := s.Find("demo:1")
	if err != nil {
		t.Fatal(err)
	}
	if events, err := s.Prune(t.Context(), []string{one.ID}); err != nil || len(events) < 2 {
		t.Errorf("prune: %+v, %v", events, err)
	}
	if err := os.Remove(filepath.Join(disk, "ballast")); err != nil {
		t.Fatal(err)
	}
	wholeStore(t, s)
}
