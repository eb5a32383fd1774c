package logs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// watchMask is the same for log directories and for those above: the kernel
// keeps one mask per directory (inotify(7)).
const watchMask = unix.IN_MODIFY | unix.IN_CREATE | unix.IN_MOVED_TO | unix.IN_ONLYDIR | goneMask

// goneMask are the events after which a directory may be gone. Its own
// IN_DELETE_SELF would come too late: the segments that we have open keep the
// directory's inode. So the parent is watched for its IN_DELETE.
const goneMask = unix.IN_DELETE | unix.IN_MOVED_FROM | unix.IN_MOVE_SELF | unix.IN_DELETE_SELF

// watcher tells which sources have changed, by inotify. A move into a file
// raises an event of its directory; a store into the mapped index does not.
type watcher struct {
	fd      int
	sources map[int]map[*source]bool // by watch descriptor
	buf     [16 << 10]byte
}

func newWatcher() (*watcher, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if forced := cause.Forced("inotify"); forced != nil {
		err = forced
	}
	if err != nil {
		return nil, explainWatch("follow logs", err)
	}
	return &watcher{fd: fd, sources: map[int]map[*source]bool{}}, nil
}

// explainWatch says which limit of inotify(7) is reached.
func explainWatch(doing string, err error) error {
	switch {
	case errors.Is(err, unix.EMFILE):
		return &cause.Error{Doing: doing, Err: os.NewSyscallError("inotify_init", err), Cause: cause.InotifyInstances(cause.Here())}
	case errors.Is(err, unix.ENOSPC):
		return &cause.Error{Doing: doing, Err: os.NewSyscallError("inotify_add_watch", err), Cause: cause.InotifyWatches(cause.Here())}
	}
	return fmt.Errorf("%s: inotify: %w", doing, err)
}

// add watches the directory of s, or the nearest ancestor that exists.
func (w *watcher) add(s *source) error {
	for path := s.Dir; ; {
		wd, err := unix.InotifyAddWatch(w.fd, path, watchMask)
		if errors.Is(err, unix.ENOENT) && path != "/" && path != "." {
			path = filepath.Dir(path)
			continue
		}
		if err != nil {
			return explainWatch("follow logs in "+path, err)
		}
		w.tie(wd, s)
		if path == s.Dir {
			s.ident, s.gone = identify(s.Dir), false
			s.dirty, s.relist = true, true
			if wd, err := unix.InotifyAddWatch(w.fd, filepath.Dir(path), watchMask); err == nil {
				w.tie(wd, s) // without it only its removal would not be seen
			}
			return nil
		}
		s.gone = true
		if s.missing() {
			return nil
		}
		path = s.Dir // it was made meanwhile
	}
}

func (w *watcher) tie(wd int, s *source) {
	if w.sources[wd] == nil {
		w.sources[wd] = map[*source]bool{}
	}
	w.sources[wd][s] = true
}

func (w *watcher) remove(s *source) {
	for wd, sources := range w.sources {
		if !sources[s] {
			continue
		}
		delete(sources, s)
		if len(sources) == 0 {
			delete(w.sources, wd)
			// It fails if the directory is gone, and the watch with it.
			_, _ = unix.InotifyRmWatch(w.fd, uint32(wd))
		}
	}
}

// read marks what has changed, without waiting.
func (w *watcher) read() error {
	for {
		n, err := unix.Read(w.fd, w.buf[:])
		if errors.Is(err, unix.EAGAIN) {
			return nil
		}
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return fmt.Errorf("follow logs: read inotify: %w", err)
		}
		w.parse(w.buf[:n])
	}
}

func (w *watcher) parse(b []byte) {
	for len(b) >= unix.SizeofInotifyEvent {
		wd := int(int32(binary.NativeEndian.Uint32(b)))
		mask := binary.NativeEndian.Uint32(b[4:])
		length := int(binary.NativeEndian.Uint32(b[12:]))
		b = b[min(len(b), unix.SizeofInotifyEvent+length):]
		if mask&unix.IN_Q_OVERFLOW != 0 {
			for _, sources := range w.sources {
				changed(sources, ^uint32(0))
			}
			continue
		}
		sources := w.sources[wd]
		if mask&unix.IN_IGNORED != 0 {
			delete(w.sources, wd)
		}
		changed(sources, mask)
	}
}

func changed(sources map[*source]bool, mask uint32) {
	for s := range sources {
		s.dirty = true
		if mask&^unix.IN_MODIFY != 0 {
			s.relist = true
		}
		if !s.gone && mask&(goneMask|unix.IN_IGNORED) != 0 {
			s.gone = s.missing() || identify(s.Dir) != s.ident
		}
	}
}

// wait waits for a change or for the event; a time limit of 0 is none.
func (w *watcher) wait(event int, limit time.Duration) error {
	fds := []unix.PollFd{{Fd: int32(event), Events: unix.POLLIN}, {Fd: -1, Events: unix.POLLIN}}
	if w != nil {
		fds[1].Fd = int32(w.fd)
	}
	ms := -1
	if limit > 0 {
		ms = int(limit/time.Millisecond) + 1
	}
	if _, err := unix.Poll(fds, ms); err != nil && !errors.Is(err, unix.EINTR) {
		return fmt.Errorf("wait for logs: %w", err)
	}
	return nil
}
