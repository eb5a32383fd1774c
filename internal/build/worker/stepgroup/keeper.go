package stepgroup

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/limits"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/cgroup"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// Config is what a Keeper needs of its worker.
type Config struct {
	Dir    string // for the records, shared by all workers of a user
	Holder int    // its process id, as systemd sees it
	Start  delegate.Starter
}

// Keeper has the groups of a build's steps. Its methods may be called from several
// goroutines.
type Keeper struct {
	cancel context.CancelFunc
	ready  chan struct{} // closed when what follows is decided

	record, lock string
	held         *os.File
	d            delegate.Delegation
	tree         *cgroup.Tree // nil: there is no D
	none         error        // why not

	mu     sync.Mutex
	serial int
}

const (
	// obtainLimit bounds the wait for D: a build goes on without it.
	obtainLimit = 10 * time.Second
	// removalLimit bounds the removal of groups.
	removalLimit = 10 * time.Second

	recordSuffix = ".json"
	lockSuffix   = ".lock"
)

// Open begins to obtain D, and does not wait for it.
func Open(cfg Config) *Keeper {
	ctx, cancel := context.WithTimeout(context.Background(), obtainLimit)
	k := &Keeper{cancel: cancel, ready: make(chan struct{})}
	go func() {
		defer close(k.ready)
		k.none = k.obtain(ctx, cfg)
	}()
	return k
}

func (k *Keeper) obtain(ctx context.Context, cfg Config) error {
	if err := state.MakePrivate(cfg.Dir); err != nil {
		return err
	}
	sweep(cfg.Dir)
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	id := hex.EncodeToString(random[:])
	k.record, k.lock = filepath.Join(cfg.Dir, id+recordSuffix), filepath.Join(cfg.Dir, id+lockSuffix)
	var err error
	if k.held, err = state.TryLock(k.lock); err != nil {
		return err
	}
	k.d, err = delegate.Obtain(ctx, delegate.Request{
		Project: "build-" + id, Record: k.record, Holder: cfg.Holder, Supervisor: os.Getpid(), Start: cfg.Start,
	})
	// A scope goes by itself when nothing is left in it.
	if err != nil || k.d.By == delegate.BySystemd {
		if ferr := k.forget(); err != nil || ferr != nil {
			return errors.Join(err, ferr)
		}
	}
	tree, err := cgroup.OpenTree(k.d.Dir)
	if err != nil {
		return errors.Join(err, k.d.Release(ctx))
	}
	k.tree = tree
	return nil
}

// Make makes the group of a step. It waits until D is there; without one it is nil.
func (k *Keeper) Make(ctx context.Context) (*Group, error) {
	select {
	case <-k.ready:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if k.tree == nil {
		return nil, nil //nolint:nilnil // none is an answer
	}
	k.mu.Lock()
	k.serial++
	name := fmt.Sprintf("step-%d", k.serial)
	k.mu.Unlock()
	// What of the bound cannot be had is no reason not to build.
	g, _, err := k.tree.Make(name, limits.OCI(limits.Within(project.Resources{}, k.tree.Room())))
	if err != nil {
		return nil, err
	}
	return &Group{g}, nil
}

// Why says why steps have no groups; "" if they have, or if that is not known yet.
func (k *Keeper) Why() string {
	select {
	case <-k.ready:
	default:
		return ""
	}
	var none *delegate.NoneError
	switch {
	case errors.As(k.none, &none) && none.Remedy != "":
		return none.Cause + "; to change that: " + none.Remedy
	case errors.As(k.none, &none):
		return none.Cause
	case k.none != nil:
		return k.none.Error()
	}
	return ""
}

// Close removes D with all that is in it, and its record. The worker leaves it before.
func (k *Keeper) Close() error {
	k.cancel()
	<-k.ready
	var errs []error
	if k.tree != nil {
		ctx, cancel := context.WithTimeout(context.Background(), removalLimit)
		defer cancel()
		errs = append(errs, k.tree.Close(), k.d.Release(ctx))
	}
	return errors.Join(append(errs, k.forget())...)
}

// forget removes the record, if there is one.
func (k *Keeper) forget() error {
	if k.held == nil {
		return nil
	}
	var errs []error
	for _, path := range []string{k.record, k.lock} {
		if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, k.held.Close())
	k.held = nil
	return errors.Join(errs...)
}
