// Package groups gives every run of a container a cgroup of its own, and takes it back.
//
// # Model
//
// A [Keeper] belongs to one supervisor. It obtains the project's subtree D (package
// rootless/delegate) beside the supervisor's other preparations, and keeps it until the
// supervisor ends. The group of a run is D/NAME.RUN (package rootless/cgroup).
//
//	Open ──▶ D is being obtained ──▶ found ── Adopt(known) ──▶ ready
//	                                   │                         │
//	       lookups wait for this: pause, ends of runs            new groups wait for this
//
// Between found and ready the groups of runs that nobody knows are removed, so that no
// new run meets what an earlier one has left.
//
//	fresh    Make: the group is there, with its limits, and nobody is in it
//	used     main process, commands and health checks are born in it (Enter)
//	frozen   Freeze; no birth is under way then, and none begins
//	over     the main process has ended: OOM tells whether memory was the cause
//	gone     Release: whatever is left in it was killed, and it is removed
//
// # Invariants
//
//   - A group is for one run. After cgroup.kill the kernel kills what is born in it.
//   - While a group is frozen, nobody is born into it: the project holder, which forks
//     all children, would stand still with the new one until it executes its program.
//   - What the kernel counts (memory.events) is read before the group is removed.
//   - Without D all calls say that there is no group, and the caller does without.
//
// # Adoption
//
// Nothing is on record here. The names say which run a group belongs to, the kernel
// knows whether it is frozen and whom it killed; so a supervisor that takes over finds
// an end for want of memory told as if it had been there.
//
// # Limits
//
// A run that was started without a group never gets one. How D comes to be is decided
// once in a supervisor's life.
package groups
