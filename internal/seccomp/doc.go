// Package seccomp turns a system call profile into a BPF program.
//
// # Purpose
//
// Containers run with moby's default profile (github.com/moby/profiles). A
// container runtime usually hands such a profile to libseccomp, which is C.
// Here it is compiled by about 300 lines of Go, and to a shape that costs
// less per call: a binary tree instead of a list of 350 comparisons.
//
// # Model
//
//	profile ──rules per number──> leaves ──merge neighbours──> spans ──> tree ──> sock_filter[]
//
// For each architecture of the profile, every system call number has a leaf:
// its conditional rules in order, then the action when none matches.
// Neighbouring numbers with the same plain action become one span, and the
// spans become a balanced tree of "number >= X" tests: seven to nine tests for
// any call. Building the default takes about 0.3 ms, once per capability set. The kernel also runs the program once per number at load time and
// keeps a bitmap of those that are always allowed (since 5.11), so these cost
// nothing; what we use (ld nr/arch, jumps, ret) is what it understands.
//
// The program starts by the architecture check; x32 is a range of numbers
// (bit 30) of x86_64, not an architecture of its own.
//
// # Rules
//
//   - Rules of one call are tried in the order of the profile, those with
//     conditions first. Conditions of one rule must all hold, except that a
//     rule that tests one argument twice means "one of them", as in runc.
//   - A number above the highest that the profile names gets ENOSYS, not the
//     default error: it is a call newer than the profile, and programs fall
//     back on ENOSYS only.
//   - An unknown architecture kills the process, and so does the x32 range
//     when the profile does not list x32, as libseccomp does.
//   - Arguments that the kernel takes as int are compared by their low 32
//     bits (see intArgs). Otherwise socket(1<<32|AF_ALG) is, to a 64-bit
//     comparison, a family above AF_VSOCK, and passes; the kernel then cuts
//     it to AF_ALG.
//   - Names that an architecture does not have are skipped.
//
// # Limits
//
// Architectures: x86_64 with i386 and x32, aarch64 with arm. Little endian
// only. SCMP_ACT_NOTIFY is refused: nobody listens. On i386 socketcall(2) is
// allowed by the profile and takes its arguments in memory, so no filter can
// see the address family there.
package seccomp

//go:generate go run gen.go
