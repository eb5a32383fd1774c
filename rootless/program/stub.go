//go:build amd64 || arm64

package program

// HasStub tells whether this architecture has the stub.
const HasStub = true

// stub and stubEnd enclose the interpreter's code; nobody calls them.
func stub()
func stubEnd()

// stubCode is the interpreter's code, in our own text: not to be written to.
func stubCode() []byte
