// Package delegate finds the place in the cgroup v2 hierarchy where a project may
// make groups of its own, and puts our processes there.
//
// # Model
//
// D is the subtree of one project: a directory that is delegated to us (kernel,
// Documentation/admin-guide/cgroup-v2.rst, "Delegation"). It comes from the first
// of these that works; each is tried for real.
//
//	handed over   D is a directory below the one that MOCKER_CGROUP names. Who says so
//	              means it: nothing else is tried
//	systemd       D is a transient scope with Delegate=yes, mocker-compose-PROJECT.scope,
//	              of the user's manager (of the system's for root)
//	current       D is a directory below the cgroup that we are in, when that is ours to
//	              write and holds no process of anybody else
//	none          a [NoneError] says why, and what changes it
//
//	D                    no process: the kernel wants none beside children with controllers
//	├─ holder            leaf: the project holder, the supervisor and their helpers
//	└─ web-1.4           one directory for each run of a container (package cgroup)
//
// The user holder is not in D: it outlives projects. It has a scope of its own, or,
// where the groups are below the current cgroup, the leaf mocker-compose.holder there.
//
// # Who does what
//
// The supervisor calls [Obtain] beside its preparations, and waits for it before the
// first start. What talks to systemd is a process of its own for each question
// (package systemd below this one, role [Role]): D-Bus costs initialisation that
// commands like ps must not pay. D is on record in the project's run directory, so
// that the next supervisor finds it again and comes back into its leaf.
//
// # Limits
//
// systemd is asked to move processes that we may not move (those of a login session
// belong to the system's manager). Where it cannot, there is no D.
package delegate
