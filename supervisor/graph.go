package supervisor

import "context"

// task is one step of a command; after are the keys of the tasks that must
// have succeeded before. Keys that are not in the graph hold nobody up.
type task struct {
	key   string
	after []string
	run   func(context.Context) error
}

// runTasks runs the graph, everything as early as its prerequisites allow. It
// decides nothing. Only success releases a dependent; the first failure, or the
// end of ctx, cancels what is under way and starts nothing more. It returns
// when nothing is under way, with the first failure.
func runTasks(ctx context.Context, tasks []task) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	g := newGraph(tasks)
	type result struct {
		n   int
		err error
	}
	results := make(chan result)
	running := 0
	launch := func(ready []int) {
		for _, n := range ready {
			running++
			go func() { results <- result{n, tasks[n].run(ctx)} }()
		}
	}
	launch(g.first())
	var failure error
	for running > 0 {
		r := <-results
		running--
		if r.err != nil && failure == nil {
			failure = r.err
			cancel(r.err)
		}
		if failure == nil && ctx.Err() == nil {
			launch(g.done(r.n))
		}
	}
	if failure == nil {
		return context.Cause(ctx)
	}
	return failure
}

// graph counts what each task still waits for.
type graph struct {
	waits []int
	next  [][]int
}

func newGraph(tasks []task) *graph {
	g := &graph{waits: make([]int, len(tasks)), next: make([][]int, len(tasks))}
	index := make(map[string]int, len(tasks))
	for n, t := range tasks {
		index[t.key] = n
	}
	for n, t := range tasks {
		seen := map[string]bool{}
		for _, k := range t.after {
			if m, ok := index[k]; ok && m != n && !seen[k] {
				seen[k] = true
				g.waits[n]++
				g.next[m] = append(g.next[m], n)
			}
		}
	}
	return g
}

func (g *graph) first() []int {
	var ready []int
	for n, w := range g.waits {
		if w == 0 {
			ready = append(ready, n)
		}
	}
	return ready
}

// done takes task n off and returns those that have become ready.
func (g *graph) done(n int) []int {
	var ready []int
	for _, m := range g.next[n] {
		if g.waits[m]--; g.waits[m] == 0 {
			ready = append(ready, m)
		}
	}
	return ready
}
