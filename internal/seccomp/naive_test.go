package seccomp

import (
	"slices"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// naiveRules answers calls straight from the profile's text: no leaves, no
// spans, no tree.
type naiveRules struct {
	p      *specs.LinuxSeccomp
	newest uint32
	rules  map[uint32][]naiveRule // in the profile's order
}

type naiveRule struct {
	name string
	specs.LinuxSyscall
}

func newNaive(p *specs.LinuxSeccomp, a *arch) *naiveRules {
	n := &naiveRules{p: p, newest: a.base, rules: map[uint32][]naiveRule{}}
	for _, sc := range p.Syscalls {
		for _, name := range sc.Names {
			nr, ok := a.number(name)
			if !ok {
				continue
			}
			n.rules[nr] = append(n.rules[nr], naiveRule{name, sc})
			if nr < a.private {
				n.newest = max(n.newest, nr)
			}
		}
	}
	return n
}

func (n *naiveRules) answer(t testing.TB, nr uint32, args [6]uint64) uint32 {
	t.Helper()
	must := func(act specs.LinuxSeccompAction, e *uint) uint32 {
		v, err := returnValue(act, e)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	rules := n.rules[nr]
	for _, r := range rules {
		if len(r.Args) > 0 && naiveMatch(r.name, r.Args, args) {
			return must(r.Action, r.ErrnoRet)
		}
	}
	for _, r := range rules {
		if len(r.Args) == 0 {
			return must(r.Action, r.ErrnoRet)
		}
	}
	if nr > n.newest && n.p.DefaultAction == specs.ActErrno {
		return retErrno | uint32(unix.ENOSYS)
	}
	return must(n.p.DefaultAction, n.p.DefaultErrnoRet)
}

func naiveMatch(name string, conds []specs.LinuxSeccompArg, args [6]uint64) bool {
	all, one := true, false
	var used []uint
	twice := false
	for _, c := range conds {
		v := args[c.Index]
		if intArgs[name]&(1<<c.Index) != 0 {
			v &= 1<<32 - 1
		}
		holds := naiveCompare(v, c)
		all, one = all && holds, one || holds
		twice = twice || slices.Contains(used, c.Index)
		used = append(used, c.Index)
	}
	if twice {
		return one
	}
	return all
}

// probes are argument values around everything that the profile compares with.
func probes(p *specs.LinuxSeccomp) []uint64 {
	out := []uint64{0, 1, ^uint64(0), 1 << 31, 1 << 32}
	for _, sc := range p.Syscalls {
		for _, c := range sc.Args {
			for _, v := range []uint64{c.Value, c.ValueTwo} {
				out = append(out, v, v-1, v+1, v|1<<32, v|1<<63, ^v)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func naiveCompare(v uint64, c specs.LinuxSeccompArg) bool {
	switch c.Op {
	case specs.OpEqualTo:
		return v == c.Value
	case specs.OpNotEqual:
		return v != c.Value
	case specs.OpLessThan:
		return v < c.Value
	case specs.OpLessEqual:
		return v <= c.Value
	case specs.OpGreaterThan:
		return v > c.Value
	case specs.OpGreaterEqual:
		return v >= c.Value
	default:
		return v&c.Value == c.ValueTwo
	}
}
