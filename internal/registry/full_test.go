package registry

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestFull: a disk that fills up is said, nothing is seen of the image, and when
// there is room the pull goes on with what there is.
func TestFull(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	img := demo("a", 2, 100)
	r.Push(t, "web:1", img, imagetest.Form{})
	l := newLab(t)
	dir := t.TempDir()
	mount := func(size string, flags uintptr) {
		t.Helper()
		if err := unix.Mount("tmpfs", dir, "tmpfs", flags, "mode=700,size="+size); err != nil {
			t.Skip("a tmpfs cannot be mounted: ", err)
		}
	}
	mount("1200k", 0)
	t.Cleanup(func() { _ = unix.Unmount(dir, unix.MNT_DETACH) })
	var err error
	if l.store, err = image.Open(filepath.Join(dir, "images")); err != nil {
		t.Fatal(err)
	}
	l.store.Start = startChild
	l.fails(t, r.Host+"/web:1", "", "no space left on device", "make room", "mocker-compose image prune")
	parts, other := l.leftovers(t)
	if len(parts) == 0 {
		t.Error("nothing was kept to go on with")
	}
	if len(other) > 0 {
		t.Errorf("left over: %q", other)
	}
	mount("64m", unix.MS_REMOUNT)
	r.Reset()
	l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
	l.clean(t)
	ranges := 0
	for _, q := range r.Requests(t, "GET", "/blobs/") {
		if strings.HasPrefix(q.Range, "bytes=") {
			ranges++
		}
	}
	if ranges == 0 {
		t.Error("all was downloaded again")
	}
}
