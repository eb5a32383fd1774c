// Package reach finds the supervisor of a project and speaks with it: one request per
// connection, over the socket in the project's run directory.
//
// # How
//
//	Asking    waits for a supervisor that is just being replaced, and starts nothing:
//	          who only looks must not bring anything to life
//	Starting  starts holders and supervisor where they do not run
//
// A holder that lives without a supervisor is about to have one again, within
// [reconnectTime]. A holder that does not live means [ErrNotRunning].
//
// # Invariants
//
//   - A supervisor that dies in the middle of a request is followed by another, which is
//     asked the same again: requests are idempotent. So many deaths under one request
//     that it looks like the request's fault end it ([Patience]); those do not count
//     that come before it has its turn.
//   - What the user should know of the machine is said once, however often a start is
//     tried ([Supervisors.Ensure]).
//   - Every connection ends with its context.
//
// # Limits
//
// There is no event for a socket that is not there yet: until it is, it is tried again,
// after pauses of 5 to 100 ms.
package reach
