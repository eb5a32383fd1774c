package rootless

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// pidfds counts those that this process has open.
func pidfds(t *testing.T) (n int) {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		link, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && strings.Contains(link, "pidfd") { // "anon_inode:[pidfd]", or of pidfs "pidfd:[n]"
			n++
		}
	}
	return n
}

// settledPidfds counts when the tests before have closed theirs: what they have killed
// ends by and by, and what they have dropped is closed when it is collected.
func settledPidfds(t *testing.T) int {
	runtime.GC()
	runtime.GC() // what finalizers have let go of
	n, same := pidfds(t), 0
	for range 500 {
		time.Sleep(20 * time.Millisecond)
		now := pidfds(t)
		if same++; now != n {
			n, same = now, 0
		}
		if same == 10 {
			break
		}
	}
	return n
}

// A child that nobody asks for any more leaves nothing open, and a signal to it hits
// nobody, also while it is being released.
func TestReleasedChild(t *testing.T) {
	w := newWorld(t)
	h := w.up("p1")
	defer h.Close()
	before := settledPidfds(t)
	for i := range 5 {
		name := fmt.Sprintf("a/exec-%d", i)
		c := start(t, h, name, "exit 0", nil)
		if n := pidfds(t); n != before+1 {
			t.Fatalf("%d pidfds with one child, %d before", n, before)
		}
		<-c.Done
		var signals sync.WaitGroup
		for range 4 {
			signals.Go(func() {
				for range 100 {
					if err := c.Signal(unix.SIGKILL); !errors.Is(err, unix.ESRCH) {
						t.Errorf("a signal to an ended child: %v", err)
					}
				}
			})
		}
		if err := h.Release(c); err != nil {
			t.Error(err)
		}
		signals.Wait()
		if n := pidfds(t); n != before {
			t.Errorf("%d pidfds are open, %d before", n, before)
		}
	}
	table, err := h.Children()
	if err != nil || len(table) != 0 {
		t.Errorf("the table has %d lines, %v", len(table), err)
	}
}
