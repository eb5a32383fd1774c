package client

import (
	"context"
	"os"
	"os/signal"
	"strconv"
	"sync/atomic"
	"syscall"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// forwarder passes the signals that we get on to a container, once there is one.
// What stops and continues a job of the shell stays ours.
type forwarder struct {
	signals chan os.Signal
	name    atomic.Pointer[string] // the container; nil = none yet
}

// forward begins to listen. Until to is called, a signal calls early instead.
func (e *Env) forward(project string, early func()) *forwarder {
	f := &forwarder{signals: make(chan os.Signal, 16)}
	signal.Notify(f.signals, syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for got := range f.signals {
			name := f.name.Load()
			if name == nil {
				early()
				continue
			}
			number := strconv.Itoa(int(got.(syscall.Signal)))
			// It fails when the container has ended, or when there will be no answer anyway.
			_ = e.Call(context.Background(), project, api.Request{Op: api.OpKill,
				Kill: &api.KillRequest{Services: []string{*name}, Signal: number}}, nil)
		}
	}()
	return f
}

func (f *forwarder) to(name string) { f.name.Store(&name) }

func (f *forwarder) stop() {
	signal.Stop(f.signals)
	close(f.signals)
}
