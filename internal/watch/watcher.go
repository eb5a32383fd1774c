package watch

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Options are what a watcher needs besides rules.
type Options struct {
	Actions Actions
	Say     func(line string) // what happens
	Warn    func(line string) // what does not work as it should
	// Arrivals names services that may have got new containers; nil = nobody tells.
	Arrivals <-chan string
}

// Watcher watches the paths of rules.
type Watcher struct {
	rules    []*Rule
	o        Options
	notifier *notifier
	workers  map[string]*worker
	batch    batch
	lost     bool // everything has to be compared

	mu    sync.Mutex // trees: who brings a new container up to date reads them too
	trees []*tree
}

// New reads what is there: what changes from now on is noticed. The caller must call Close.
func New(ctx context.Context, rules []*Rule, o Options) (*Watcher, error) {
	w := &Watcher{rules: rules, o: o, notifier: newNotifier(ctx), workers: map[string]*worker{}}
	for _, r := range rules {
		t, err := newTree(r, w.notifier)
		if err != nil {
			w.Close()
			return nil, fmt.Errorf("service %s: %w", r.Service, err)
		}
		w.trees = append(w.trees, t)
		t.compare(map[string]bool{})
		w.tell(t.trouble())
		w.tell(t.odd())
		if w.workers[r.Service] == nil {
			w.workers[r.Service] = newWorker(r.Service, rules, o.Actions, o.Say, w.all)
		}
	}
	w.notifier.doubtful()
	w.tell(w.notifier.trouble())
	return w, nil
}

// odd says why nothing will come of a rule at present.
func (t *tree) odd() error {
	switch {
	case t.root == nil:
		return fmt.Errorf("%s does not exist yet: it is watched once it does", t.rule.Path)
	case !t.root.seen, t.root.above.context.yes && !t.filter.excepts():
		return fmt.Errorf("%s is left out by .dockerignore of service %s: nothing of it is watched", t.rule.Path, t.rule.Service)
	}
	return nil
}

func (w *Watcher) tell(err error) {
	if err != nil {
		w.o.Warn(err.Error())
	}
}

// Close ends the watch of the kernel.
func (w *Watcher) Close() { w.notifier.close() }

// Run does what is due until ctx ends, and then waits for what is under way. ready is
// called when initial_sync is done.
func (w *Watcher) Run(ctx context.Context, ready func()) {
	var group sync.WaitGroup
	defer group.Wait()
	var begun sync.WaitGroup
	for _, worker := range w.workers {
		begun.Add(1)
		group.Go(func() {
			worker.begin(ctx)
			begun.Done()
			worker.run(ctx)
		})
	}
	group.Go(func() {
		if begun.Wait(); ctx.Err() == nil {
			ready()
		}
	})
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	poll := time.NewTimer(pollEvery)
	defer poll.Stop()
	arrivals := w.o.Arrivals
	for {
		if due := w.batch.due(); due.IsZero() {
			timer.Reset(time.Hour)
		} else {
			timer.Reset(time.Until(due))
		}
		select {
		case <-ctx.Done():
			return
		case h := <-w.notifier.hints:
			w.hint(h, time.Now())
		case <-timer.C:
			w.flush()
		case service, ok := <-arrivals:
			if !ok {
				arrivals = nil
			} else if worker := w.workers[service]; worker != nil {
				worker.add(work{catchUp: true})
			}
		case <-poll.C:
			began := time.Now()
			w.poll()
			poll.Reset(max(pollEvery, 10*time.Since(began)))
		}
	}
}

// hint takes note of a path, if it concerns a rule.
func (w *Watcher) hint(h hint, now time.Time) {
	if h.lost {
		w.lost = true
		w.batch.add("", now)
		return
	}
	if w.batch.paths[h.path] || slices.ContainsFunc(w.trees, func(t *tree) bool { return t.concerns(h.path) }) {
		w.batch.add(h.path, now)
	}
}

// flush finds out what has changed, and hands it to the workers.
func (w *Watcher) flush() {
	paths := w.batch.take()
	lost := w.lost
	w.lost = false
	w.look(func(t *tree, changes map[string]bool) {
		for path := range paths {
			if path != "" {
				t.touched(path, true, changes)
			}
		}
		if lost {
			t.compare(changes)
		}
	})
}

// poll looks at the directories that nobody tells of.
func (w *Watcher) poll() {
	if len(w.notifier.polled) == 0 {
		return
	}
	dirs := make([]string, 0, len(w.notifier.polled))
	for path := range w.notifier.polled {
		dirs = append(dirs, path)
	}
	slices.Sort(dirs) // those above first
	w.look(func(t *tree, changes map[string]bool) {
		for _, path := range dirs {
			t.reread(path, changes)
		}
	})
}

// look lets each tree find changes, and hands them over.
func (w *Watcher) look(find func(*tree, map[string]bool)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := map[string]*work{}
	for n := range w.trees {
		w.lookAt(n, due, find)
	}
	for path := range w.notifier.doubtful() {
		for n, t := range w.trees {
			if t.has(path) {
				w.notifier.enter(path)
				w.lookAt(n, due, func(t *tree, changes map[string]bool) { t.reread(path, changes) })
			}
		}
	}
	w.tell(w.notifier.trouble())
	for service, d := range due {
		if !d.empty() {
			w.workers[service].add(*d)
		}
	}
}

// lookAt is look for one tree.
func (w *Watcher) lookAt(n int, due map[string]*work, find func(*tree, map[string]bool)) {
	t := w.trees[n]
	changes := map[string]bool{}
	find(t, changes)
	if due[t.rule.Service] == nil {
		due[t.rule.Service] = &work{}
	}
	due[t.rule.Service].note(n, t.rule, changes)
	w.tell(t.trouble())
}

// all lists what a rule is about.
func (w *Watcher) all(rule int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trees[rule].all()
}
