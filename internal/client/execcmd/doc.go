// Package execcmd is `exec`: a command in a container that runs, on our own standard files
// or on a terminal of its own.
//
// # Invariants
//
//   - Without a terminal the command has our own files, or pipes to them (package bridge):
//     no byte of it passes through the supervisor, and it may be killed meanwhile.
//   - With one, our terminal is raw while the command runs, has its size, and is given back
//     as it was found on every way out.
//   - The exit code is the command's.
//   - A supervisor that died before it heard the request is followed by another, which is
//     asked. One that had heard it is not: the command may have had effects.
package execcmd
