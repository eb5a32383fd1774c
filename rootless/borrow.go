package rootless

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// borrowLimit is how long a project holder may take to answer somebody else's
// supervisor: it answers from memory.
const borrowLimit = 2 * time.Second

// Borrow asks the holder of a project, another one's or one's own, for files of
// its store: those of the names that are there. lives tells whether there is a
// holder at all; an error is one that lives and does not answer.
func Borrow(ctx context.Context, dirs state.Dirs, project string, names ...string) (files map[string]*os.File, lives bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, borrowLimit)
	defer cancel()
	conn, err := wire.Dial(ctx, dirs.HolderSocket(project))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED) {
		return nil, false, nil
	}
	if err != nil {
		return nil, true, fmt.Errorf("holder of project %s: %w", project, err)
	}
	defer conn.Close()
	if deadline, ok := ctx.Deadline(); ok {
		_ = conn.SetDeadline(deadline)
	}
	if err := conn.Send(holderRequest{Op: opLend, Names: names}); err != nil {
		return nil, !hungUp(err), hangUpError(project, err)
	}
	var a holderAnswer
	list, err := conn.Receive(&a)
	if err != nil {
		return nil, !hungUp(err), hangUpError(project, err)
	}
	files = map[string]*os.File{}
	for i, f := range list {
		if i < len(a.Names) {
			files[a.Names[i]] = f
		} else {
			f.Close()
		}
	}
	return files, true, nil // a holder of an earlier version has no such request, and no such file
}

// hungUp tells a holder that died while it was asked from one that is slow.
func hungUp(err error) bool { return !errors.Is(err, os.ErrDeadlineExceeded) }

func hangUpError(project string, err error) error {
	if hungUp(err) {
		return nil
	}
	return fmt.Errorf("holder of project %s does not answer: %w", project, err)
}

// lend sends those files of the store that were asked for. The lock is held so
// that none is closed while it is being sent; few are asked for, and they fit
// into the socket's buffer.
func (h *projectHolder) lend(c *wire.Conn, req holderRequest) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	a := holderAnswer{Seq: req.Seq}
	var files []*os.File
	for _, name := range req.Names {
		if f := h.kept[name]; f != nil && len(files) < wire.MaxFiles {
			a.Names, files = append(a.Names, name), append(files, f)
		}
	}
	return c.Send(a, files...)
}
