package client

import (
	"context"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

// StopOptions are the flags of stop.
type StopOptions struct{ Timeout int }

// Register defines the flags in fs.
func (o *StopOptions) Register(fs *pflag.FlagSet) { timeoutFlag(fs, &o.Timeout) }

// Stop stops services, all if none is named.
func (e *Env) Stop(ctx context.Context, t Target, o *StopOptions, services []string) error {
	if err := e.check(ctx, t, services); err != nil {
		return err
	}
	list := e.provided(t, services)
	if services, none := contained(services, list); !none {
		if err := e.change(ctx, t.Name, api.Request{Op: api.OpStop,
			Stop: &api.StopRequest{Services: services, Timeout: timeout(o.Timeout)}}); err != nil {
			return err
		}
	}
	return e.unprovide(ctx, t, list, "stop")
}

// StartOptions are the flags of start.
type StartOptions struct {
	Wait        bool
	WaitTimeout int
	uplink      UplinkValue
}

// Register defines the flags in fs.
func (o *StartOptions) Register(fs *pflag.FlagSet) {
	fs.BoolVar(&o.Wait, "wait", false, "return when the services run and are healthy")
	fs.IntVar(&o.WaitTimeout, "wait-timeout", 0, "give up after `SECONDS` (0: never)")
	UplinkFlag(fs, &o.uplink)
}

// Start starts existing containers.
func (e *Env) Start(ctx context.Context, t Target, o *StartOptions, services []string) error {
	if err := e.check(ctx, t, services); err != nil {
		return err
	}
	uplink, err := e.uplink(o.uplink, "")
	if err != nil {
		return err
	}
	return e.change(ctx, t.Name, api.Request{Op: api.OpStart, Start: &api.StartRequest{Services: services, Uplink: uplink,
		Wait: o.Wait || o.WaitTimeout > 0, WaitTimeout: time.Duration(o.WaitTimeout) * time.Second}})
}

// RestartOptions are the flags of restart.
type RestartOptions struct {
	Timeout int
	NoDeps  bool
}

// Register defines the flags in fs.
func (o *RestartOptions) Register(fs *pflag.FlagSet) {
	timeoutFlag(fs, &o.Timeout)
	fs.BoolVar(&o.NoDeps, "no-deps", false, "leave the services alone that depend on these")
}

// Restart restarts services, all if none is named.
func (e *Env) Restart(ctx context.Context, t Target, o *RestartOptions, services []string) error {
	if err := e.check(ctx, t, services); err != nil {
		return err
	}
	return e.change(ctx, t.Name, api.Request{Op: api.OpRestart,
		Stop: &api.StopRequest{Services: services, Timeout: timeout(o.Timeout), NoDeps: o.NoDeps}})
}

// KillOptions are the flags of kill.
type KillOptions struct {
	Signal        string
	RemoveOrphans bool
}

// Register defines the flags in fs.
func (o *KillOptions) Register(fs *pflag.FlagSet) {
	fs.StringVarP(&o.Signal, "signal", "s", "SIGKILL", "the signal to send")
	fs.BoolVar(&o.RemoveOrphans, "remove-orphans", false, "remove containers whose service left the file")
}

// Kill sends a signal to the main processes of services.
func (e *Env) Kill(ctx context.Context, t Target, o *KillOptions, services []string) error {
	if err := e.check(ctx, t, services); err != nil {
		return err
	}
	return e.change(ctx, t.Name, api.Request{Op: api.OpKill,
		Kill: &api.KillRequest{Services: services, Signal: o.Signal, RemoveOrphans: o.RemoveOrphans}})
}
