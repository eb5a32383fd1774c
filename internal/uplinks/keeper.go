package uplinks

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/netstack"
	"github.com/mocker-compose/mocker-compose/netstack/uplink"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// Net is the part of netstack.Stack that is R's.
type Net interface {
	WayOut() string
	WayOutFits() bool
	CheckWayOut(name string) (*uplink.Helper, error)
	SetWayOut(name, ns string) (*uplink.Helper, []string, error)
	Attached(ended <-chan struct{}) (bool, error)
}

// Holder starts helpers.
type Holder interface {
	Start(ctx context.Context, name string, p *sandbox.Prepared, stdio [3]*os.File) (*rootless.Child, error)
	Forget(name string) error
	Gone() <-chan struct{}
}

// Config is what a Keeper works with.
type Config struct {
	Net    Net
	Holder Holder
	Router *os.File // R; stays the caller's, open until [Keeper.Close] has returned
	Log    string   // the file that gets what a helper says
	// Tell is told what happens to the helper: see the actions.
	Tell func(action, helper, why string)
}

// The actions of a helper.
const (
	Started = "start"
	Died    = "die"
)

// Keeper keeps one project's way out. Its methods may be called from several
// goroutines.
type Keeper struct {
	Config
	mu      sync.Mutex // held while the way out is changed
	current *watch     // nil: no helper is wanted
	number  int        // of the last helper
	trouble atomic.Pointer[string]
}

// Trouble says that no helper runs where one should, and why; "" = all is well.
func (k *Keeper) Trouble() string {
	if t := k.trouble.Load(); t != nil {
		return *t
	}
	return ""
}

// tell is Tell, and remembers how things are.
func (k *Keeper) tell(action, helper, why string) {
	trouble := ""
	if action == Died {
		trouble = fmt.Sprintf("uplink %s: services have no way out until the helper runs again: %s", helper, why)
	}
	k.trouble.Store(&trouble)
	k.Tell(action, helper, why)
}

// Open makes a Keeper; it does nothing yet.
func Open(c Config) *Keeper { return &Keeper{Config: c} }

// Check says why an uplink cannot be had here; "" is what there is.
func (k *Keeper) Check(name string) error {
	if name == "" {
		return nil
	}
	_, err := k.Net.CheckWayOut(name)
	return err
}

// Ensure makes name the project's uplink; "" keeps what there is. It returns
// when packets can pass.
func (k *Keeper) Ensure(ctx context.Context, name string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.Net.WayOut()
	if name == "" {
		name = before
	}
	if name == before && k.Net.WayOutFits() && (k.current != nil || plain(name)) {
		return nil
	}
	if err := k.Check(name); err != nil {
		return err
	}
	k.stop()
	err := k.open(ctx, name)
	if err != nil && name != before {
		if back := k.open(ctx, before); back != nil {
			err = errors.Join(err, fmt.Errorf("go back to the uplink %s: %w", before, back))
		}
	}
	return err
}

func plain(name string) bool { return name == netstack.Relay || name == netstack.NoWay }

// open is called with the lock and without a helper.
func (k *Keeper) open(ctx context.Context, name string) error {
	helper, args, err := k.Net.SetWayOut(name, sandbox.ServerFile)
	if err != nil || helper == nil {
		return err
	}
	w := &watch{keeper: k, helper: helper, args: args, stopped: make(chan struct{}), ended: make(chan struct{})}
	child, err := w.start(ctx)
	if err != nil {
		return err
	}
	k.current = w
	go w.run(child)
	return nil
}

// stop ends the helper, if there is one, and waits for its end. It is called with
// the lock.
func (k *Keeper) stop() {
	if k.current == nil {
		return
	}
	close(k.current.stopped)
	<-k.current.ended
	k.current = nil
	k.trouble.Store(nil)
}

// prefix begins the names of helpers in the holder's table; a container's name
// has no @.
const prefix = "@uplink/"

func (k *Keeper) nextName(helper string) string {
	k.number++
	return fmt.Sprintf("%s%s/%d-%d", prefix, helper, os.Getpid(), k.number)
}

// Adopt goes on with the helper of an earlier supervisor, and takes it out of
// children. What has no business any more stays there. Where the helper has
// died meanwhile, or cannot be used any more, another is started.
func (k *Keeper) Adopt(children map[string]*rootless.Child) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := k.Net.WayOut()
	if plain(name) {
		return
	}
	w := &watch{keeper: k, stopped: make(chan struct{}), ended: make(chan struct{})}
	var err error
	if w.helper, w.args, err = k.Net.SetWayOut(name, sandbox.ServerFile); err != nil {
		k.tell(Died, name, err.Error())
		return
	}
	var found *rootless.Child
	for n, c := range children {
		if found == nil && strings.HasPrefix(n, prefix+name+"/") && c.Pidfd != nil {
			found = c
			delete(children, n)
		}
	}
	k.current = w
	go w.run(found)
}

// Close ends the watching. The helper goes on.
func (k *Keeper) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.current != nil {
		<-k.current.ended // the holder's connection is closed, which ends it
	}
}

// kill ends a helper and waits until it has ended.
func (k *Keeper) kill(c *rootless.Child) {
	_ = c.Signal(unix.SIGKILL) // in vain if it has ended
	select {
	case <-c.Done:
		k.release(c)
	case <-k.Holder.Gone():
	}
}

// release gives up what there is of a helper that has ended.
func (k *Keeper) release(c *rootless.Child) {
	if c.Pidfd != nil {
		c.Pidfd.Close()
	}
	_ = k.Holder.Forget(c.Name) // else a line too many in a table
}
