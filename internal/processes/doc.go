// Package processes reads from /proc what top shows: the processes of a
// container, as the host sees them.
//
// # Model
//
//	Members   pids of one pid namespace, found by the pid of its first process
//	Describe  what ps -ef says of one process
//
// A container's processes are those whose pid namespace (/proc/PID/ns/pid) is the
// one of its first process: also a command of exec, whose parent is outside. Of
// containers that share a pid namespace it is the mount namespace that counts.
// Pids are the host's; user ids are those inside, translated by the map of the
// process's user namespace (user_namespaces(7)).
//
// # Limits
//
// A list is no snapshot: what ends while it is read is left out. Nested pid
// namespaces, of a container in the container, are not looked into.
package processes
