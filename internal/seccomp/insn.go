package seccomp

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// insn is struct sock_filter of linux/filter.h.
type insn struct {
	code   uint16
	jt, jf uint8
	k      uint32
}

// Offsets in struct seccomp_data (seccomp(2)).
const (
	offNumber = 0
	offArch   = 4
	offArgs   = 16
)

// maxInsns is BPF_MAXINSNS of linux/bpf_common.h.
const maxInsns = 4096

const (
	opLoad = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
	opAnd  = unix.BPF_ALU | unix.BPF_AND | unix.BPF_K
	opRet  = unix.BPF_RET | unix.BPF_K
	opJump = unix.BPF_JMP | unix.BPF_JA
	opJEQ  = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
	opJGT  = unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K
	opJGE  = unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K
)

func load(off uint32) insn { return insn{code: opLoad, k: off} }
func ret(v uint32) insn    { return insn{code: opRet, k: v} }

// branch is "if op(A, k) then yes else no". A jump reaches 255 instructions
// (jt and jf are bytes); a longer one takes a detour over an unconditional
// jump, whose distance has 32 bits.
func branch(op uint16, k uint32, yes, no []insn) []insn {
	out := make([]insn, 0, len(yes)+len(no)+2)
	if len(no) <= 255 {
		out = append(out, insn{code: op, jt: uint8(len(no)), k: k})
	} else {
		out = append(out,
			insn{code: op, jf: 1, k: k},
			insn{code: opJump, k: uint32(len(no))})
	}
	out = append(out, no...)
	return append(out, yes...)
}

// encode lays the program out as the kernel reads it, in native byte order.
func encode(prog []insn) []byte {
	b := make([]byte, 0, 8*len(prog))
	for _, i := range prog {
		b = binary.NativeEndian.AppendUint16(b, i.code)
		b = append(b, i.jt, i.jf)
		b = binary.NativeEndian.AppendUint32(b, i.k)
	}
	return b
}
