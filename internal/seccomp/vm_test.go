package seccomp

import (
	"encoding/binary"
	"testing"

	"golang.org/x/sys/unix"
)

// callData is struct seccomp_data.
type callData struct {
	nr, arch uint32
	args     [6]uint64
}

func (d *callData) word(off uint32) (uint32, bool) {
	switch {
	case off == offNumber:
		return d.nr, true
	case off == offArch:
		return d.arch, true
	case off >= offArgs && off < offArgs+48 && off%4 == 0:
		v := d.args[(off-offArgs)/8]
		if off%8 == 4 {
			v >>= 32
		}
		return uint32(v), true
	}
	return 0, false
}

// interpret runs a program as the kernel would, with its checks: bounds, known
// instructions, jumps forward only.
func interpret(t testing.TB, prog []byte, d *callData) uint32 {
	t.Helper()
	var a uint32
	for pc := 0; ; pc++ {
		if 8*pc+8 > len(prog) {
			t.Fatalf("program runs off its end at instruction %d", pc)
		}
		i := prog[8*pc:]
		code, jt, jf, k := binary.NativeEndian.Uint16(i), int(i[2]), int(i[3]), binary.NativeEndian.Uint32(i[4:])
		jump := func(yes bool) int {
			if yes {
				return jt
			}
			return jf
		}
		switch code {
		case unix.BPF_LD | unix.BPF_W | unix.BPF_ABS:
			v, ok := d.word(k)
			if !ok {
				t.Fatalf("instruction %d loads from offset %d", pc, k)
			}
			a = v
		case unix.BPF_ALU | unix.BPF_AND | unix.BPF_K:
			a &= k
		case unix.BPF_JMP | unix.BPF_JA:
			pc += int(k)
		case unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K:
			pc += jump(a == k)
		case unix.BPF_JMP | unix.BPF_JGT | unix.BPF_K:
			pc += jump(a > k)
		case unix.BPF_JMP | unix.BPF_JGE | unix.BPF_K:
			pc += jump(a >= k)
		case unix.BPF_RET | unix.BPF_K:
			return k
		default:
			t.Fatalf("instruction %d has unknown code %#x", pc, code)
		}
	}
}
