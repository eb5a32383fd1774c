//go:build !amd64 && !arm64

package program

import "debug/elf"

// HasStub tells whether this architecture has the stub.
const HasStub = false

const (
	machine  = elf.EM_NONE
	pageSize = 0x1000
)

func stubCode() []byte { return nil }
