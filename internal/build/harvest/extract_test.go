package harvest

import (
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// inCopy are layers that are other ones where a copy is changed: what was deleted and
// made again is not seen to be new.
var inCopy = map[string][]string{
	"replaced directory": {"50755 etc/", "50755 etc/full/", "00000 etc/full/.wh.one", "00000 etc/full/.wh.two", "00644 etc/full/three"},
}

// TestWithoutOverlay: the same changes in a copy give the same layers.
func TestWithoutOverlay(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, base)
			if err := unix.Unmount(s.root, 0); err != nil {
				t.Fatal(err)
			}
			tree := s.root + "/copy"
			if err := layer.Copy(t.Context(), []string{s.lower}, tree); err != nil {
				t.Fatal(err)
			}
			since := time.Now()
			time.Sleep(12 * time.Millisecond) // what follows is in a later tick of the kernel's
			script(t, tree, "umask 022\n"+c.run)
			for _, since := range []time.Time{since, {}} {
				s.upper = t.TempDir()
				if err := os.Chmod(s.upper, 0o755); err != nil {
					t.Fatal(err)
				}
				if err := Extract(t.Context(), open(t, tree), open(t, s.lower), open(t, s.upper), since); err != nil {
					t.Fatal(err)
				}
				m := harvested(t, s.upper, Options{Below: open(t, s.lower)})
				want := c.want
				if other, ok := inCopy[c.name]; ok {
					want = other
				}
				same(t, lines(t, m.tar), want...)
				m.roundTrip(t, s.upper)
			}
		})
	}
}
