package hostiletest

import (
	"os"
	"path/filepath"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Swapper is the hostile sibling: as fast as it can it exchanges a directory of a
// shared volume for a link to outside, and back.
type Swapper struct {
	Swaps atomic.Int64
	end   chan struct{}
	done  chan struct{}
}

// Swap makes name (a directory with part/ in it) and its double in the volume,
// a link to target, and begins to exchange the two.
func Swap(volume, name, target string) (*Swapper, error) {
	dir, link := filepath.Join(volume, name), filepath.Join(volume, name+".link")
	if err := os.MkdirAll(filepath.Join(dir, "part"), 0o755); err != nil {
		return nil, err
	}
	if err := os.Symlink(target, link); err != nil {
		return nil, err
	}
	s := &Swapper{end: make(chan struct{}), done: make(chan struct{})}
	go func() {
		defer close(s.done)
		for {
			select {
			case <-s.end:
				return
			default:
			}
			if unix.Renameat2(unix.AT_FDCWD, dir, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE) == nil {
				s.Swaps.Add(1)
			}
		}
	}()
	return s, nil
}

// Stop ends it.
func (s *Swapper) Stop() {
	close(s.end)
	<-s.done
}
