package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// attempts is how often a copy is tried, with a longer pause each time: a container that
// is just being replaced is another one then.
const (
	attempts = 4
	pause    = 100 * time.Millisecond
)

// worker does what is due for one service.
type worker struct {
	service string
	rules   []*Rule
	actions Actions
	say     func(string)
	all     func(rule int) []string // what a rule is about
	wait    func(context.Context, time.Duration) error

	mu   sync.Mutex
	due  work
	wake chan struct{}

	// Only run uses these.
	session map[int]map[string]bool // all that was copied
	has     map[string]bool         // containers that have got it, by id
	quietly bool                    // it was said that nothing runs
}

func newWorker(service string, rules []*Rule, actions Actions, say func(string), all func(int) []string) *worker {
	return &worker{service: service, rules: rules, actions: actions, say: say, all: all, wait: sleep,
		wake: make(chan struct{}, 1), has: map[string]bool{}}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// add hands work over. It does not wait.
func (w *worker) add(more work) {
	w.mu.Lock()
	w.due.add(more)
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run works until ctx ends.
func (w *worker) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.wake:
		}
		w.mu.Lock()
		due := w.due
		w.due = work{}
		w.mu.Unlock()
		if !due.empty() {
			w.step(ctx, due)
		}
	}
}

// begin takes note of the containers that are there, and brings them what initial_sync
// asks for.
func (w *worker) begin(ctx context.Context) {
	if slices.ContainsFunc(w.rules, func(r *Rule) bool { return r.Service == w.service && r.InitialSync }) {
		w.copy(ctx, nil)
		return
	}
	list, err := w.actions.Containers(ctx, w.service)
	if err != nil && ctx.Err() == nil {
		w.say(fmt.Sprintf("Looking for containers of service %q failed: %v", w.service, err))
	}
	for _, c := range list {
		w.has[c.ID] = true
	}
}

// step does one lot of work.
func (w *worker) step(ctx context.Context, due work) {
	w.session = union(w.session, due.paths)
	replaced := due.rebuild && w.rebuild(ctx)
	var list []Container
	if len(due.paths) > 0 || due.catchUp || replaced {
		list = w.copy(ctx, due.paths)
	} else {
		list, _ = w.actions.Containers(ctx, w.service) // what needs them says it
	}
	if ctx.Err() != nil || !due.restart && len(due.exec) == 0 {
		return
	}
	if !slices.ContainsFunc(list, func(c Container) bool { return !c.Stopped }) {
		w.say(fmt.Sprintf("service %q does not run, and is not started", w.service))
		return
	}
	if due.restart && !replaced {
		if err := w.actions.Restart(ctx, w.service); err != nil {
			w.failed(ctx, "Restarting service(s) [%q] failed: %v", err)
		} else {
			w.say(fmt.Sprintf("service(s) [%q] restarted", w.service))
		}
	}
	for _, n := range ordered(due.exec) {
		w.exec(ctx, w.rules[n])
	}
}

func (w *worker) failed(ctx context.Context, format string, err error) {
	if ctx.Err() == nil {
		w.say(fmt.Sprintf(format, w.service, err))
	}
}

// rebuild makes the image and replaces the containers by it. A failure leaves them.
func (w *worker) rebuild(ctx context.Context) (replaced bool) {
	w.say(fmt.Sprintf("Rebuilding service(s) [%q] after changes were detected...", w.service))
	if err := w.actions.Build(ctx, w.service); err != nil {
		w.failed(ctx, "Build failed. Service %q goes on as it was. Error: %v", err)
		return false
	}
	w.say(fmt.Sprintf("service(s) [%q] successfully built", w.service))
	replaced, err := w.actions.Replace(ctx, w.service)
	if err != nil {
		w.failed(ctx, "Failed to recreate service %q after update. Error: %v", err)
	}
	return replaced
}

// copy brings paths into all containers, and into those that are new all that they lack.
// It returns the containers.
func (w *worker) copy(ctx context.Context, paths map[int]map[string]bool) (list []Container) {
	said := false
	for try := 0; ; try++ {
		var err error
		if list, err = w.actions.Containers(ctx, w.service); err == nil {
			if n := count(paths); n > 0 && !said {
				said = true
				w.say(fmt.Sprintf("Syncing service %q after %d changes were detected", w.service, n))
			}
			err = w.everywhere(ctx, list, paths)
		}
		if err == nil || ctx.Err() != nil {
			break
		}
		if try+1 == attempts {
			w.failed(ctx, "Syncing service %q failed: %v", err)
			return list
		}
		if w.wait(ctx, pause<<try) != nil {
			return list
		}
	}
	running := slices.ContainsFunc(list, func(c Container) bool { return c.Running })
	switch {
	case running:
		w.quietly = false
	case !w.quietly && count(paths) > 0:
		w.quietly = true
		w.say(fmt.Sprintf("service %q does not run: it has the changes when it is started", w.service))
	}
	return list
}

// everywhere copies into each container what it lacks, at the same time. The paths are
// gone from the table of those that have got them; who has failed is unknown again.
func (w *worker) everywhere(ctx context.Context, list []Container, paths map[int]map[string]bool) error {
	errs := make([]error, len(list))
	known := map[string]bool{}
	var group sync.WaitGroup
	var first sync.Once
	for i, c := range list {
		lacks := paths
		if !w.has[c.ID] {
			lacks = w.lacking()
			if n := count(lacks); n > 0 && count(paths) == 0 {
				first.Do(func() {
					w.say(fmt.Sprintf("Syncing service %q: %d files for containers that do not have them", w.service, n))
				})
			}
		}
		group.Go(func() { errs[i] = w.into(ctx, c, lacks) })
	}
	group.Wait()
	for i, c := range list {
		if errs[i] == nil {
			known[c.ID] = true
		}
	}
	w.has = known
	return errors.Join(errs...)
}

// into copies paths of rules into one container.
func (w *worker) into(ctx context.Context, c Container, paths map[int]map[string]bool) error {
	for _, n := range ordered(paths) {
		list := make([]string, 0, len(paths[n]))
		for rel := range paths[n] {
			list = append(list, rel)
		}
		slices.Sort(list)
		if err := w.actions.Sync(ctx, c, w.rules[n], list); err != nil {
			return fmt.Errorf("container %s: %w", c.Name, err)
		}
	}
	return nil
}

// lacking is what a new container lacks.
func (w *worker) lacking() map[int]map[string]bool {
	out := union(nil, w.session)
	for n, r := range w.rules {
		if r.Service != w.service || !r.InitialSync {
			continue
		}
		for _, rel := range w.all(n) {
			if r.copies(rel) {
				out = union(out, map[int]map[string]bool{n: {rel: true}})
			}
		}
	}
	return out
}

// exec executes a rule's command in the containers that run.
func (w *worker) exec(ctx context.Context, r *Rule) {
	list, err := w.actions.Containers(ctx, w.service)
	if err != nil {
		w.failed(ctx, "Executing in service %q failed: %v", err)
		return
	}
	ran := false
	for _, c := range list {
		if !c.Running {
			continue
		}
		ran = true
		code, err := w.actions.Exec(ctx, c, r)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil:
			w.say(fmt.Sprintf("%q in container %s failed: %v", r.Exec.Command, c.Name, err))
		case code != 0:
			w.say(fmt.Sprintf("%q in container %s ended with exit code %d", r.Exec.Command, c.Name, code))
		}
	}
	if !ran {
		w.say(fmt.Sprintf("service %q does not run: %q is not executed", w.service, r.Exec.Command))
	}
}
