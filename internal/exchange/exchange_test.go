package exchange

import (
	"math/rand/v2"
	"reflect"
	"testing"
)

func TestSwap(t *testing.T) {
	x := IDs{UID: 999, GID: 0}
	for in, want := range map[uint32]uint32{0: 999, 999: 0, 1: 1, 1000: 1000} {
		if got := x.User(in); got != want || x.User(got) != in {
			t.Errorf("user %d is %d, want %d", in, got, want)
		}
		if got := x.Group(in); got != in {
			t.Errorf("group %d is %d: groups are not exchanged", in, got)
		}
	}
	if !(IDs{}).None() || x.None() || x.String() != "999:0" {
		t.Error("none")
	}
}

func TestMap(t *testing.T) {
	have := []Range{{0, 1000, 1}, {1, 100000, 65536}}
	for id, want := range map[uint32][]Range{
		0:     {{0, 0, 1}, {1, 1, 65536}},
		1:     {{0, 1, 1}, {1, 0, 1}, {2, 2, 65535}},
		999:   {{0, 999, 1}, {1, 1, 998}, {999, 0, 1}, {1000, 1000, 64537}},
		65536: {{0, 65536, 1}, {1, 1, 65535}, {65536, 0, 1}},
	} {
		got, ok := Map(have, id)
		if !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%d: %v %v, want %v", id, got, ok, want)
		}
	}
	if _, ok := Map(have, 70000); ok {
		t.Error("an id that U has not was mapped")
	}
	if got, ok := Map([]Range{{0, 0, 4294967295}}, 999); !ok || got[3] != (Range{1000, 1000, 4294966295}) {
		t.Errorf("all ids: %v", got)
	}
}

// The namespace has the ids of U, each once, and no other.
func TestMapIsABijection(t *testing.T) {
	for range 2000 {
		var have []Range
		next := uint32(rand.IntN(2))
		for range 1 + rand.IntN(4) {
			n := uint32(1 + rand.IntN(20))
			have = append(have, Range{next, next + 5000, n})
			next += n + uint32(rand.IntN(3))
		}
		ids := map[uint32]bool{}
		for _, r := range have {
			for i := range r.Count {
				ids[r.Inside+i] = true
			}
		}
		id := uint32(rand.IntN(int(next) + 2))
		lines, ok := Map(have, id)
		if want := id == 0 || ids[id]; ok != want {
			t.Fatalf("%v with %d: %v", have, id, ok)
		}
		if !ok || id != 0 && !ids[0] {
			continue // not used
		}
		in, out := map[uint32]bool{}, map[uint32]bool{}
		for _, l := range lines {
			for i := range l.Count {
				a, b := l.Inside+i, l.Outside+i
				if in[a] || out[b] || !ids[b] || (IDs{UID: id}).User(a) != b {
					t.Fatalf("%v with %d: %v", have, id, lines)
				}
				in[a], out[b] = true, true
			}
		}
		if len(in) != len(ids) {
			t.Fatalf("%v with %d: %d of %d ids", have, id, len(in), len(ids))
		}
	}
}
