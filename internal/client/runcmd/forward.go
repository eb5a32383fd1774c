package runcmd

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
)

// forwarder passes the signals that we get on to a container, once there is one.
// What stops and continues a job of the shell stays ours.
type forwarder struct {
	signals chan os.Signal
	id      atomic.Pointer[string] // the container's; nil = none yet
}

// forward begins to listen. Until to is called, a signal calls early instead.
func forward(env *client.Env, project string, early func()) *forwarder {
	f := &forwarder{signals: make(chan os.Signal, 16)}
	signal.Notify(f.signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for got := range f.signals {
			id := f.id.Load()
			if id == nil {
				early()
				continue
			}
			number := strconv.Itoa(int(got.(syscall.Signal)))
			// It fails when the container has ended, or when there will be no answer anyway.
			_ = env.Call(context.Background(), project, api.Request{Op: api.OpKill,
				Kill: &api.KillRequest{Container: *id, Signal: number}}, nil)
		}
	}()
	return f
}

func (f *forwarder) to(id string) { f.id.Store(&id) }

func (f *forwarder) stop() {
	signal.Stop(f.signals)
	close(f.signals)
}
