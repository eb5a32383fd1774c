package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// leaf is what happens to one system call: the first rule whose conditions
// hold answers, else ret does.
type leaf struct {
	rules []rule
	ret   uint32
}

// code ends in a return on every path.
func (l *leaf) code() []insn {
	var out []insn
	for _, r := range l.rules {
		out = append(out, r.code()...)
	}
	return append(out, ret(l.ret))
}

// leaves collects the rules of a profile for one architecture, by number.
func leaves(p *specs.LinuxSeccomp, a *arch, def uint32) (map[uint32]*leaf, error) {
	out := make(map[uint32]*leaf, 512)
	plain := make(map[uint32]bool, 512) // has an unconditional rule: the first one counts
	for _, sc := range p.Syscalls {
		value, err := returnValue(sc.Action, sc.ErrnoRet)
		if err != nil {
			return nil, fmt.Errorf("seccomp profile, rule for %v: %w", sc.Names, err)
		}
		for _, name := range sc.Names {
			rules, err := conditions(name, sc.Args, value)
			if err != nil {
				return nil, fmt.Errorf("seccomp profile, rule for %s: %w", name, err)
			}
			nr, ok := a.number(name)
			if !ok {
				continue
			}
			l := out[nr]
			if l == nil {
				l = &leaf{ret: def}
				out[nr] = l
			}
			if len(rules) == 0 && !plain[nr] {
				l.ret, plain[nr] = value, true
			}
			l.rules = append(l.rules, rules...)
		}
	}
	return out, nil
}

// conditions makes the conditional rules of one entry of the profile, none if
// it has no arguments. An argument that is tested twice turns "all of them"
// into "one of them", as runc has it.
func conditions(name string, args []specs.LinuxSeccompArg, value uint32) ([]rule, error) {
	if len(args) == 0 {
		return nil, nil
	}
	var conds []cond
	var seen [6]bool
	twice := false
	for _, a := range args {
		c, err := newCond(name, a)
		if err != nil {
			return nil, err
		}
		twice = twice || seen[c.index]
		seen[c.index] = true
		conds = append(conds, c)
	}
	if !twice {
		return []rule{{conds, value}}, nil
	}
	var out []rule
	for _, c := range conds {
		out = append(out, rule{[]cond{c}, value})
	}
	return out, nil
}

// unknownReturn answers for calls newer than the profile: what a kernel
// without the call would say, where the default is an error.
func unknownReturn(def uint32) uint32 {
	if def&^retData == retErrno {
		return retErrno | uint32(unix.ENOSYS)
	}
	return def
}
