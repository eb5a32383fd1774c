// Package stepgroup gives every RUN of a build a cgroup of its own.
//
// # Purpose
//
// What a step starts is counted apart from everything else of the user's (memory.peak,
// systemd-cgtop), has a bound on its processes as a service has that asks for none, is
// killed as one, and tells whether memory was short when it failed.
//
// # Model
//
// A [Keeper] belongs to one worker. It obtains a subtree D of the worker's own
// (rootless/delegate) beside the worker's other preparations; only a RUN waits for it.
//
//	D            mocker-compose-build-ID: a scope of systemd's, or a directory
//	├─ holder    the worker and its holder
//	└─ step-N    one RUN ([Keeper.Make]), until it has ended ([Group.End])
//
//	builds/ID.json  in the run dir: where D is, if it is a directory
//	builds/ID.lock  flock: the worker lives
//
// # Invariants
//
//   - A group is for one step. After cgroup.kill the kernel kills what is born in it.
//   - D goes with the worker. Of one that was killed, systemd removes the scope; a
//     directory is removed by the next worker, which finds the record without its lock.
//   - A machine without a place for groups builds as before: [Keeper.Why] has the
//     reason, for who wants to know why an end is not explained.
package stepgroup
