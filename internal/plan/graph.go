package plan

import "container/heap"

// graph counts what each operation still waits for.
type graph struct {
	waits []int
	edges [][]int
	ready idHeap
	begun []bool
}

func newGraph(p *Plan) *graph {
	n := len(p.Operations)
	g := &graph{waits: make([]int, n), edges: make([][]int, n), begun: make([]bool, n)}
	for i, op := range p.Operations {
		g.waits[i] = len(op.After)
		for _, id := range op.After {
			g.edges[id-1] = append(g.edges[id-1], i)
		}
		if g.waits[i] == 0 {
			heap.Push(&g.ready, i)
		}
	}
	return g
}

// next takes the lowest operation that waits for nothing.
func (g *graph) next() (int, bool) {
	if len(g.ready) == 0 {
		return 0, false
	}
	n := heap.Pop(&g.ready).(int)
	g.begun[n] = true
	return n, true
}

// release tells that an operation has succeeded.
func (g *graph) release(n int) {
	for _, d := range g.edges[n] {
		if g.waits[d]--; g.waits[d] == 0 {
			heap.Push(&g.ready, d)
		}
	}
}

func (g *graph) unbegun(p *Plan) (out []Operation) {
	for i, b := range g.begun {
		if !b {
			out = append(out, p.Operations[i])
		}
	}
	return out
}

// idHeap is a heap of operations by number.
type idHeap []int

func (h idHeap) Len() int           { return len(h) }
func (h idHeap) Less(i, j int) bool { return h[i] < h[j] }
func (h idHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push implements heap.Interface.
func (h *idHeap) Push(x any) { *h = append(*h, x.(int)) }

// Pop implements heap.Interface.
func (h *idHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
