// Package rootless keeps namespaces alive and starts processes in them, as a
// plain user. Nothing here parses what a user wrote.
//
//	command line ──(user.sock)──▶ user holder       owns the user namespace U and a mount
//	                              │  (host net ns)   namespace; starts and watches the two below
//	                              ├─▶ supervisor P   (U, host net ns): decides everything about P;
//	                              │                  when it dies and P's holder lives, it is
//	                              │                  started again and adopts
//	                              └─▶ project holder pid 1 of P's pid namespace; keeps open files for
//	                                  │              the supervisor, P's router net namespace among
//	                                  │              them; forks sandboxes, records how they ended
//	                                  ├─ web-1       pid 1 of its own pid namespace
//	                                  └─ db-1
//
// # What must hold
//
//   - The project holder's death ends the project: the kernel kills all of its
//     pid namespace, and with it go net namespaces, mounts and sockets.
//   - The supervisor's death ends nothing: what has to survive it is in the
//     project holder's store (named open files) and table (children and exits).
//   - The user holder's death ends nothing: the next command starts another one
//     inside the same user namespace, which watches the survivors.
//   - Processes are known by pidfd; a pid is only ever used while its process is
//     our unreaped child.
//   - Nobody joins a user namespace from Go, which cannot (setns(2): EINVAL in a
//     process with threads); the stub of package program can.
//
// # Hand-off of a start
//
//	supervisor                     project holder              child
//	program + files  ──launch──▶   clone (namespaces)  ─────▶  runs the list
//	pidfd            ◀──answer──   table: id, pid              ...
//	status pipe: {step, errno} or EOF ◀──────────────────────  execve
//	exit event       ◀───────────  wait                 ◀───── end
//
// With a cgroup the child is born in it, and makes its cgroup namespace itself. Who
// comes into one that others are in does not share our memory on its way (package birth).
//
// Everything the service needs (network, names, ports, log pipes) exists before
// launch, so there is nothing to wait for between set-up and execve. The record
// of a start is the holder's table: it knows the child before the supervisor does.
// EOF without a report means that the program of the service runs; a report, that
// it never did. The supervisor ends a child that has done neither in 30 s.
//
// # The user namespace
//
// One per user: 0 is the caller, the ids above come from subuid(5) and subgid(5)
// through newuidmap(1). Without them there is id 0 alone, which is said. Root maps
// every id that it has itself.
package rootless
