package rootless

import (
	"context"
	"os"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// adoptAll finds the projects that outlived an earlier user holder.
func (u *userHolder) adoptAll() {
	entries, err := os.ReadDir(u.dirs.ProjectsRun())
	if err != nil {
		return
	}
	for _, e := range entries {
		holder := listener(u.dirs.HolderSocket(e.Name()))
		supervisor := listener(u.dirs.APISocket(e.Name()))
		if holder == nil && supervisor == nil {
			_ = delegate.Sweep(u.dirs.CgroupFile(e.Name())) // what a start of the project will do else
			continue
		}
		w := u.project(e.Name(), 0)
		w.mu.Lock()
		w.holder, w.supervisor = holder, supervisor
		if holder != nil {
			go w.watchHolder(holder)
		}
		switch {
		case supervisor != nil:
			go w.watchSupervisor(supervisor, time.Now())
		case holder != nil:
			go func() {
				w.mu.Lock()
				defer w.mu.Unlock()
				w.restart()
			}()
		}
		w.mu.Unlock()
	}
}

// listener is a pidfd of the process that listens on the socket, nil if none does.
func listener(socket string) *os.File {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	c, err := wire.Dial(ctx, socket)
	if err != nil {
		return nil
	}
	defer c.Close()
	pidfd, err := c.PeerPidfd()
	if err != nil {
		return nil
	}
	return pidfd
}
