package e2e

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A root file system is an overlay wherever the kernel has them, as old ones do: a
// copy for each container would be a start that takes as long as its image is large,
// told in one line that is easily overlooked.
func TestRootIsAnOverlay(t *testing.T) {
	var fs unix.Statfs_t
	if err := unix.Statfs(t.TempDir(), &fs); err != nil {
		t.Fatal(err)
	}
	if fs.Type != unix.EXT4_SUPER_MAGIC {
		t.Skip("the temporary directory is not on ext4, of which it is known that it carries overlays")
	}
	s := begin(t, "services:\n  a: { image: 'rootfs:./root', command: /probe pause }\n")
	s.write("root/etc/issue", "an image")
	if err := copyFile(filepath.Join(s.dir, "root/probe"), built.probe); err != nil {
		t.Fatal(err)
	}
	s.must("up", "-d")
	if out := s.must("exec", "-T", "a", "/probe", "attack", "r:/proc/self/mounts"); !strings.Contains(out, " / overlay ") {
		t.Errorf("the mounts are %q", out)
	}
}
