package program

import "debug/elf"

const (
	machine  = elf.EM_AARCH64
	pageSize = 0x10000 // the largest that kernels are built with
)
