package logs

import (
	"sync"

	"golang.org/x/sys/unix"
)

// space gives the space of removed files back. That takes the kernel a
// millisecond for every 10 MB, at the last close(2), and the moving thread
// need not wait for it: it holds the file, removes its name and has it closed
// elsewhere. A kill gives the space back, too.
type space struct {
	closing  sync.WaitGroup
	released int // files
	awaited  int // of them
}

// holdFile opens a file, but not its content (open(2), O_PATH): -1 if there is
// none.
func holdFile(path string) (fd int, size uint64) {
	fd, err := openFile(path, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return -1, 0
	}
	var st unix.Stat_t
	_ = restart(func() error { return unix.Fstat(fd, &st) }) // else 0 bytes are reported
	return fd, uint64(st.Size)
}

func (s *space) release(fd int) {
	if fd < 0 {
		return
	}
	s.released++
	s.closing.Go(func() { _ = unix.Close(fd) })
}

// returned waits for the space of all removed files. It reports whether there
// may be more than when it was last called.
func (s *space) returned() bool {
	s.closing.Wait()
	more := s.released > s.awaited
	s.awaited = s.released
	return more
}
