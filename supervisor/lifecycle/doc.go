// Package lifecycle keeps the containers of one project in their desired states: what a
// container can be, what can happen to it, and what is done then. Commands ask it for
// steps (Create, Start, Stop, Remove, Kill, Pause, Limit) and for moments to wait for.
//
// # Model
//
// A container (the record: Replica; the living object: Instance) has two axes.
// State is where it stands, Desired what is wanted of it. Why it does not run
// is a third value, Reason, never a further state.
//
//	creating   Runtime.Create is under way
//	created    exists, has never run
//	starting   Runtime.Start is under way
//	running    user code runs
//	paused     it is there, and none of its processes runs
//	stopping   runs, has been sent its stop signal; the grace period ticks
//	ending     the run is over, Runtime.Stopped drains its logs, frees its ports
//	waiting    will be started when its back-off is over
//	exited     has run, does not run
//	removing   Runtime.Remove is under way; then it is gone
//
//	           ┌────────── again, or a held one whose dependencies are back ─┐
//	creating → created → starting → running → [stopping] → ending → exited ──┤
//	                        ↑                                 └──→ waiting ──┘
//	                        └────────────────────────────────────────┘
//	running ⇄ paused → [stopping]
//	exited, created → removing → gone
//
// All that can happen to a container is an Event: six commands (start, stop,
// hold, remove, pause, unpause), the results of the runtime's calls, the end of a run, and
// three timers. The table in table.go has a cell for each state and event; to
// know what a stop does to a container that is ending, look there.
//
// # Two phases
//
// One goroutine, the loop, owns all of this. It takes every message that is
// there (phase 1): cells change states and queue actions; then what follows for
// others is settled: held containers whose conditions hold, waiters, idleness.
// Then it acts (phase 2): the record is written if an action needs it, and each
// action gets its own goroutine, whose result comes back as an event. Nothing
// is decided on half of the news, and fifty starts share one write.
//
// # Hooks
//
// A running container whose post_start is not done is not set up: no condition on it is
// met, and whoever started it waits (hooks.go). A stopping one whose pre_stop is not done
// has not been told. What is done is recorded before the next hook begins.
//
// # Limits of containers
//
// Limits change while a container runs (limits.go): the record first, with those
// before, then Runtime.Limit. Whoever adopts finishes it. What the kernel cannot lower
// is refused, and the record says again what it said.
//
// # Restarts
//
// When a run ends that nobody asked to end, the policy of the service decides
// (package policy), with docker's back-off: 100 ms, doubling to a minute, anew
// after a run of 10 s. A stop, or kill with a signal that ends things, makes
// the desire "stopped", which no policy overrides; the intent is on disk before
// the signal is sent.
//
// When a service is restarted, by a command, by being recreated, or by its
// policy after a crash, those dependents, and only those, that say
// restart: true are stopped and started when their conditions hold again. After
// a crash they are "held" meanwhile, which is recorded. A crashed service does
// not wait for its dependents to stop: it comes back as soon as it may.
//
// # Health
//
// A run is watched by its health check, by what its service says of its readiness
// (package ready), or by both, whose verdicts are joined (policy.Join). A verdict changes
// the record and wakes who waits. The record also keeps the last runs, who ended them and
// the last failure of a command, for those who ask why (internal/why).
//
// # Crash and adoption
//
// state.json holds one Record. It is written before every action whose loss
// would matter: create (what exists), start (the number of the run), stop and
// kill (the intent). Other changes follow within 100 ms. New reads it and asks
// Runtime.Adopt what still lives: runs go on, ends that nobody saw are handled
// like fresh ones, back-offs and stops are resumed, held containers stay held.
// What ran by the record but is not there vanished with the project's holder or
// with the machine (reason "lost"): no policy brings it back, the user does. A
// record that cannot be read is set aside, and the runtime is told that nothing
// is known. Health checks of a run go on from the recorded verdict, with one full
// interval of delay.
//
// # Invariants
//
//   - Only the loop changes an Instance; only enter changes a state.
//   - Calls to Runtime for one container never overlap (Exec, Signal, Kill,
//     Rewire and Limit aside), and each has a deadline.
//   - Every timer carries its instance's token and is void after any change of
//     state.
//   - All waits use the monotonic clock. The wall clock is shown, and bounds a
//     resumed back-off from above only.
//   - A full disk refuses creates and starts, never stops.
package lifecycle
