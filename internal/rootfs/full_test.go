package rootfs

import (
	"archive/tar"
	"errors"
	"os"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk: an archive that does not fit says so, leaves nothing, and can
// be unpacked once there is room.
func TestFullDisk(t *testing.T) {
	if !inNamespace(t, os.Getuid(), os.Getgid(), 1) {
		return
	}
	disk := t.TempDir()
	if err := syscall.Mount("none", disk, "tmpfs", 0, "size=2m"); err != nil {
		t.Fatal(err)
	}
	defer syscall.Unmount(disk, syscall.MNT_DETACH)
	big := file("big")
	big.Size = 3 << 20
	content := archive(t, []tar.Header{big})
	for i := 1024; i < 3<<20; i++ {
		if content[i] == 0 {
			content[i] = 'x' // no holes
		}
	}
	path := write(t, t.TempDir()+"/a.tar", content)
	s := openStore(t, disk)
	if _, err := s.Prepare(t.Context(), path); !errors.Is(err, unix.ENOSPC) {
		t.Errorf("%v, want %v", err, unix.ENOSPC)
	}
	noLeftovers(t, s)
	if err := syscall.Mount("none", disk, "", syscall.MS_REMOUNT, "size=8m"); err != nil {
		t.Fatal(err)
	}
	r := prepare(t, s, path)
	if st, err := os.Stat(r.Lower + "/big"); err != nil || st.Size() != big.Size {
		t.Errorf("%v, %v", st, err)
	}
}
