package carry

import (
	"testing"

	"golang.org/x/sys/unix"
)

// The first pipes are wide, the others are not, and wide ones are used first.
func TestWidePipes(t *testing.T) {
	ps := newPipes(mostWide + 4)
	defer ps.close()
	var all []*pipe
	for range mostWide + 4 {
		p := ps.get()
		if p == nil {
			t.Fatalf("no pipe after %d", len(all))
		}
		all = append(all, p)
	}
	if ps.get() != nil {
		t.Error("one more than the most")
	}
	if ps.wide == 0 {
		t.Skip("this user has no pages left for wide pipes: see pipe(7), pipe-user-pages-soft")
	}
	if n, err := unix.FcntlInt(uintptr(all[0].r), unix.F_GETPIPE_SZ, 0); err != nil || n != wideSize || !all[0].wide {
		t.Errorf("the first has %d bytes, wide %t, %v", n, all[0].wide, err)
	}
	if all[mostWide].wide || ps.wide > mostWide {
		t.Errorf("%d are wide", ps.wide)
	}
	ps.put(all[0], true)
	ps.put(all[mostWide], true)
	if p := ps.get(); p != all[0] {
		t.Error("the wide one must go first")
	}
	wide := ps.wide
	ps.put(all[0], false)
	if ps.wide != wide-1 || ps.made != mostWide+3 {
		t.Errorf("after the loss of one %d are wide, %d made", ps.wide, ps.made)
	}
}
