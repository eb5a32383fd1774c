// Package confine takes from the current process what it does not need to
// unpack an archive, before it reads the first byte of it.
//
// # Purpose
//
// The unpacker resolves names below a descriptor and should need no walls. Should
// it, or a decompressor, have a hole, there is nothing behind it: no file outside
// of the tree, no network, no other process, no way to become more.
//
//	Attributes   for the start of the child: namespaces of its own
//	Enter        in the child, when all that it needs is open
//
// # Model
//
// The child is started by somebody who is root in a user namespace, as root of
// the same namespace, with Attributes. It opens the tree, gets its input as an
// open file, and calls Enter, which in this order
//
//  1. fails if directories outside of the tree are open: fchdir(2) and
//     openat(2) lead out of a chroot through them;
//  2. makes the tree the root and working directory (chroot(2); all threads of
//     a Go program share them), and sets the umask to 0;
//  3. sets no_new_privs and securebits that make uid 0 nobody special, empties
//     the ambient and inheritable sets, and leaves of the bounding, permitted and
//     effective sets what Kept lists: on every thread;
//  4. allows files below the tree only, none of them to be run, and no TCP, by
//     Landlock where the kernel has it;
//  5. forbids by seccomp the calls with which programs are started, sockets made,
//     namespaces, mounts, keys and other processes reached.
//
// # Invariants
//
//   - Nothing that Enter took can be had again: it ends with the process.
//   - All threads are alike. A thread that is started later inherits.
//   - An error means that the process is confined in part: the caller ends it.
//
// # Limits
//
// Without Landlock (before Linux 5.19, or not in the list lsm=) rule 4 is
// missing, and Enter says so. A program built with cgo cannot change all its
// threads in this way, and Enter fails. Memory and disk are bounded by the
// unpacker, not here.
package confine
