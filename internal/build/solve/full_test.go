package solve

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// TestNoRoomForRecords: a build whose steps cannot be noted succeeds and says once that
// they will be made again.
func TestNoRoomForRecords(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	tb := newBuild(t)
	dir := contextDir(t, files{"src/main.c": "int main", "conf/a": "a=1"})
	tb.req.Contexts = map[string]Context{"": &dirContext{dir: dir}}
	cache := filepath.Join(storeDir(t), "cache")
	// One inode, which is the directory's: no file can be made.
	if err := unix.Mount("none", cache, "tmpfs", 0, "nr_inodes=1"); err != nil {
		t.Fatal(err)
	}
	tb.must(two(), allOfTwo...)
	said := 0
	for _, e := range tb.events {
		if e.Kind == build.Warned && strings.Contains(e.Text, "no space left on device") {
			said++
		}
	}
	if said != 1 {
		t.Errorf("said %d times: %+v", said, tb.events)
	}
	if err := unix.Unmount(cache, unix.MNT_DETACH); err != nil {
		t.Fatal(err)
	}
	tb.must(two(), allOfTwo...)
	tb.must(two())
}
