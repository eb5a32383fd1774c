package client

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client/reach"
)

// change carries out a request that changes the project: it starts the
// supervisor if only a record is left, even one that cannot be read, and for down if
// anything is. An unknown project is errUnknown.
func (e *Env) change(ctx context.Context, name string, req api.Request) error {
	err := e.Call(ctx, name, req, e.Progress().Answer)
	if !errors.Is(err, reach.ErrNotRunning) {
		return err
	}
	if rec, err := e.Recorded(ctx, name); rec == nil && err == nil && !(req.Op == api.OpDown && e.remains(name)) {
		return fmt.Errorf("%w %q: not found", errUnknown, name)
	}
	return e.Demand(ctx, name, req, e.Progress().Answer)
}

// remains tells that something of a project is left which has no record: of a supervisor
// that was killed before it could write one, or when it had removed all.
func (e *Env) remains(name string) bool {
	_, err := os.Lstat(e.Dirs.ProjectData(name))
	return err == nil
}

var errUnknown = errors.New("no container found for project")

// timeout is -t as requests carry it: nil when the flag was not given, so that
// each service's own grace period holds. seconds < 0 counts as not given.
func timeout(seconds int) *time.Duration {
	if seconds < 0 {
		return nil
	}
	d := time.Duration(seconds) * time.Second
	return &d
}

func timeoutFlag(fs *pflag.FlagSet, to *int) {
	fs.IntVarP(to, "timeout", "t", -1, "`SECONDS` before a kill (default: each service's stop_grace_period)")
	fs.Lookup("timeout").DefValue = "0" // help has said what is the default, and would add its number
}

// check refuses services that nobody knows.
func (e *Env) check(ctx context.Context, t Target, services []string) error {
	if len(services) == 0 {
		return nil
	}
	cs, err := e.Containers(ctx, t.Name, false)
	if err != nil {
		return err
	}
	return UnknownService(t, cs, services)
}
