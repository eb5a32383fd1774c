// Package tty is the user's terminal while a container's takes its place.
//
// # Model
//
//	Terminal  a command's (exec): what is typed goes to the master, what comes out of it
//	          to ours, to the last byte after the command has ended
//	Console   a container's (run, attach): only what is typed, and the size; what it
//	          shows comes by its log. It can be left by a sequence of keys
//	Is, Size  of any file
//
// # Invariants
//
//   - Our terminal is given back as it was found, by Close.
//   - The size follows ours (SIGWINCH).
//   - A master belongs to whom it was given, also after an error.
//   - Is and Size do not make a file blocking, as File.Fd does.
//
// # Limits
//
// A read of the user's terminal cannot be interrupted: what reads it ends with the process.
package tty
