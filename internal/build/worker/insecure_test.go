package worker_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// With all capabilities a step still writes neither into the directory of a context nor
// into a layer: what is shown of them read-only cannot be made anything else.
func TestInsecureReadsOnly(t *testing.T) {
	if !testns.Plain(t) {
		return
	}
	for _, instead := range []string{"", "MOCKER_FORCE_NO_OVERLAY"} {
		t.Run("with "+instead, func(t *testing.T) {
			if instead != "" {
				t.Setenv(instead, "1")
			}
			testInsecureReadsOnly(t)
		})
	}
}

func testInsecureReadsOnly(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "of-the-image", Text: "honest"})
	if s == nil {
		return
	}
	dir := openDir(t, t.TempDir())
	mine := filepath.Join(dir.Name(), "mine")
	if err := os.WriteFile(mine, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir.Name(), 0o710); err != nil {
		t.Fatal(err)
	}
	const script = `stat -c %a /b; ls -A /e; cat /b/mine /l/of-the-image
for m in /b /l; do
	mount -o remount,rw,bind $m; mount -o remount,rw $m; mount --bind $m /mnt && mount -o remount,rw,bind /mnt
	echo evil >$m/mine; echo evil >$m/of-the-image; echo evil >/mnt/new; umount /mnt
done 2>/dev/null; true`
	l, out := s.must("mkdir -p /mnt; "+script, func(j *build.RunJob) {
		j.Run.Insecure = true
		j.Run.Mounts = []build.Mount{{Type: "bind", Target: "/b", ReadOnly: true}, {Type: "bind", Target: "/l", ReadOnly: true}, {Type: "bind", Target: "/e", ReadOnly: true}}
		j.Mounts = []build.Mounted{{Dir: dir}, {Lower: s.lower[1:]}, {}}
	})
	if out != "710\nminehonest" {
		t.Errorf("it reads %q", out)
	}
	if b, err := os.ReadFile(mine); string(b) != "mine" {
		t.Errorf("the context has %q, %v", b, err)
	}
	if list, _ := os.ReadDir(dir.Name()); len(list) != 1 {
		t.Errorf("the context has %v", list)
	}
	if _, out := s.must("cat /of-the-image", nil); out != "honest" {
		t.Errorf("the layer has %q", out)
	}
	if names := s.layerOf(l); names != "mnt" {
		t.Errorf("its own layer has %q", names)
	}
}
