package doctor

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/rootless/delegate"
)

const (
	ubuntu = "PRETTY_NAME=\"Ubuntu 24.04.1 LTS\"\nID=ubuntu\nID_LIKE=debian\n"
	fedora = "PRETTY_NAME=\"Fedora Linux 41\"\nID=fedora\n"
	alpine = "PRETTY_NAME=\"Alpine Linux v3.20\"\nID=alpine\n"
	arch   = "PRETTY_NAME=\"Arch Linux\"\nID=arch\n"
	leap   = "PRETTY_NAME=\"openSUSE Leap 15.6\"\nID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n"
	nobody = "PRETTY_NAME=\"Own Linux\"\nID=own\n"
)

var (
	errClone = os.NewSyscallError("clone", unix.EPERM)
	errRoom  = os.NewSyscallError("clone", unix.ENOSPC)
)

func noTools(fk *fake, release string) {
	fk.set("/etc/os-release", release)
	fk.remove("/usr/bin/newuidmap", "/usr/bin/newgidmap")
	for i := range fk.found.tools {
		fk.found.tools[i].path = ""
	}
	fk.single()
}

func crippled() map[string]func(*fake) {
	all := map[string]func(*fake){}
	for _, m := range []map[string]func(*fake){crippledUser(), crippledIDs(), crippledKernel(), crippledCgroup(), crippledStorage(), crippledLimits()} {
		for name, f := range m {
			all[name] = f
		}
	}
	return all
}

func crippledUser() map[string]func(*fake) {
	return map[string]func(*fake){
		"userns apparmor": func(fk *fake) {
			fk.set("/etc/os-release", ubuntu)
			fk.set("/usr/sbin/apparmor_parser", "#")
			fk.sysctl("kernel.apparmor_restrict_unprivileged_userns", "1")
			fk.noUserNS(os.NewSyscallError("clone", unix.EACCES))
		},
		"userns apparmor took rights": func(fk *fake) {
			fk.set("/etc/os-release", ubuntu)
			fk.sysctl("kernel.apparmor_restrict_unprivileged_userns", "1")
			fk.set("/proc/self/attr/current", "unprivileged_userns (enforce)\n")
			fk.host.Exe = "/home/ann/my tools/mocker-compose"
			fk.noUserNS(os.NewSyscallError("setresgid", unix.EPERM))
		},
		"userns sysctl": func(fk *fake) {
			fk.sysctl("kernel.unprivileged_userns_clone", "0")
			fk.noUserNS(errClone)
		},
		"userns max is 0": func(fk *fake) {
			fk.sysctl("user.max_user_namespaces", "0")
			fk.noUserNS(errRoom)
		},
		"userns max is reached": func(fk *fake) { fk.noUserNS(errRoom) },
		"userns nested":         func(fk *fake) { fk.noUserNS(os.NewSyscallError("clone", unix.EUSERS)) },
		"userns kernel":         func(fk *fake) { fk.noUserNS(os.NewSyscallError("clone", unix.EINVAL)) },
		"userns selinux": func(fk *fake) {
			fk.set("/etc/os-release", fedora)
			fk.set("/sys/fs/selinux/enforce", "1")
			fk.noUserNS(os.NewSyscallError("clone", unix.EACCES))
		},
		"userns docker": func(fk *fake) {
			fk.set("/.dockerenv", "#")
			fk.set("/proc/self/status", "NoNewPrivs:\t0\nSeccomp:\t2\n")
			fk.noUserNS(errClone)
		},
		"userns podman": func(fk *fake) {
			fk.set("/run/.containerenv", "#")
			fk.noUserNS(errClone)
		},
		"userns lxc": func(fk *fake) {
			fk.host.Env = func(key string) string { return map[string]string{"container": "lxc"}[key] }
			fk.noUserNS(errClone)
		},
		"userns chroot": func(fk *fake) {
			fk.set("/proc/self/mountinfo", "30 24 0:21 / /proc rw - proc proc rw\n")
			fk.noUserNS(errClone)
		},
		"userns seccomp": func(fk *fake) {
			fk.set("/proc/self/status", "NoNewPrivs:\t0\nSeccomp:\t2\n")
			fk.noUserNS(errClone)
		},
		"userns policy": func(fk *fake) { fk.noUserNS(errClone) },
		"net namespaces 0": func(fk *fake) {
			fk.sysctl("user.max_net_namespaces", "0")
			fk.found.inside.Namespaces["net"] = tried(os.NewSyscallError("unshare", unix.ENOSPC))
		},
		"mnt namespaces few": func(fk *fake) { fk.sysctl("user.max_mnt_namespaces", "20") },
		"pid namespaces kernel": func(fk *fake) {
			fk.found.inside.Namespaces["pid"] = tried(os.NewSyscallError("unshare", unix.EINVAL))
		},
		"uts namespace refused": func(fk *fake) {
			fk.set("/etc/os-release", ubuntu)
			fk.sysctl("kernel.apparmor_restrict_unprivileged_userns", "1")
			fk.found.inside.Namespaces["uts"] = tried(os.NewSyscallError("unshare", unix.EPERM))
		},
	}
}

func crippledIDs() map[string]func(*fake) {
	return map[string]func(*fake){
		"newuidmap missing debian": func(fk *fake) { noTools(fk, debian) },
		"newuidmap missing fedora": func(fk *fake) { noTools(fk, fedora) },
		"newuidmap missing alpine": func(fk *fake) {
			noTools(fk, alpine)
			fk.remove("/usr/bin/sudo")
			fk.set("/usr/bin/doas", "#")
		},
		"newuidmap missing arch":    func(fk *fake) { noTools(fk, arch) },
		"newuidmap missing suse":    func(fk *fake) { noTools(fk, leap) },
		"newuidmap missing unknown": func(fk *fake) { noTools(fk, nobody) },
		"newgidmap unprivileged": func(fk *fake) {
			fk.found.tools[1].privileged = false
			fk.single()
		},
		"newuidmap nosuid": func(fk *fake) {
			fk.set("/proc/self/mountinfo", "24 1 8:1 / / rw - ext4 /dev/sda1 rw\n31 24 8:3 / /usr rw,nosuid - ext4 /dev/sda3 rw\n")
			fk.found.tools[0].nosuid = true
			fk.single()
		},
		"no new privs": func(fk *fake) {
			fk.set("/proc/self/status", "NoNewPrivs:\t1\nSeccomp:\t0\n")
			fk.single()
		},
		"subids none": func(fk *fake) {
			fk.set("/etc/subuid", "bob:100000:65536\n")
			fk.set("/etc/subgid", "bob:100000:65536\n")
			fk.single()
		},
		"subids none without usermod": func(fk *fake) {
			fk.set("/etc/subuid", "# none\n")
			fk.remove("/usr/sbin/usermod")
			fk.single()
		},
		"subids few": func(fk *fake) { fk.set("/etc/subgid", "ann:100000:1000\n") },
		"subids overlap own": func(fk *fake) {
			fk.set("/etc/subuid", "ann:100000:65536\n1000:120000:65536\n")
			fk.single()
		},
		"subids overlap user": func(fk *fake) { fk.set("/etc/subuid", "ann:100000:65536\nbob:165000:65536\n") },
		"subids overlap account": func(fk *fake) {
			fk.set("/etc/passwd", "ann:x:1000:1000::/:/bin/sh\nldap:x:110000:110000::/:/bin/sh\n")
		},
		"ids refused": func(fk *fake) {
			fk.found.maps = Tried{Text: "map ids: newuidmap: write to uid_map failed: Invalid argument"}
			fk.single()
		},
		"ids of a directory service refused": func(fk *fake) {
			fk.set("/etc/nsswitch.conf", "passwd: files sss\nsubid: sss\n")
			fk.remove("/etc/subuid", "/etc/subgid")
			fk.found.maps = Tried{Text: "map ids: newuidmap: uid range [1-65537) -> [100000-165536) not allowed"}
			fk.single()
		},
	}
}

func crippledKernel() map[string]func(*fake) {
	return map[string]func(*fake){
		"kernel old": func(fk *fake) {
			fk.sysctl("kernel.osrelease", "5.4.0-200-generic")
			fk.found.inside.Calls = []string{"close_range", "mount_setattr"}
			fk.found.inside.Overlay = tried(os.NewSyscallError("fsconfig", unix.EPERM))
		},
		"kernel filtered": func(fk *fake) {
			fk.set("/.dockerenv", "#")
			fk.set("/proc/self/status", "NoNewPrivs:\t0\nSeccomp:\t2\n")
			fk.found.inside.Calls = []string{"open_tree", "fsopen"}
		},
		"kernel without seccomp": func(fk *fake) { fk.found.inside.Seccomp = tried(os.NewSyscallError("seccomp", unix.EINVAL)) },
		"proc masked": func(fk *fake) {
			fk.set("/run/.containerenv", "#")
			fk.found.inside.Proc = tried(os.NewSyscallError("fsmount", unix.EPERM))
		},
		"proc covered":  func(fk *fake) { fk.found.inside.Proc = tried(os.NewSyscallError("fsmount", unix.EPERM)) },
		"keyrings full": func(fk *fake) { fk.found.inside.Keyring = tried(os.NewSyscallError("keyctl", unix.EDQUOT)) },
		"keyrings almost full": func(fk *fake) {
			fk.set("/proc/key-users", "    0:   50 49/49 50/1000000 1000/25000000\n 1000:   190 190/190 190/200 100/20000\n")
		},
		"bridge missing": func(fk *fake) { fk.found.inside.Bridge = tried(unix.EOPNOTSUPP) },
		"veth missing in docker": func(fk *fake) {
			fk.set("/.dockerenv", "#")
			fk.found.inside.Veth = tried(unix.EOPNOTSUPP)
		},
		"nft missing": func(fk *fake) { fk.found.inside.Rules = tried(unix.EPROTONOSUPPORT) },
		"nft not in the kernel of ubuntu": func(fk *fake) {
			fk.set("/etc/os-release", ubuntu)
			fk.set("/lib/modules/6.1.0-28-amd64/modules.dep", "kernel/net/netfilter/nf_tables.ko.zst:\nkernel/net/netfilter/nft_masq.ko.zst:\n")
			fk.found.inside.Rules = tried(unix.EPROTONOSUPPORT)
		},
		"nft not in the kernel": func(fk *fake) {
			fk.set("/lib/modules/6.1.0-28-amd64/modules.dep", "kernel/net/netfilter/nf_tables.ko:\n")
			fk.set("/lib/modules/6.1.0-28-amd64/modules.builtin", "kernel/net/netfilter/nft_masq.ko\n")
			fk.found.inside.Rules = tried(unix.EPROTONOSUPPORT)
		},
		"bridge after an upgrade of the kernel": func(fk *fake) {
			fk.set("/etc/os-release", arch)
			fk.set("/lib/modules/6.12.1-arch1-1/modules.dep", "kernel/net/bridge/bridge.ko.zst:\n")
			fk.found.inside.Bridge = tried(unix.EOPNOTSUPP)
		},
		"packet missing": func(fk *fake) { fk.found.inside.Packet = tried(os.NewSyscallError("socket", unix.EAFNOSUPPORT)) },
		"ping": func(fk *fake) {
			fk.sysctl("net.ipv4.ping_group_range", "1\t0")
			fk.found.ping = tried(os.NewSyscallError("socket", unix.EACCES))
		},
		"ports": func(fk *fake) {
			fk.sysctl("net.ipv4.ip_unprivileged_port_start", "1024")
			fk.found.port = tried(os.NewSyscallError("bind", unix.EACCES))
		},
	}
}

func crippledCgroup() map[string]func(*fake) {
	none := func(what, mend string) func(*fake) {
		return func(fk *fake) {
			fk.found.cgroup = delegate.Report{None: &delegate.NoneError{Cause: what, Remedy: mend}}
		}
	}
	return map[string]func(*fake){
		"cgroup none": none("no systemd manager of user ann runs (none answers in /run/user/1000/systemd)", "sudo loginctl enable-linger ann"),
		"cgroup of docker": none("/sys/fs/cgroup is read-only",
			"start the outer container with: docker run --privileged --cgroupns=private, or: podman run --security-opt unmask=/sys/fs/cgroup --cgroupns=private"),
		"cgroup controllers": func(fk *fake) {
			fk.found.cgroup.Controllers, fk.found.cgroup.Missing = []string{"memory", "pids"}, []string{"cpu", "cpuset", "io"}
			fk.found.cgroup.Cause, fk.found.cgroup.Remedy = "systemd does not delegate cpu cpuset io to user ann", "sudo sh -c '...'"
		},
		"cgroup memory off": func(fk *fake) {
			fk.set("/proc/cgroups", "memory\t0\t100\t0\n")
			fk.set("/boot/firmware/cmdline.txt", "console=serial0\n")
			fk.found.cgroup.Controllers, fk.found.cgroup.Missing = []string{"cpu", "cpuset", "io", "pids"}, []string{"memory"}
			fk.found.cgroup.Cause = "the kernel has no memory controller"
		},
		"swap not counted": func(fk *fake) {
			fk.remove("/sys/fs/cgroup/user.slice/user-1000.slice/session-1.scope/memory.swap.max")
		},
		"linger": func(fk *fake) {
			fk.remove("/var/lib/systemd/linger/ann")
			fk.found.cgroup.Linger = false
		},
	}
}

func crippledStorage() map[string]func(*fake) {
	return map[string]func(*fake){
		"data refused": func(fk *fake) {
			fk.found.data.write = tried(&os.PathError{Op: "mkdir", Path: "/home/ann", Err: unix.EACCES})
		},
		"data read only": func(fk *fake) {
			fk.found.data.write = tried(&os.PathError{Op: "mkdir", Path: "/home/ann", Err: unix.EROFS})
		},
		"data full": func(fk *fake) {
			fk.found.data.write = tried(&os.PathError{Op: "write", Path: "/home/ann/x", Err: unix.ENOSPC})
		},
		"data nothing left": func(fk *fake) { fk.found.data.bytes = 0 },
		"data low":          func(fk *fake) { fk.found.data.bytes = 100 << 20 },
		"data inodes":       func(fk *fake) { fk.found.data.inodes = 40 },
		"data in memory":    func(fk *fake) { fk.found.data.fs = "tmpfs" },
		"data on nfs": func(fk *fake) {
			fk.found.data.fs = "nfs4"
			fk.found.inside.Overlay = tried(os.NewSyscallError("fsconfig", unix.EINVAL))
		},
		"data noexec": func(fk *fake) {
			fk.found.data.exec = tried(&os.PathError{Op: "fork/exec", Path: "/home/ann/x", Err: unix.EACCES})
		},
		"overlay missing": func(fk *fake) {
			fk.set("/proc/filesystems", "\text4\n")
			fk.found.inside.Overlay = tried(os.NewSyscallError("fsopen", unix.ENODEV))
		},
		"overlay refused with fuse": func(fk *fake) {
			fk.found.data.fs = "ecryptfs"
			fk.found.inside.Overlay, fk.found.inside.Fuse = tried(os.NewSyscallError("fsconfig", unix.EINVAL)), Tried{}
		},
		"overlay and fuse refused": func(fk *fake) {
			fk.found.inside.Overlay = tried(os.NewSyscallError("fsconfig", unix.EINVAL))
			fk.found.inside.Fuse = tried(&os.PathError{Op: "open", Path: "/dev/fuse", Err: unix.EACCES})
		},
		"run shared": func(fk *fake) {
			fk.found.run.dir.Path, fk.found.runShared = "/tmp/mocker-compose-1000", true
		},
		"run shared without systemd": func(fk *fake) {
			fk.remove("/run/systemd/system")
			fk.found.run.dir.Path, fk.found.runShared = "/tmp/mocker-compose-1000", true
		},
		"run full":    func(fk *fake) { fk.found.run.bytes = 0 },
		"run socket":  func(fk *fake) { fk.found.socket = tried(os.NewSyscallError("bind", unix.EPERM)) },
		"mounts none": func(fk *fake) { fk.sysctl("fs.mount-max", "20") },
		"mounts few":  func(fk *fake) { fk.sysctl("fs.mount-max", "500") },
	}
}

func crippledLimits() map[string]func(*fake) {
	return map[string]func(*fake){
		"nofile":                func(fk *fake) { fk.found.files = 4096 },
		"nofile in docker":      func(fk *fake) { fk.set("/.dockerenv", "#"); fk.found.files = 1024 },
		"nproc":                 func(fk *fake) { fk.found.processes = 500 },
		"inotify none":          func(fk *fake) { fk.found.instances = tried(os.NewSyscallError("inotify_init", unix.EMFILE)) },
		"inotify few instances": func(fk *fake) { fk.sysctl("fs.inotify.max_user_instances", "8") },
		"inotify watches":       func(fk *fake) { fk.found.watch = tried(os.NewSyscallError("inotify_add_watch", unix.ENOSPC)) },
		"inotify few watches":   func(fk *fake) { fk.sysctl("fs.inotify.max_user_watches", "1000") },
		"pid max":               func(fk *fake) { fk.sysctl("kernel.pid_max", "1000") },
		"pids of the session":   func(fk *fake) { fk.set("/sys/fs/cgroup/user.slice/user-1000.slice/pids.max", "200\n") },
		"memory low": func(fk *fake) {
			fk.set("/proc/meminfo", "MemTotal:         500000 kB\nMemAvailable:      90000 kB\nSwapTotal:             0 kB\n")
		},
		"root with little": func(fk *fake) {
			fk.host.UID, fk.host.User, fk.found.direct, fk.found.ids = 0, "root", true, 4294967295
			fk.found.files = 1024
			fk.found.inside.Device = lack{"/dev/net/tun does not exist", "sudo modprobe tun"}
			fk.found.run.dir = cause.Run("/tmp/mocker-compose-0")
			fk.found.runShared = true
		},
	}
}
