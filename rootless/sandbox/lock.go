package sandbox

import (
	"encoding/binary"
	"os"
	"path"
	"strconv"
	"strings"
	"sync"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/capability"
	"github.com/mocker-compose/mocker-compose/internal/seccomp"
	"github.com/mocker-compose/mocker-compose/internal/ulimit"
)

// lock is what the last part needs beside the process.
type lock struct {
	filter     seccomp.Program
	singleID   bool // no id but 0 is mapped
	keepGroups bool // setgroups(2) is not called
	keyring    keyrings
	init       bool // an init of ours stays above the process
	inside     bool // it goes to a running container: hand over to a process in there
	late       bool // then the filter is loaded by that process
}

// lock is the last part of every start and exec. The order matters; each step
// says what it stops.
func (b *builder) lock(p *specs.Process, l lock) {
	b.mark("set the bounds")
	b.keyring(l.keyring)
	early := !l.inside || !l.late
	if !l.inside {
		b.limits(p.Rlimits)
		b.affinity(p)
	}
	if early && !p.NoNewPrivileges {
		b.seccomp(l.filter) // needs CAP_SYS_ADMIN, which goes below
	}
	if l.inside && !early {
		b.handOver(p)
		if !p.NoNewPrivileges {
			b.seccomp(l.filter)
		}
	}
	b.dropBounding(p.Capabilities)
	b.become(p.User, l)
	b.capset(p)
	if p.NoNewPrivileges {
		b.do("set no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
		b.seccomp(l.filter)
	}
	b.do("set umask", unix.SYS_UMASK, umaskOf(p.User))
	if l.inside && early {
		b.handOver(p)
	}
	if p.Terminal {
		b.do("take the terminal", unix.SYS_IOCTL, 0, unix.TIOCSCTTY, 0)
	}
	// CVE-2024-21626, CVE-2016-9962: no descriptor of ours beyond this point.
	b.do("close our descriptors", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	b.signals()
	if l.init {
		b.Program.Fork()
	}
	b.mark(ExecWhat + commandOf(p))
	b.exec(p)
}

// handOver lets a process go on that is born in the container's pid namespace.
// What is seen in there must have nothing that the container has not: a process
// with CAP_SYS_PTRACE inside (cap_add, privileged) may read its memory, take its
// descriptors and make it do what it likes, dumpable or not, since all
// containers but those of an exchange are in the same user namespace (CVE-2016-9962). So the namespaces
// are joined, the descriptors closed and the bounds set before.
func (b *builder) handOver(p *specs.Process) {
	// A change of ids may have made us dumpable (fs.suid_dumpable, proc(5)).
	b.do("be invisible", unix.SYS_PRCTL, unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	b.Program.HandOver(b.HandOver)
	if b.gate != 0 {
		b.do("wait for the start", unix.SYS_READ, b.gate, make([]byte, 1), 1)
	}
	b.limits(p.Rlimits) // not before: a low one of open files would forbid to hand over
	b.affinity(p)
	b.do("new session", unix.SYS_SETSID)
}

// limits sets resource limits (prlimit(2)). A low one, as of open files, binds
// what follows too: there is nothing more to open.
func (b *builder) limits(list []specs.POSIXRlimit) {
	for _, l := range list {
		name := strings.ToLower(strings.TrimPrefix(l.Type, "RLIMIT_"))
		resource, ok := ulimit.Resource(name)
		if !ok {
			continue // the loader knows these names only
		}
		value := binary.NativeEndian.AppendUint64(nil, l.Soft) // struct rlimit64
		value = binary.NativeEndian.AppendUint64(value, l.Hard)
		b.do("set ulimit "+name+" "+ulimit.Limit{Soft: l.Soft, Hard: l.Hard}.String(), unix.SYS_PRLIMIT64, 0, resource, value, 0)
	}
}

// signals makes all signals count: whoever started us may have ignored some, as
// nohup does, and execve passes that on.
func (b *builder) signals() {
	standard := b.Program.Bytes(make([]byte, 32)) // struct sigaction of the kernel, SIG_DFL
	const last = 64                               // the real-time signals too
	for sig := 1; sig <= last; sig++ {
		if sig != int(unix.SIGKILL) && sig != int(unix.SIGSTOP) {
			b.do("reset signal "+strconv.Itoa(sig), unix.SYS_RT_SIGACTION, sig, standard, 0, 8)
		}
	}
	b.do("unblock signals", unix.SYS_RT_SIGPROCMASK, unix.SIG_SETMASK, make([]byte, 8), 0, 8)
}

func umaskOf(u specs.User) int {
	if u.Umask != nil {
		return int(*u.Umask)
	}
	return 0o022
}

// seccomp loads a compiled filter (seccomp(2); struct sock_fprog).
func (b *builder) seccomp(filter seccomp.Program) {
	if filter.Code == nil {
		return
	}
	code := b.Program.Bytes(filter.Code)
	prog := make([]byte, 16)
	binary.NativeEndian.PutUint16(prog, uint16(len(filter.Code)/8))
	binary.NativeEndian.PutUint64(prog[8:], uint64(code))
	b.do("load the seccomp filter", unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, filter.Flags, prog)
}

// dropBounding takes from the bounding set what the container shall never get back.
func (b *builder) dropBounding(caps *specs.LinuxCapabilities) {
	keep := uint64(0)
	if caps != nil {
		keep = capability.Mask(caps.Bounding)
	}
	for c := range lastCap() + 1 {
		if keep&(1<<c) == 0 {
			b.do("drop capability "+strconv.Itoa(c)+" from the bounding set", unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		}
	}
}

// become changes groups before ids, since after them it may not.
func (b *builder) become(u specs.User, l lock) {
	if !l.keepGroups {
		list := make([]byte, 0, 4*len(u.AdditionalGids)+4)
		for _, g := range u.AdditionalGids {
			list = binary.NativeEndian.AppendUint32(list, g)
		}
		b.do(GroupsWhat, unix.SYS_SETGROUPS, len(u.AdditionalGids), append(list, 0, 0, 0, 0))
	}
	if l.singleID && u.UID == 0 && u.GID == 0 {
		return
	}
	who := strconv.FormatUint(uint64(u.UID), 10) + ":" + strconv.FormatUint(uint64(u.GID), 10)
	b.do(BecomeWhat+who, unix.SYS_SETRESGID, u.GID, u.GID, u.GID)
	b.do(BecomeWhat+who, unix.SYS_SETRESUID, u.UID, u.UID, u.UID)
}

// capset leaves what the program may have now; execve(2) as root computes the
// rest from the bounding set. Inheritable and ambient stay empty.
func (b *builder) capset(p *specs.Process) {
	mask := uint64(0)
	if p.Capabilities != nil && p.User.UID == 0 {
		mask = capability.Mask(p.Capabilities.Permitted)
	}
	header := binary.NativeEndian.AppendUint32(nil, unix.LINUX_CAPABILITY_VERSION_3)
	header = binary.NativeEndian.AppendUint32(header, 0)
	var data []byte
	for _, half := range []uint32{uint32(mask), uint32(mask >> 32)} {
		data = binary.NativeEndian.AppendUint32(data, half) // effective
		data = binary.NativeEndian.AppendUint32(data, half) // permitted
		data = binary.NativeEndian.AppendUint32(data, 0)    // inheritable
	}
	b.do("set capabilities", unix.SYS_CAPSET, header, data)
}

// ExecWhat begins the description of the steps that execute the command.
const ExecWhat = "execute "

// exec tries the command in each directory of PATH, as execvp(3) does; the
// last try's error is the one reported.
func (b *builder) exec(p *specs.Process) {
	name := commandOf(p)
	args, env := b.Program.Strings(p.Args), b.Program.Strings(p.Env)
	what := ExecWhat + name
	if strings.Contains(name, "/") || name == "" {
		b.do(what, unix.SYS_EXECVE, name, args, env)
		return
	}
	dirs := strings.Split(pathOf(p.Env), ":")
	for i, d := range dirs {
		if d == "" {
			d = "."
		}
		step := b.do(what, unix.SYS_EXECVE, path.Join(d, name), args, env)
		if i < len(dirs)-1 {
			step.Ignore()
		}
	}
}

func commandOf(p *specs.Process) string {
	if len(p.Args) == 0 {
		return ""
	}
	return p.Args[0]
}

func pathOf(env []string) string {
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			return v
		}
	}
	return DefaultPath
}

// DefaultPath is the PATH of a container whose file and image set none.
const DefaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// lastCap is the highest capability that this kernel knows.
var lastCap = sync.OnceValue(func() int {
	b, err := os.ReadFile("/proc/sys/kernel/cap_last_cap")
	if err != nil {
		return unix.CAP_LAST_CAP
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil || n < 0 || n > 63 {
		return unix.CAP_LAST_CAP
	}
	return n
})
