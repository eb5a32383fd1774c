//go:build !amd64

package program

// HasStub tells whether this architecture has the stub.
const HasStub = false

func stubCode() []byte { return nil }
