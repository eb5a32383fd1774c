// Package sandbox decides how a service's process comes to be: it turns an OCI
// runtime spec (specs-go) and the files that belong to it into the list of
// system calls that package program runs. It starts nothing.
//
// # A start, in order
//
//	cgroup      a namespace of the group that it was born in, if it was
//	join        the net namespace that was made ahead, and those that it shares with
//	            another container (share.go); the others come with clone
//	name        host and domain name
//	root        overlay of our base layer, the image and the container's writable
//	            layer, made ahead without being mounted anywhere; or, without an
//	            image, an empty tmpfs, read-only in the end, with the host's
//	            top-level directories bound read-only (one in which a mount point
//	            is missing is rebuilt, entry by entry) and /etc below files of ours
//	            (etc.go)
//	kernel      /proc, /dev (mode 755: with 1777 the kernel refuses O_CREAT on the
//	            nodes bound into it), /dev/pts, /dev/shm, /dev/mqueue, /sys,
//	            /sys/fs/cgroup; masked and read-only paths
//	mounts      ours (hosts, hostname, resolv.conf), then the service's, parents first
//	pivot       pivot_root, old root detached, working directory inside
//	hand over   in another's pid namespace only: a process born in there goes on
//	lock        session keyring, resource limits, seccomp, bounding set, groups, ids,
//	            capabilities, close-on-exec for all but 0-2, signal mask, execve
//
// # What must hold
//
//   - Targets are resolved ahead, below the root, through the mounts that will
//     lie on it (view.go); the list opens the result name by name with O_NOFOLLOW
//     and mounts on descriptors. A link planted in an image leads nowhere
//     outside, one that is put on a shared volume meanwhile stops the start. None
//     of this needs openat2(2), which the seccomp filters of older container
//     engines refuse.
//   - Mount points are made before the sandbox exists, in the overlay, by
//     safepath; below a volume and in our own tmpfs by mkdirat, which follows no
//     link either.
//   - Nothing is mounted on / or below /proc.
//   - Before the working directory is entered no descriptor is left but 0-2 and
//     the pipe that a failure is reported to; where there is a hand-over, also its
//     socket and the pipe that the process waits for.
//   - A mask that cannot be put in place fails the start.
//   - Without no_new_privs seccomp has to be loaded while CAP_SYS_ADMIN is there,
//     so before the capabilities go; with it, last (seccomp(2)).
//   - The capability sets of the started program: bounding, permitted and
//     effective as the spec says, inheritable and ambient empty (CVE-2022-29162).
//
// A command in a running container ([Join]) takes the same last part; it enters
// the namespaces by the pidfd of the container's first process, and cannot be
// traced meanwhile (not dumpable, and with more capabilities than those inside).
package sandbox
