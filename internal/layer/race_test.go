package layer

import (
	"archive/tar"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// raced are archives that have no link in them: it is the sibling who puts links
// in the place of their directories. Half of the names exist outside too.
func raced(t testing.TB) [][]byte {
	var all [][]byte
	deep := "d/sub/"
	for _, entries := range [][]tar.Header{
		{folder("d"), file("d/new"), file("d/keep"), file("d/sub/new"), mode(folder("d/sub"), 0o777), mode(folder("d"), 0o711)},
		{folder("d"), link("d/l", "x"), special(tar.TypeFifo, "d/p"), file(deep + "f"), hard(deep+"h", deep+"f"), hard("d/g", "d/keep")},
		{file("d/keep"), hazard.Xattr(file("d/keep"), "user.evil", "1"), mode(file("d/keep"), 0o4755), mode(file("d/sub/deep"), 0o777)},
		{hazard.Whiteout("d/.wh.keep"), hazard.Whiteout("d/.wh.sub"), hazard.Whiteout("d/sub/.wh..wh..opq"), hazard.Whiteout("d/.wh..wh..opq"), hazard.Whiteout(".wh.d")},
		{folder("d"), hazard.Whiteout("d/sub/.wh.deep"), file("d"), folder("d"), file("d/sub/deep"), folder("d/keep")},
	} {
		all = append(all, archive(t, entries))
	}
	return all
}

// swapper exchanges directories of the tree with links out of it, until stop.
// What is not there it makes anew: archives delete it. It follows no link itself.
func swapper(t testing.TB, top, target string, swaps *atomic.Int64, stop *atomic.Bool) {
	tree, err := os.Open(target)
	if err != nil {
		t.Error(err)
		return
	}
	defer tree.Close()
	root := int(tree.Fd())
	links := map[string]string{"evil": top + "/canary", "evil2": top + "/canary/sub", "evil3": "../../../canary", "evil4": top + "/canary/keep"}
	exchange := func(dir int, name, link string) {
		if unix.Renameat2(dir, name, root, link, unix.RENAME_EXCHANGE) == nil {
			swaps.Add(1)
		}
	}
	for !stop.Load() {
		for name, to := range links {
			unix.Symlinkat(to, root, name)
		}
		unix.Mkdirat(root, "d", 0o755)
		d, err := openAt(tree, "d", unix.O_RDONLY|unix.O_DIRECTORY, 0)
		if err == nil {
			unix.Mkdirat(int(d.Fd()), "sub", 0o755)
		}
		for range 20 {
			for _, link := range []string{"evil", "evil3"} {
				exchange(root, "d", link)
				exchange(root, "d", link)
			}
			if err != nil {
				continue
			}
			for name, link := range map[string]string{"sub": "evil2", "keep": "evil4"} {
				exchange(int(d.Fd()), name, link)
				exchange(int(d.Fd()), name, link)
			}
		}
		if err == nil {
			d.Close()
		}
	}
}

const leastSwaps = 100_000

// race unpacks while the sibling swaps, at least leastSwaps times, or until
// done says so.
func race(t testing.TB, top, target string, unpack func(b []byte, n int), done func() bool) (swaps int64) {
	t.Helper()
	var count atomic.Int64
	var stop atomic.Bool
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		swapper(t, top, target, &count, &stop)
	}()
	archives := raced(t)
	for n := 0; count.Load() < leastSwaps && !done(); n++ {
		unpack(archives[n%len(archives)], n)
		if n%500 == 499 {
			clearTree(target)
		}
	}
	stop.Store(true)
	<-ended
	return count.Load()
}

// clearTree empties the tree: the swapper's links are all that matters of it.
func clearTree(target string) {
	dir, err := os.Open(target)
	if err != nil {
		return
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1)
	for _, n := range names {
		safepath.RemoveAll(dir, n) // fails for what is swapped meanwhile
	}
}

// TestRacingSibling: somebody who may write in the tree swaps its directories
// with links out of it while archives are unpacked.
func TestRacingSibling(t *testing.T) {
	for _, walk := range []bool{false, true} {
		t.Run(fmt.Sprintf("openat2 %t", !walk), func(t *testing.T) {
			safepath.ForceWalk(walk)
			defer safepath.ForceWalk(false)
			top, target := makeCanary(t)
			before := census(t, top, target)
			whole := 0
			swaps := race(t, top, target, func(b []byte, n int) {
				if _, err := unpackInto(t, target, b, []Whiteouts{Delete, Overlay, Literal}[n%3]); err == nil {
					whole++
				}
			}, func() bool { return false })
			if census(t, top, target) != before {
				t.Error("something outside of the tree changed")
			}
			t.Logf("%d swaps, %d archives unpacked without an error", swaps, whole)
		})
	}
}

// TestRaceIsDangerous: a naive unpacker loses the same race.
func TestRaceIsDangerous(t *testing.T) {
	top, target := makeCanary(t)
	before := census(t, top, target)
	tries := 0
	lost := false
	swaps := race(t, top, target, func(b []byte, n int) {
		naiveUnpack(target, b, true)
		tries = n + 1
	}, func() bool {
		lost = lost || tries%10 == 0 && census(t, top, target) != before
		return lost
	})
	for _, dir := range []string{"canary", "canary/sub"} {
		os.Chmod(filepath.Join(top, dir), 0o700)
	}
	if !lost && census(t, top, target) == before {
		t.Errorf("a naive unpacker did no harm in %d archives and %d swaps: the race proves nothing", tries, swaps)
	}
	t.Logf("a naive unpacker did harm after %d archives and %d swaps", tries, swaps)
}
