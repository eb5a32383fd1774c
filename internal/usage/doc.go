// Package usage counts what containers use: processor time, memory, tasks, bytes
// of block devices, pressure.
//
// # Model
//
//	Subject  a run: its cgroup, if it has one, and its first process
//	Meter    reads all of them at once, as counters; who asks twice has rates
//
// While somebody looks, a Meter keeps the files of the cgroups open (Counter) and knows
// which process lives where; that and no system call too many is what makes fifty
// containers cheap.
//
// A cgroup counts all that was ever in it. What it does not count, because its
// controller was not delegated or there is none, is summed up over the processes
// of the container: those of its pid namespace or, where it shares that, of its mount
// namespace (scanner):
//
//	cpu      utime, stime, and those of the children that were waited for
//	memory   resident memory of each that is no file's (statm), and once what is
//	         shared, of the process that maps most
//	pids     threads
//	io       read_bytes and write_bytes, which include waited-for children
//
// Why statm and not smaps_rollup, whose Pss divides shared pages exactly: the latter
// walks the page tables of the process and holds its memory map's lock meanwhile,
// for milliseconds per gigabyte. A look at a program once a second must not slow it.
//
// # Invariants
//
//   - A figure is a number that was counted, or nil; never a guess at zero.
//   - What may only grow is not said to have shrunk within a run, but processor
//     time: a process whose parent is outside (exec) takes its time with it.
//
// # Limits
//
// Memory that a fork has not yet copied is counted for both. Processes that ended
// without being waited for inside are forgotten.
package usage
