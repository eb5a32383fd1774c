// Package kernel is all that the supervisor needs of a kernel: the Runtime
// interface, and the values that it is about. A Container is what is to exist; a
// Run is one episode of its life, or of a command executed in it; an Exit is how a
// run ended. Package internal/host is the real one, the supervisor's tests have
// one without any kernel behind it.
package kernel
