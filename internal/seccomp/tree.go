package seccomp

import (
	"maps"
	"slices"
)

// span is a run of call numbers, from start to the next span, that share a leaf.
type span struct {
	start uint32
	leaf  *leaf
}

// spans covers the numbers from the architecture's base on. def answers for
// those that are not named, unknown for those of them above the newest call
// that is named.
func spans(a *arch, named map[uint32]*leaf, def, unknown uint32) []span {
	numbers := slices.Sorted(maps.Keys(named))
	newest := a.base
	for _, nr := range numbers {
		if nr < a.private {
			newest = nr
		}
	}
	gap := func(nr uint32) *leaf {
		if nr > newest {
			return &leaf{ret: unknown}
		}
		return &leaf{ret: def}
	}
	out := []span{{a.base, gap(a.base)}}
	for _, nr := range numbers {
		out = add(out, nr, named[nr])
		out = add(out, nr+1, gap(nr+1))
	}
	return out
}

// add begins a span at start, which is not below the last one's; a span that
// it replaces, or that only continues the one before, is left out.
func add(list []span, start uint32, l *leaf) []span {
	if n := len(list); n > 0 && list[n-1].start == start {
		list = list[:n-1]
	}
	if n := len(list); n > 0 && same(list[n-1].leaf, l) {
		return list
	}
	return append(list, span{start, l})
}

// same reports that two leaves are plain and give the same answer.
func same(a, b *leaf) bool {
	return len(a.rules) == 0 && len(b.rules) == 0 && a.ret == b.ret
}

// search is the balanced tree over spans; A holds the call number.
func search(list []span) []insn {
	if len(list) == 1 {
		return list[0].leaf.code()
	}
	mid := len(list) / 2
	return branch(opJGE, list[mid].start, search(list[mid:]), search(list[:mid]))
}
