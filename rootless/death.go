package rootless

import (
	"context"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// HolderDeath is closed when the holder of a project has died: at once if there is
// none. It is nil when that cannot be told. The context ends the watch.
func HolderDeath(ctx context.Context, dirs state.Dirs, project string) <-chan struct{} {
	dial, cancel := context.WithTimeout(ctx, borrowLimit)
	defer cancel()
	dead := make(chan struct{})
	conn, err := wire.Dial(dial, dirs.HolderSocket(project))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.ECONNREFUSED) {
		close(dead)
		return dead
	}
	if err != nil {
		return nil
	}
	defer conn.Close()
	pidfd, err := conn.PeerPidfd()
	if err != nil {
		return nil
	}
	go func() {
		defer pidfd.Close()
		over := context.AfterFunc(ctx, func() { _ = pidfd.SetReadDeadline(time.Now()) })
		defer over()
		if waitReadable(pidfd); ctx.Err() == nil {
			close(dead)
		}
	}()
	return dead
}
