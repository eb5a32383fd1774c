package roots

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
)

func newKeeper(t *testing.T) *Keeper {
	t.Helper()
	dirs := state.Dirs{Run: filepath.Join(t.TempDir(), "run"), Data: filepath.Join(t.TempDir(), "data")}
	if err := state.MakePrivate(dirs.ContainerData("p", "c")); err != nil {
		t.Fatal(err)
	}
	return &Keeper{
		Dirs: dirs, Project: "p", DataLayers: func() bool { return true },
		Images: func() (*image.Store, error) { return image.Open(dirs.Images()) },
		Notice: func(s string) { t.Log(s) },
	}
}

// A successor finds the work directory of a run by its number; what has no overlay has none.
func TestWorkName(t *testing.T) {
	k := newKeeper(t)
	for _, c := range []struct {
		root Root
		want string
	}{
		{Root{}, ""}, {Root{Lower: "/l", Copied: true}, ""}, {Root{Lower: "/l"}, "work.7"}, {Root{Lower: "/l", Fuse: true}, "work.7"},
	} {
		if got := k.WorkName("c", &c.root, 7); got != c.want {
			t.Errorf("%+v: %q, want %q", c.root, got, c.want)
		}
	}
}

// Without an image the root is the host's: nothing is made.
func TestHostRoot(t *testing.T) {
	k := newKeeper(t)
	root := Root{}
	if err := k.Prepare(t.Context(), &kernel.Container{Name: "c"}, &root); err != nil || root.Lower != "" {
		t.Errorf("%+v, %v", root, err)
	}
	tree, work, err := k.Open(t.Context(), "c", &root, nil, nil, 1)
	if err != nil || work != "" {
		t.Fatalf("%q, %v", work, err)
	}
	tree.Close()
	if list, err := os.ReadDir(k.Dirs.ContainerData("p", "c")); err != nil || len(list) != 0 {
		t.Errorf("left in the container's directory: %v, %v", list, err)
	}
}

// A tree with exchanged owners has the mount points of a root only if it is one.
func TestVariant(t *testing.T) {
	k, x := newKeeper(t), exchange.IDs{UID: 7, GID: 8}
	if v := k.Variant(x, true); v.Base != k.Dirs.BaseLayer() || v.Exchange != x || !v.Bare {
		t.Errorf("%+v", v)
	}
	if v := k.Variant(x, false); v.Base != "" {
		t.Errorf("%+v", v)
	}
}

// A copy that was cut off is made anew, a whole one stays.
func TestCopyRoot(t *testing.T) {
	k := newKeeper(t)
	lower := t.TempDir()
	if err := os.WriteFile(filepath.Join(lower, "file"), []byte("of the image"), 0o644); err != nil {
		t.Fatal(err)
	}
	dir := k.Dirs.ContainerData("p", "c")
	if err := os.MkdirAll(filepath.Join(dir, "copying", "half"), 0o755); err != nil {
		t.Fatal(err)
	}
	root := Root{Lower: lower}
	for range 2 {
		if err := k.copyRoot(t.Context(), "c", &root); err != nil {
			t.Fatal(err)
		}
		if b, err := os.ReadFile(filepath.Join(dir, "root", "file")); err != nil || string(b) != "of the image" && string(b) != "of the container" {
			t.Errorf("%q, %v", b, err)
		}
		if err := os.WriteFile(filepath.Join(dir, "root", "file"), []byte("of the container"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if b, _ := os.ReadFile(filepath.Join(dir, "root", "file")); string(b) != "of the container" {
		t.Errorf("what the container has written is gone: %q", b)
	}
	if _, err := os.Lstat(filepath.Join(dir, "root", "half")); err == nil {
		t.Error("the half copy is part of it")
	}
}

// The run of a container whose server has ended is told by its number, and the server's
// line leaves the table.
func TestLost(t *testing.T) {
	k := newKeeper(t)
	h := &holder{gone: make(chan struct{})}
	lost := make(chan string, 1)
	k.Holder, k.Lost = h, func(container, run string) { lost <- container + " " + run }
	ended := make(chan rootless.ChildInfo)
	close(ended)
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	pidfd := os.NewFile(uintptr(fd), "pidfd")
	defer pidfd.Close()
	children := map[string]*rootless.Child{
		fuseName("p-s-1", 12): {ChildInfo: rootless.ChildInfo{Name: fuseName("p-s-1", 12)}, Pidfd: pidfd, Done: ended},
		"p-s-1/12":            {ChildInfo: rootless.ChildInfo{Name: "p-s-1/12"}, Pidfd: pidfd},
	}
	k.Adopt(children)
	if got := <-lost; got != "p-s-1 12" {
		t.Errorf("lost %q", got)
	}
	if len(children) != 1 || h.released.Load() != 1 {
		t.Errorf("left: %v, released %d", children, h.released.Load())
	}
}

type holder struct {
	Holder
	gone     chan struct{}
	released atomic.Int32
}

func (h *holder) Release(*rootless.Child) error { h.released.Add(1); return nil }
func (h *holder) Gone() <-chan struct{}         { return h.gone }

// A file of somebody whom the user namespace does not know is told with its remedy.
func TestOpenError(t *testing.T) {
	var e *kernel.StartError
	if err := OpenError("img", unix.EOVERFLOW); !errors.As(err, &e) || e.Hint == "" {
		t.Errorf("%+v", err)
	}
	if err := OpenError("img", unix.EIO); !errors.As(err, &e) || e.Hint != "" {
		t.Errorf("%+v", err)
	}
}
