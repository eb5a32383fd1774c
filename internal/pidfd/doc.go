// Package pidfd refers to processes by file descriptor.
//
// # Purpose
//
// A pid may belong to somebody else a moment later; a pidfd (pidfd_open(2),
// Linux 5.3) refers to one process for ever. Signals are sent and ends awaited
// through it alone. No other package calls kill(2).
//
// # Model
//
// An FD is an open, non-blocking pidfd. It becomes readable when the process
// has ended, so waiting is the runtime's network poller's work: no thread is
// blocked, and a context ends the wait by moving the read deadline. Every wait
// has a duplicate of its own, so that many may wait and one's deadline is not
// another's.
//
// # Invariants
//
//   - Signal after the end fails with an error that wraps os.ErrProcessDone;
//     it can never reach another process.
//   - Waiting does not reap: whoever is the parent still gets the status.
//
// # Limits
//
// Open itself starts from a pid; the caller must know that the pid is still
// the one it means (it is the parent and has not reaped, or it compares the
// start time afterwards). PID needs a /proc of the caller's pid namespace.
package pidfd
