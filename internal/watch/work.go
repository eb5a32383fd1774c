package watch

import (
	"maps"
	"slices"
)

// work is what is due for a service, taken together.
type work struct {
	rebuild, restart bool
	paths            map[int]map[string]bool // to be copied, by rule and relative path
	exec             map[int]bool            // rules
	catchUp          bool                    // containers may have come
}

// note adds the changes of a rule.
func (w *work) note(rule int, r *Rule, changes map[string]bool) {
	for rel := range changes {
		if !r.copies(rel) {
			continue
		}
		if w.paths == nil {
			w.paths = map[int]map[string]bool{}
		}
		if w.paths[rule] == nil {
			w.paths[rule] = map[string]bool{}
		}
		w.paths[rule][rel] = true
	}
	if len(changes) == 0 {
		return
	}
	w.do(rule, r)
}

// do adds what follows the copying.
func (w *work) do(rule int, r *Rule) {
	switch r.Action {
	case "rebuild":
		w.rebuild = true
	case "restart", "sync+restart":
		w.restart = true
	case "sync+exec":
		if w.exec == nil {
			w.exec = map[int]bool{}
		}
		w.exec[rule] = true
	}
}

// add takes up other work.
func (w *work) add(o work) {
	w.rebuild, w.restart, w.catchUp = w.rebuild || o.rebuild, w.restart || o.restart, w.catchUp || o.catchUp
	w.paths = union(w.paths, o.paths)
	if w.exec == nil {
		w.exec = map[int]bool{}
	}
	maps.Copy(w.exec, o.exec)
}

func (w *work) empty() bool {
	return !w.rebuild && !w.restart && !w.catchUp && len(w.paths) == 0 && len(w.exec) == 0
}

// union adds the paths of b to a, which it returns.
func union(a, b map[int]map[string]bool) map[int]map[string]bool {
	for rule, paths := range b {
		if a == nil {
			a = map[int]map[string]bool{}
		}
		if a[rule] == nil {
			a[rule] = map[string]bool{}
		}
		maps.Copy(a[rule], paths)
	}
	return a
}

func count(paths map[int]map[string]bool) (n int) {
	for _, p := range paths {
		n += len(p)
	}
	return n
}

// ordered lists rules in their order.
func ordered[V any](m map[int]V) []int { return slices.Sorted(maps.Keys(m)) }
