package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sys/unix"
)

// pollEvery is how often directories are looked at that the kernel does not watch for us,
// at the least. Looking takes a tenth of the time at the most.
const pollEvery = time.Second

// hint says that something may have changed.
type hint struct {
	path string
	lost bool // the kernel has dropped events: anything may have changed
}

// notifier watches directories. enter and leave are for one goroutine.
type notifier struct {
	w      *fsnotify.Watcher // nil: there is none
	polled map[string]bool
	// entered and left are those since the last call of doubtful.
	entered, left map[string]bool
	full          error // why some are polled
	hints         chan hint
}

// newNotifier begins. Without inotify everything is polled, which is no error.
func newNotifier(ctx context.Context) *notifier {
	n := &notifier{polled: map[string]bool{}, entered: map[string]bool{}, left: map[string]bool{}, hints: make(chan hint, 4096)}
	w, err := newWatcher()
	if err != nil {
		n.full = instances(err)
		return n
	}
	n.w = w
	go n.listen(ctx)
	return n
}

// newWatcher is fsnotify's; tests have one that fails.
var newWatcher = fsnotify.NewWatcher

func instances(err error) error {
	if errors.Is(err, unix.EMFILE) {
		return errors.New("the user has no inotify instance left, so that all files are looked at every second: raise the limit with: sudo sysctl fs.inotify.max_user_instances=1024")
	}
	return fmt.Errorf("inotify does not work, so that all files are looked at every second: %w", err)
}

// listen passes on what the kernel says.
func (n *notifier) listen(ctx context.Context) {
	send := func(h hint) {
		select {
		case n.hints <- h:
		case <-ctx.Done():
		}
	}
	for {
		select {
		case ev, ok := <-n.w.Events:
			if !ok {
				return
			}
			send(hint{path: ev.Name})
		case err, ok := <-n.w.Errors:
			if !ok {
				return
			}
			send(hint{lost: errors.Is(err, fsnotify.ErrEventOverflow)})
		}
	}
}

// enter watches a directory, or polls it if that does not work.
func (n *notifier) enter(path string) {
	n.entered[path] = true
	if n.w == nil {
		n.polled[path] = true
		return
	}
	err := n.w.Add(path)
	switch {
	case err == nil:
		delete(n.polled, path)
	case errors.Is(err, unix.ENOSPC):
		if n.full == nil {
			n.full = errors.New("the user has no inotify watch left, so that the other directories are looked at every second: raise the limit with: sudo sysctl fs.inotify.max_user_watches=524288")
		}
		n.polled[path] = true
	case errors.Is(err, os.ErrNotExist), errors.Is(err, unix.ENOTDIR), errors.Is(err, os.ErrPermission):
	default:
		n.polled[path] = true
	}
}

// leave ends it for a directory that is not what it was.
func (n *notifier) leave(path string) {
	delete(n.polled, path)
	n.left[path] = true
	if n.w != nil {
		_ = n.w.Remove(path) // the kernel may have done it already
	}
}

// doubtful are directories that must be entered once more: the kernel has one watch for
// a directory whatever its name, so that leaving one name ends that of another which was
// entered before; and what one rule has left another may still want.
func (n *notifier) doubtful() map[string]bool {
	list := map[string]bool{}
	if len(n.left) > 0 {
		maps.Copy(list, n.left)
		maps.Copy(list, n.entered)
	}
	clear(n.left)
	clear(n.entered)
	return list
}

// trouble says, once, that not everything is watched.
func (n *notifier) trouble() error {
	err := n.full
	if err != nil && err != errSaid {
		n.full = errSaid
		return err
	}
	return nil
}

var errSaid = errors.New("said")

func (n *notifier) close() {
	if n.w != nil {
		_ = n.w.Close() // it was only read
	}
}
