// Package host is where the supervisor meets the kernel: [Runtime] carries out
// supervisor.Runtime with rootless, netstack, rootfs, seccomp and logs, and
// [RunSupervisor] is the body of a supervisor process. It is the only package
// that knows both sides.
//
// # Its parts
//
// Here is what holds a container together: its record, its life from Create to Remove, and
// what containers have of each other. The rest is in packages below, which know neither
// the Runtime nor a record of it:
//
//	roots, images, ownfiles     the root file system, and whose files it has
//	mounts, contents            volumes, binds, configs and secrets
//	netspec                     what the file wants, in netstack's terms
//	ocispec, bounds, devices    what process it is, with which rights and limits
//	launch, copies              to have that started; cp
//	logpipes, terminal, notify  what it writes, shows and tells
//	groups, pids, mountns       its processes
//	kept                        what outlives us
//
// # What a container owns, and who keeps it
//
//	net namespace, resolver sockets, port listeners   holder's store, by netstack
//	ends of the log pipes "log/NAME/stdout|stderr/r|w" holder's store, by this package
//	master of its terminal "tty/NAME", writing end of
//	an open standard input "stdin/NAME"                holder's store, by this package
//	processes "NAME/RUN", "NAME/exec-N", "NAME/execd-N" holder's table
//	cgroup NAME.RUN of the latest run                  the kernel, below the project's, by groups
//	hosts, hostname, resolv.conf; a record of
//	addresses, bound ports, root file system           holder's scratch directory, NAME.*
//	its copies of configs and secrets                  holder's scratch directory, files/NAME
//	volumes in memory                                  holder's mount namespace, on scratch/volumes
//	writable layer, logs, names of its volumes         data dir, c/NAME
//
// So a supervisor that dies loses nothing; [Runtime.Adopt] finds all of it again.
// What is in the store or the table and belongs to no known container is closed
// or killed at adoption; what is on disk goes with the container.
//
// A run's cgroup is removed when the run has ended and its end is told: until then the
// kernel's count in it says whether memory was the cause.
//
// What a terminal shows is moved into the log by splice(2): a supervisor that
// dies loses nothing of it either.
//
// An attached exec ("exec-N") ends with its supervisor, since nobody is left to
// tell its exit to; a detached one ("execd-N") goes on.
package host
