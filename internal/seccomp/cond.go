package seccomp

import (
	"fmt"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// cond is one test of an argument: arg op value, or arg&value == two for
// SCMP_CMP_MASKED_EQ.
type cond struct {
	index      uint
	op         specs.LinuxSeccompOperator
	value, two uint64
	low        bool // only the low 32 bits of the argument count
}

// rule gives its answer when all conditions hold.
type rule struct {
	conds []cond
	ret   uint32
}

func newCond(call string, a specs.LinuxSeccompArg) (cond, error) {
	if a.Index > 5 {
		return cond{}, fmt.Errorf("argument %d does not exist: system calls have arguments 0 to 5", a.Index)
	}
	switch a.Op {
	case specs.OpEqualTo, specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual,
		specs.OpGreaterThan, specs.OpGreaterEqual, specs.OpMaskedEqual:
	default:
		return cond{}, fmt.Errorf("unknown comparison %q for argument %d", a.Op, a.Index)
	}
	c := cond{index: a.Index, op: a.Op, value: a.Value, two: a.ValueTwo}
	c.low = intArgs[call]&(1<<a.Index) != 0 && a.Value <= 1<<32-1 && a.ValueTwo <= 1<<32-1
	return c, nil
}

// Targets of a jump inside a condition's code; link replaces them. All other
// values are plain distances.
const (
	pass = 254 // the condition holds: to the end of its code
	fail = 255 // it does not: to the end of the rule
)

// code tests the condition; its jumps go to pass and fail.
func (c cond) code() []insn {
	hi, lo := uint32(c.value>>32), uint32(c.value)
	switch c.op {
	case specs.OpEqualTo:
		return c.equal(hi, lo, ^uint64(0), pass, fail)
	case specs.OpNotEqual:
		return c.equal(hi, lo, ^uint64(0), fail, pass)
	case specs.OpMaskedEqual:
		return c.equal(uint32(c.two>>32), uint32(c.two), c.value, pass, fail)
	case specs.OpGreaterThan:
		return c.order(opJGT, hi, lo, pass, fail)
	case specs.OpGreaterEqual:
		return c.order(opJGE, hi, lo, pass, fail)
	case specs.OpLessThan:
		return c.order(opJGE, hi, lo, fail, pass)
	default: // SCMP_CMP_LE; newCond lets no other through
		return c.order(opJGT, hi, lo, fail, pass)
	}
}

// equal tests (arg & mask) == hi<<32|lo, one half after the other.
func (c cond) equal(hi, lo uint32, mask uint64, yes, no uint8) []insn {
	var out []insn
	if !c.low {
		out = append(c.half(offHigh, uint32(mask>>32)), insn{code: opJEQ, jf: no, k: hi})
	}
	out = append(out, c.half(offLow, uint32(mask))...)
	return append(out, insn{code: opJEQ, jt: yes, jf: no, k: lo})
}

// order tests arg > hi<<32|lo, or >= by op: the upper half decides unless it
// is equal.
func (c cond) order(op uint16, hi, lo uint32, yes, no uint8) []insn {
	var out []insn
	if !c.low {
		out = append(c.half(offHigh, ^uint32(0)),
			insn{code: opJGT, jt: yes, k: hi},
			insn{code: opJEQ, jf: no, k: hi})
	}
	out = append(out, c.half(offLow, ^uint32(0))...)
	return append(out, insn{code: op, jt: yes, jf: no, k: lo})
}

// Offsets of the halves of a 64-bit argument, little endian.
const (
	offLow  = 0
	offHigh = 4
)

// half loads one half of the argument, masked.
func (c cond) half(off, mask uint32) []insn {
	out := []insn{load(offArgs + 8*uint32(c.index) + off)}
	if mask != ^uint32(0) {
		out = append(out, insn{code: opAnd, k: mask})
	}
	return out
}

// code tests all conditions and returns the answer; when one fails it falls
// out at its end. Six conditions at most (one per argument), of seven
// instructions at most, so every jump is in reach.
func (r rule) code() []insn {
	var out []insn
	var ends []int // for each instruction, where its condition ends
	for _, c := range r.conds {
		out = append(out, c.code()...)
		for len(ends) < len(out) {
			ends = append(ends, len(out))
		}
	}
	for i, end := range ends {
		link := func(target uint8) uint8 {
			switch target {
			case pass:
				return uint8(end - i - 1)
			case fail:
				return uint8(len(out) - i) // past the return that follows
			}
			return target
		}
		if out[i].code&0x07 == unix.BPF_JMP {
			out[i].jt, out[i].jf = link(out[i].jt), link(out[i].jf)
		}
	}
	return append(out, ret(r.ret))
}
