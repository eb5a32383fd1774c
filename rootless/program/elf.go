package program

import (
	"debug/elf"
	"encoding/binary"
)

// image makes an executable of code and data (elf(5)): two loadable segments
// at fixed addresses, and a stack that is not executable.
func image(code, data []byte) []byte {
	ne := binary.NativeEndian
	dataAt := pageSize + (len(code)+pageSize-1)/pageSize*pageSize
	b := make([]byte, dataAt+len(data))
	copy(b, []byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)})
	ne.PutUint16(b[16:], uint16(elf.ET_EXEC))
	ne.PutUint16(b[18:], uint16(machine))
	ne.PutUint32(b[20:], uint32(elf.EV_CURRENT))
	ne.PutUint64(b[24:], codeBase)
	ne.PutUint64(b[32:], 64) // program headers follow this header
	ne.PutUint16(b[52:], 64)
	ne.PutUint16(b[54:], 56)
	ne.PutUint16(b[56:], 3)
	segment := func(i int, typ elf.ProgType, flags elf.ProgFlag, off, addr, size int) {
		h := b[64+56*i:]
		ne.PutUint32(h[0:], uint32(typ))
		ne.PutUint32(h[4:], uint32(flags))
		ne.PutUint64(h[8:], uint64(off))
		ne.PutUint64(h[16:], uint64(addr))
		ne.PutUint64(h[24:], uint64(addr))
		ne.PutUint64(h[32:], uint64(size))
		ne.PutUint64(h[40:], uint64(size))
		ne.PutUint64(h[48:], pageSize)
	}
	segment(0, elf.PT_LOAD, elf.PF_R|elf.PF_X, pageSize, codeBase, len(code))
	segment(1, elf.PT_LOAD, elf.PF_R|elf.PF_W, dataAt, dataBase, len(data))
	segment(2, elf.PT_GNU_STACK, elf.PF_R|elf.PF_W, 0, 0, 0)
	copy(b[pageSize:], code)
	copy(b[dataAt:], data)
	return b
}
