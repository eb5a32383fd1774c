// Package cgroup is the subtree of the cgroup v2 hierarchy that a project was
// given, and the groups of its containers in it.
//
//	D                  the delegated directory; no process in it, ever
//	├─ holder          leaf: project holder, supervisor, and what helps them
//	├─ batch           what cgroup_parent asks for, with groups in it; see parent.go
//	├─ app-web-1.3     leaf: the third run of a container; its limits, its end
//	└─ app-db-1.1
//
// It knows files of the kernel (Documentation/admin-guide/cgroup-v2.rst) and the
// resources of the OCI runtime spec. Where D comes from is package delegate's.
//
// # Two rules
//
//   - No process is in an inner node. A group that has processes of its own cannot
//     give controllers to its children (cgroup-v2.rst, "No Internal Process
//     Constraint"). So D enables them when nothing is left in D itself, and
//     everything of ours is in D/holder.
//   - One writer. Below D only the supervisor of the project makes, changes and
//     removes anything; its successor takes it over by looking at D.
//
// # A group, in states
//
//	state     how it came here          what may be done
//	fresh     Make                      births, Set, Freeze, Kill, Remove
//	frozen    Freeze; frozen 1 in       Thaw, Set, Kill, Remove; births stand still
//	          cgroup.events
//	killed    Kill                      Remove and nothing else: see below
//	empty     populated 0               Remove
//	removed   Remove                    nothing
//
// A group is never used for two runs. Once cgroup.kill was written, a process
// that is born into the group is killed at once (seen on Linux 6.1, 6.12 and 6.18).
//
// # What must hold
//
//   - Everything is opened below the descriptor of D, one name at a time, without
//     following links. Paths are for messages.
//   - What the kernel refuses, or has no controller for, is told as [Unmet] and
//     stops nothing.
//   - No wait is without an end: the caller's context, or [Patience].
package cgroup
