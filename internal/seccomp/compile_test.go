package seccomp

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// sets are capability sets that change the profile.
var sets = map[string][]string{
	"none":    nil,
	"default": {"CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_NET_RAW", "CAP_SYS_CHROOT"},
	"admin":   {"CAP_SYS_ADMIN", "CAP_SYS_CHROOT"},
	"many": {"CAP_BPF", "CAP_PERFMON", "CAP_SYS_ADMIN", "CAP_SYS_PTRACE", "CAP_SYS_BOOT", "CAP_SYS_MODULE",
		"CAP_SYS_TIME", "CAP_SYSLOG", "CAP_SYS_NICE", "CAP_DAC_READ_SEARCH", "CAP_SYS_RAWIO"},
}

func profile(t testing.TB, caps []string, tokens ...specs.Arch) *specs.LinuxSeccomp {
	t.Helper()
	p, err := DefaultProfile(caps)
	if err != nil {
		t.Skip(err)
	}
	if len(tokens) > 0 {
		p.Architectures = tokens
	}
	return p
}

// agree compares program and profile for every number from 0 to 600 (and
// around the x32 and Arm bases) of an architecture, with probing arguments.
func agree(t testing.TB, p *specs.LinuxSeccomp, tokens ...specs.Arch) {
	t.Helper()
	prog, err := Compile(p)
	if err != nil {
		t.Fatal(err)
	}
	values := probes(p)
	for i := range arches {
		a := &arches[i]
		listed := false
		for _, tok := range tokens {
			listed = listed || tok == a.token
		}
		if !listed {
			continue
		}
		rules := newNaive(p, a)
		var numbers []uint32
		for nr := range uint32(601) {
			numbers = append(numbers, a.base+nr)
		}
		if a.private < x32Bit {
			numbers = append(numbers, 0xeffff, 0xf0000, 0xf0001, 0xf0002, 0xf0003, 0xf0005, 0xf0006, 0xf0007)
		}
		for _, nr := range numbers {
			for _, v := range values {
				d := callData{nr: nr, arch: a.audit}
				for n := range d.args {
					d.args[n] = v
				}
				d.args[1] ^= 1 << 40 // not all alike
				want, got := rules.answer(t, nr, d.args), interpret(t, prog, &d)
				if want != got {
					t.Fatalf("%s: call %d, argument %#x: filter answers %#x, profile %#x", a.token, nr, v, got, want)
				}
			}
		}
	}
}

func TestDefaultAgreesWithProfile(t *testing.T) {
	x86 := []specs.Arch{specs.ArchX86_64, specs.ArchX86, specs.ArchX32}
	arm := []specs.Arch{specs.ArchAARCH64, specs.ArchARM}
	for name, caps := range sets {
		t.Run(name, func(t *testing.T) {
			agree(t, profile(t, caps, x86...), x86...)
			agree(t, profile(t, caps, arm...), arm...)
		})
	}
}

func TestUnlistedArchitecturesAreKilled(t *testing.T) {
	prog, err := Compile(profile(t, nil, specs.ArchX86_64))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []callData{
		{nr: 0, arch: unix.AUDIT_ARCH_I386},
		{nr: 0, arch: unix.AUDIT_ARCH_AARCH64},
		{nr: 0, arch: 0},
		{nr: x32Bit, arch: unix.AUDIT_ARCH_X86_64},
		{nr: ^uint32(0), arch: unix.AUDIT_ARCH_X86_64},
	} {
		if got := interpret(t, prog, &d); got != retKillProcess {
			t.Errorf("call %#x of architecture %#x: %#x, want kill", d.nr, d.arch, got)
		}
	}
}

// randomProfile has every comparison, rules with several conditions, and
// enough of them to need jumps beyond 255 instructions.
func randomProfile(r *rand.Rand, rules int) *specs.LinuxSeccomp {
	ops := []specs.LinuxSeccompOperator{specs.OpNotEqual, specs.OpLessThan, specs.OpLessEqual, specs.OpEqualTo,
		specs.OpGreaterEqual, specs.OpGreaterThan, specs.OpMaskedEqual}
	acts := []specs.LinuxSeccompAction{specs.ActAllow, specs.ActErrno, specs.ActKill, specs.ActLog, specs.ActTrap, specs.ActTrace}
	values := []uint64{0, 1, 38, 1 << 31, 1<<32 - 1, 1 << 32, 1<<32 + 5, 1 << 63, ^uint64(0)}
	p := &specs.LinuxSeccomp{DefaultAction: acts[r.IntN(2)], Architectures: []specs.Arch{specs.ArchX86_64, specs.ArchX32}}
	for range rules {
		e := uint(r.IntN(100) + 1)
		sc := specs.LinuxSyscall{Names: []string{tableX8664[r.IntN(len(tableX8664))].name}, Action: acts[r.IntN(len(acts))], ErrnoRet: &e}
		for range r.IntN(4) {
			sc.Args = append(sc.Args, specs.LinuxSeccompArg{Index: uint(r.IntN(6)), Value: values[r.IntN(len(values))],
				ValueTwo: values[r.IntN(len(values))], Op: ops[r.IntN(len(ops))]})
		}
		for _, a := range sc.Args { // a 32-bit argument compared with more than 32 bits is compared whole
			if intArgs[sc.Names[0]]&(1<<a.Index) != 0 {
				sc.Args = nil
			}
		}
		p.Syscalls = append(p.Syscalls, sc)
	}
	return p
}

func TestRandomProfiles(t *testing.T) {
	for seed := range uint64(15) {
		p := randomProfile(rand.New(rand.NewPCG(seed, 1)), 60)
		agree(t, p, specs.ArchX86_64, specs.ArchX32)
	}
}

func TestCompileRefuses(t *testing.T) {
	big := uint(5000)
	call := func(a specs.LinuxSeccompAction, e *uint, args ...specs.LinuxSeccompArg) *specs.LinuxSeccomp {
		return &specs.LinuxSeccomp{DefaultAction: specs.ActErrno, Architectures: []specs.Arch{specs.ArchX86_64},
			Syscalls: []specs.LinuxSyscall{{Names: []string{"read"}, Action: a, ErrnoRet: e, Args: args}}}
	}
	long := call(specs.ActAllow, nil)
	for i := range 1500 {
		long.Syscalls = append(long.Syscalls, specs.LinuxSyscall{Names: []string{"write"}, Action: specs.ActAllow,
			Args: []specs.LinuxSeccompArg{{Index: 0, Value: uint64(i), Op: specs.OpEqualTo}}})
	}
	for want, p := range map[string]*specs.LinuxSeccomp{
		"needs a listener":          call(specs.ActNotify, nil),
		"unknown action":            call("SCMP_ACT_MAYBE", nil),
		"above 4095":                call(specs.ActErrno, &big),
		"argument 6 does not exist": call(specs.ActAllow, nil, specs.LinuxSeccompArg{Index: 6, Op: specs.OpEqualTo}),
		"unknown comparison":        call(specs.ActAllow, nil, specs.LinuxSeccompArg{Op: "SCMP_CMP_ABOUT"}),
		"BPF instructions":          long,
		"default action":            {},
		"no table of system calls":  {DefaultAction: specs.ActAllow, Architectures: []specs.Arch{specs.ArchPPC}},
	} {
		if _, err := Compile(p); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

func TestTables(t *testing.T) {
	for _, c := range []struct {
		token specs.Arch
		name  string
		want  uint32
	}{
		{specs.ArchX86_64, "read", 0}, {specs.ArchX86_64, "umount2", 166}, {specs.ArchX86_64, "openat2", 437},
		{specs.ArchX86, "socketcall", 102}, {specs.ArchX86, "_llseek", 140}, {specs.ArchX86, "clone3", 435},
		{specs.ArchX32, "execve", x32Bit + 520}, {specs.ArchX32, "openat", x32Bit + 257},
		{specs.ArchAARCH64, "openat", 56}, {specs.ArchARM, "set_tls", 0xf0005}, {specs.ArchARM, "open", 5},
	} {
		for i := range arches {
			if a := &arches[i]; a.token == c.token {
				if got, ok := a.number(c.name); !ok || got != c.want {
					t.Errorf("%s %s: %d (%t), want %d", c.token, c.name, got, ok, c.want)
				}
			}
		}
	}
	for i := range arches {
		for n, e := range arches[i].table[1:] {
			if arches[i].table[n].name >= e.name {
				t.Fatal(fmt.Sprint(arches[i].token, ": table is not sorted at ", e.name))
			}
		}
	}
}

func TestDefaultIsSmallAndCached(t *testing.T) {
	a, err := Default([]string{"CAP_CHOWN", "CAP_KILL"})
	if err != nil {
		t.Skip(err)
	}
	b, err := Default([]string{"CAP_KILL", "CAP_CHOWN", "CAP_KILL"})
	if err != nil {
		t.Fatal(err)
	}
	if &a[0] != &b[0] {
		t.Error("the same set in another order was compiled again")
	}
	t.Logf("default profile: %d instructions", len(a)/8)
	if len(a)/8 > 1000 {
		t.Errorf("%d instructions; it had below 700 when this was written", len(a)/8)
	}
}

func BenchmarkDefault(b *testing.B) {
	for b.Loop() {
		p := profile(b, sets["default"])
		if _, err := Compile(p); err != nil {
			b.Fatal(err)
		}
	}
}
