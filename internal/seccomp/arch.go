package seccomp

import (
	"slices"
	"strings"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// syscallNumber is a row of a generated table.
type syscallNumber struct {
	name   string
	number uint32
}

// arch is one architecture of a profile.
type arch struct {
	token specs.Arch
	audit uint32          // what seccomp_data.arch holds
	base  uint32          // added to every number
	table []syscallNumber // sorted by name
	extra []syscallNumber // numbers that are not in table, or differ
	// private is where numbers outside of the common space begin; they say
	// nothing about how new a call is.
	private uint32
}

// x32Bit marks the calls of the x32 ABI (asm/unistd.h, __X32_SYSCALL_BIT).
const x32Bit = 0x40000000

var arches = []arch{
	{token: specs.ArchX86_64, audit: unix.AUDIT_ARCH_X86_64, table: tableX8664, private: x32Bit},
	{token: specs.ArchX32, audit: unix.AUDIT_ARCH_X86_64, base: x32Bit, table: tableX8664, extra: x32Extra, private: 2 * x32Bit},
	{token: specs.ArchX86, audit: unix.AUDIT_ARCH_I386, table: tableI386, private: x32Bit},
	{token: specs.ArchAARCH64, audit: unix.AUDIT_ARCH_AARCH64, table: tableAarch64, private: x32Bit},
	{token: specs.ArchARM, audit: unix.AUDIT_ARCH_ARM, table: tableArm32, extra: armExtra, private: 0xf0000},
}

// armExtra are the private calls of 32-bit Arm (asm/unistd.h, __ARM_NR_BASE).
var armExtra = []syscallNumber{
	{"breakpoint", 0xf0001}, {"cacheflush", 0xf0002}, {"usr26", 0xf0003},
	{"usr32", 0xf0004}, {"set_tls", 0xf0005}, {"get_tls", 0xf0006},
}

// x32Extra are the calls that have a number of their own in x32
// (arch/x86/entry/syscalls/syscall_64.tbl, rows of ABI x32). The kernel before
// 5.4 took the 64-bit numbers of these calls there too, and ran them; they
// stay unnamed and so refused.
var x32Extra = []syscallNumber{
	{"rt_sigaction", 512}, {"rt_sigreturn", 513}, {"ioctl", 514}, {"readv", 515},
	{"writev", 516}, {"recvfrom", 517}, {"sendmsg", 518}, {"recvmsg", 519},
	{"execve", 520}, {"ptrace", 521}, {"rt_sigpending", 522}, {"rt_sigtimedwait", 523},
	{"rt_sigqueueinfo", 524}, {"sigaltstack", 525}, {"timer_create", 526}, {"mq_notify", 527},
	{"kexec_load", 528}, {"waitid", 529}, {"set_robust_list", 530}, {"get_robust_list", 531},
	{"vmsplice", 532}, {"move_pages", 533}, {"preadv", 534}, {"pwritev", 535},
	{"rt_tgsigqueueinfo", 536}, {"recvmmsg", 537}, {"sendmmsg", 538}, {"process_vm_readv", 539},
	{"process_vm_writev", 540}, {"setsockopt", 541}, {"getsockopt", 542}, {"io_setup", 543},
	{"io_submit", 544}, {"execveat", 545}, {"preadv2", 546}, {"pwritev2", 547},
}

// Number is the number of a system call in one of the architectures that there
// are tables for.
func Number(token specs.Arch, call string) (int, bool) {
	for i := range arches {
		if arches[i].token == token {
			nr, ok := arches[i].number(call)
			return int(nr &^ x32Bit), ok
		}
	}
	return 0, false
}

// number finds a call by its name.
func (a *arch) number(name string) (uint32, bool) {
	for _, e := range a.extra {
		if e.name == name {
			return a.base + e.number, true
		}
	}
	i, ok := slices.BinarySearchFunc(a.table, name, func(e syscallNumber, name string) int {
		return strings.Compare(e.name, name)
	})
	if !ok {
		return 0, false
	}
	return a.base + a.table[i].number, true
}

// intArgs are the arguments, by call, that the kernel declares as a 32-bit
// type and that profiles compare; bit n stands for argument n. The upper half
// of the register does not reach the kernel's code, so it must not decide.
var intArgs = map[string]uint8{
	"socket":      0b111,
	"socketpair":  0b111,
	"personality": 0b001,
	"fcntl":       0b011,
	"ioctl":       0b011,
	"prctl":       0b001,
}
