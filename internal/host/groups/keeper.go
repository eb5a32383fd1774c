package groups

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

// Config is what a Keeper needs of its supervisor.
type Config struct {
	// Obtain finds D, or makes it.
	Obtain func(context.Context) (delegate.Delegation, error)
	// Open opens D; nil = cgroup.OpenTree.
	Open   func(dir string) (Tree, error)
	Report func(string) // a line for the log of the supervisor
	Notice func(string) // a line for the user
}

// Keeper has the groups of the runs of a project. Its methods may be called from
// several goroutines; those that wait end with their context.
type Keeper struct {
	cfg    Config
	cancel context.CancelFunc
	known  chan []string // the runs that live, or whose ends nobody has seen; once
	found  chan struct{} // closed when what follows is decided
	ready  chan struct{} // closed when, besides, leftovers are gone

	d    delegate.Delegation
	tree Tree  // nil: there is no D
	none error // why not

	mu   sync.Mutex
	runs map[string]*run // by the names of their groups
	said map[complaint]bool

	checked []project.Service // what Check was asked about last
}

// obtainLimit bounds the wait for D, and is far above what it takes.
const obtainLimit = 30 * time.Second

// sweepLimit bounds the removal of leftovers.
const sweepLimit = 10 * time.Second

// Open begins to obtain D, and does not wait for it.
func Open(cfg Config) *Keeper {
	if cfg.Open == nil {
		cfg.Open = openTree
	}
	ctx, cancel := context.WithCancel(context.Background())
	k := &Keeper{
		cfg: cfg, cancel: cancel, known: make(chan []string, 1),
		found: make(chan struct{}), ready: make(chan struct{}),
		runs: map[string]*run{}, said: map[complaint]bool{},
	}
	go k.begin(ctx)
	return k
}

// begin obtains D and clears it.
func (k *Keeper) begin(ctx context.Context) {
	defer close(k.ready)
	k.obtain(ctx)
	close(k.found)
	if k.tree == nil {
		return
	}
	if k.d.Notice != "" {
		k.cfg.Notice(k.d.Notice)
	}
	select {
	case known := <-k.known:
		k.sweep(ctx, known)
	case <-ctx.Done():
	}
}

func (k *Keeper) obtain(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, obtainLimit)
	defer cancel()
	if k.d, k.none = k.cfg.Obtain(ctx); k.none != nil {
		return
	}
	if k.tree, k.none = k.cfg.Open(k.d.Dir); k.none != nil {
		k.tree = nil
		k.cfg.Report(k.none.Error())
	}
}

// Adopt tells which runs, "NAME/RUN", live or have ended unseen. The groups of others
// are removed before the first new one is made. It is called once, and does not wait.
func (k *Keeper) Adopt(known []string) { k.known <- known }

// sweep removes the groups of runs that nobody knows.
func (k *Keeper) sweep(ctx context.Context, known []string) {
	names, err := k.tree.Groups()
	if err != nil {
		k.cfg.Report(err.Error())
		return
	}
	keep := make([]string, 0, len(known))
	for _, id := range known {
		keep = append(keep, Name(id))
	}
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()
	var all sync.WaitGroup
	for _, name := range names {
		if slices.Contains(keep, name) {
			continue
		}
		all.Go(func() {
			if err := k.removeNamed(ctx, name); err != nil {
				k.cfg.Report(fmt.Sprintf("cgroup that an earlier run has left: %v", err))
			}
		})
	}
	all.Wait()
}

func (k *Keeper) removeNamed(ctx context.Context, name string) error {
	g, err := k.tree.Group(name)
	if err != nil {
		return err
	}
	if err := g.Remove(ctx); err != nil {
		return errors.Join(err, g.Close())
	}
	return nil
}

// await returns D as soon as ch says that it is decided, nil if there is none.
func (k *Keeper) await(ctx context.Context, ch <-chan struct{}) (Tree, error) {
	select {
	case <-ch:
		return k.tree, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Delegation is D, and nil; or why there is none. It waits for it.
func (k *Keeper) Delegation(ctx context.Context) (delegate.Delegation, error) {
	if _, err := k.await(ctx, k.found); err != nil {
		return delegate.Delegation{}, err
	}
	return k.d, k.none
}

// Close gives back what this process has open; all groups stay as they are.
func (k *Keeper) Close() error {
	k.cancel()
	<-k.ready
	if k.tree == nil {
		return nil
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	errs := []error{k.tree.Close()}
	for name, r := range k.runs {
		errs = append(errs, r.group.Close())
		delete(k.runs, name)
	}
	return errors.Join(errs...)
}
