package cgroup

import (
	"fmt"
	"sync"
	"testing"
)

// Who kills and thaws meets who removes: nothing of that is a failure, and nobody in the
// next group, whose directory gets the number of the last one's, is killed or frozen.
func TestKillMeetsRemove(t *testing.T) {
	tree, ok := openTestTree(t)
	if !ok {
		return
	}
	for i := range rounds(t, 30) {
		old := make1(t, tree, fmt.Sprintf("old.%d", i), nil)
		begin, end := make(chan struct{}), make(chan struct{})
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				<-begin
				for {
					if err := old.Kill(); err != nil {
						t.Error(err)
					}
					if err := old.Thaw(within(t)); err != nil {
						t.Error(err)
					}
					select {
					case <-end:
						return
					default:
					}
				}
			})
		}
		close(begin)
		if err := old.Remove(within(t)); err != nil {
			t.Error(err)
		}
		next := make1(t, tree, fmt.Sprintf("next.%d", i), nil)
		cmd, out := talking(t, next, "echo there; sleep 1000")
		if line, err := out.ReadString('\n'); line != "there\n" {
			t.Errorf("round %d: the next one says %q (%v)", i, line, err)
		}
		close(end)
		all.Wait()
		if text, err := readAt(next.dir, "cgroup.freeze"); text != "0" {
			t.Errorf("round %d: frozen: %q (%v)", i, text, err)
		}
		if lives, err := next.Populated(); !lives {
			t.Errorf("round %d: the next one was killed (%v)", i, err)
		}
		if err := next.Remove(within(t)); err != nil {
			t.Error(err)
		}
		_ = cmd.Wait()
		if t.Failed() {
			return
		}
	}
}
