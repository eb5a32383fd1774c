// Package birth starts a process in a cgroup, from one that must not suffer with it.
//
// Go's own way (os/exec, syscall.ForkExec) is that of vfork(2): until the child
// executes its program it has the parent's memory, and the parent stands still in
// a system call of which the Go scheduler knows nothing. With a child that is born
// in the cgroup of somebody else's processes this is no good:
//
//   - When these have used up the group's memory and memory.oom.group is set, the
//     kernel kills all of the group, and with each process those that share its
//     memory (mm/oom_kill.c): the parent.
//   - When they have used up the group's processor time (cpu.max), the child waits
//     for the next period before it comes to execve, and the parent with it.
//   - When the group is frozen, both stand still until it is thawed.
//
// So the child gets a copy of the memory, which takes most of a millisecond more.
// It runs no Go, but a few bare system calls, as between fork and exec in any program
// with threads. In a fresh group none of the above can happen, and Go's way is good.
package birth
