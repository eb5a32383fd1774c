package rootless

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/testns"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// A command in a container that has as many processes as it may have is refused, in
// words that tell of the limit.
func TestLaunchNoProcessLeft(t *testing.T) {
	base, ok := testns.Delegated(t)
	if !ok {
		return
	}
	testns.RequireController(t, base, "pids")
	if err := os.WriteFile(filepath.Join(base, "cgroup.subtree_control"), []byte("+pids"), 0); err != nil {
		t.Fatal(err)
	}
	dir, group := newGroup(t, base)
	if err := os.WriteFile(filepath.Join(dir, "pids.max"), []byte("0"), 0); err != nil {
		t.Fatal(err)
	}
	h := newWorld(t).up("p1")
	defer h.Close()
	var p program.Program
	p.HandOver(5)
	img, err := p.Image(4, false)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	_, err = h.Start(Launch{Name: "web-1/exec-1", HandOver: 5, Files: []*os.File{null, null, null, img, null}, Cgroup: group})
	if err == nil || !strings.Contains(err.Error(), "pids_limit") || !strings.Contains(err.Error(), unix.EAGAIN.Error()) {
		t.Errorf("start: %v", err)
	}
}
