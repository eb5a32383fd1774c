// Package runcmd is `run` and `attach`: a client beside one container, whose output it shows,
// whose input it feeds, and whose end is its own.
//
// # Model
//
//	output   is read from the container's log: no supervisor and no other client is in the
//	         way of a byte, and rotation waits for us
//	input    a pipe or the container's terminal, which we feed directly
//	signals  go to the container once it runs; before, they end us
//
// # Invariants
//
//   - The container outlives us, and the supervisor: we chose its id, and whichever
//     supervisor comes next is asked to go on with it ([beside.follow]).
//   - All that the container wrote is shown before we end with its exit code. When our own
//     output is gone, that is said once, and the container goes on.
//   - Who leaves by the detach keys ends the command, not the container.
package runcmd
