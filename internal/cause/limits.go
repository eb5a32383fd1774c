package cause

import (
	"fmt"
	"strconv"
	"strings"
)

// PortFloor is why a port below those of plain users cannot be bound; port 0 = none in
// particular (ip-sysctl.rst, ip_unprivileged_port_start).
func PortFloor(h Host, port int) Cause {
	floor, ok := h.Number("net.ipv4.ip_unprivileged_port_start")
	if !ok {
		floor = 1024
	}
	want := port
	if want == 0 {
		want = 80
	}
	c := setting(h, "port-floor", "net.ipv4.ip_unprivileged_port_start", strconv.Itoa(want),
		fmt.Sprintf("a plain user may bind ports from %d upwards", floor), "services that publish ports below that do not start")
	c.Note = "or publish a port from there on, or have one chosen by --ports auto"
	return c
}

// Ping is why containers cannot ping the outside (icmp(7)).
func Ping(h Host) Cause {
	return setting(h, "ping-group", "net.ipv4.ping_group_range", "0 2147483647",
		fmt.Sprintf("no group of yours is in net.ipv4.ping_group_range = %s", orUnknown(h.Sysctl("net.ipv4.ping_group_range"))),
		"containers cannot ping the outside")
}

// enoughInotify are the instances, and the watches, that distributions have for
// desktops.
const (
	enoughInstances = 1024
	enoughWatches   = 524288
	// FewInstances and FewWatches are below what a few containers with servers use.
	FewInstances = 64
	FewWatches   = 8192
)

// InotifyInstances is why inotify_init(2) fails, or soon will.
func InotifyInstances(h Host) Cause {
	return setting(h, "inotify-instances", "fs.inotify.max_user_instances", h.more("fs.inotify.max_user_instances", enoughInstances),
		fmt.Sprintf("fs.inotify.max_user_instances = %s counts for all your processes, containers included", orUnknown(h.Sysctl("fs.inotify.max_user_instances"))),
		"`logs -f` and programs in containers that watch files fail")
}

// InotifyWatches is why inotify_add_watch(2) fails, or soon will.
func InotifyWatches(h Host) Cause {
	return setting(h, "inotify-watches", "fs.inotify.max_user_watches", h.more("fs.inotify.max_user_watches", enoughWatches),
		fmt.Sprintf("fs.inotify.max_user_watches = %s counts for all your processes, containers included", orUnknown(h.Sysctl("fs.inotify.max_user_watches"))),
		"`logs -f` and programs in containers that watch files fail")
}

// limitsFile keeps limits of pam_limits(8).
const limitsFile = "/etc/security/limits.d/60-mocker-compose.conf"

// EnoughFiles is the hard limit that a project with some thousands of connections
// needs: two descriptors for each.
const EnoughFiles = 16384

// OpenFiles is why there are too few descriptors (getrlimit(2), RLIMIT_NOFILE).
func OpenFiles(h Host, hard uint64) Cause {
	return limitOf(h, "nofile-low", "nofile", 1<<20, fmt.Sprintf("the hard limit of open files is %d for each process, and a connection of a published port takes two", hard),
		"connections beyond that are refused, and so are `ulimits: nofile` above it")
}

// Processes is why fork(2) may fail (RLIMIT_NPROC).
func Processes(h Host, hard uint64) Cause {
	return limitOf(h, "nproc-low", "nproc", 1<<16, fmt.Sprintf("the limit of processes is %d for all that you run, threads and containers included", hard),
		"programs in containers cannot start threads or processes beyond that")
}

// limitOf is a limit of the login session.
func limitOf(h Host, id, item string, value int, what, lost string) Cause {
	return raised(h, Cause{ID: id, What: what, Lost: lost}, item, strconv.Itoa(value))
}

// raised is c with what raises a hard limit: item is the name that limits.conf(5) has.
func raised(h Host, c Cause, item, value string) Cause {
	if h.Container() != "" {
		c.Note = fmt.Sprintf("it is set outside of this container, for docker and podman by: --ulimit %s=%s", item, value)
		return c
	}
	c.Remedy = []string{fmt.Sprintf("echo '%s hard %s %s' | %s", h.User, item, value, h.Sudo("tee -a "+limitsFile))}
	c.Note = "then log in again"
	return c
}

// Pids is why few processes can be started: a setting of the kernel.
func Pids(h Host, name string, have int64) Cause {
	return setting(h, "pids-low", name, "4194304", fmt.Sprintf("%s = %d, for the whole machine", name, have),
		"programs in containers cannot start threads or processes beyond that")
}

// FewPids is what some services with threads have.
const FewPids = 1024

// LowPids is which limit of processes, besides RLIMIT_NPROC, is low; false = none is.
// groups are the directories of the cgroups that count.
func LowPids(h Host, groups []string) (Cause, bool) {
	for _, name := range []string{"kernel.pid_max", "kernel.threads-max"} {
		if n, ok := h.Number(name); ok && n < FewPids {
			return Pids(h, name, n), true
		}
	}
	if dir, n := h.LeastPids(groups); dir != "" && n < FewPids {
		return SessionPids(h, dir, n), true
	}
	return Cause{}, false
}

// LeastPids is the lowest pids.max of cgroups; "" = none has one.
func (h Host) LeastPids(groups []string) (dir string, least int64) {
	for _, group := range groups {
		n, err := strconv.ParseInt(h.Read(group+"/pids.max"), 10, 64)
		if err == nil && (dir == "" || n < least) {
			dir, least = strings.TrimPrefix(group, "/sys/fs/cgroup"), n
		}
	}
	return dir, least
}

const cgroups = "/sys/fs/cgroup"

// Groups are the directories of the cgroup v2 that we are in, and those above.
func (h Host) Groups() []string {
	for line := range strings.Lines(h.Read("/proc/self/cgroup")) {
		if path, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			return GroupsAbove(cgroups + path)
		}
	}
	return nil
}

// GroupsAbove are a directory of the cgroup v2 hierarchy and those above it.
func GroupsAbove(dir string) (dirs []string) {
	for ; strings.HasPrefix(dir, cgroups+"/") && dir != cgroups+"/"; dir = dir[:strings.LastIndex(dir, "/")] {
		dirs = append(dirs, dir)
	}
	return dirs
}

// SessionPids is why few processes can be started: pids.max of a cgroup that we are in.
func SessionPids(h Host, dir string, have int64) Cause {
	c := Cause{ID: "pids-session", What: fmt.Sprintf("pids.max of %s is %d, for all that runs in there", dir, have),
		Lost: "programs in containers cannot start threads or processes beyond that"}
	unit := dir[strings.LastIndex(dir, "/")+1:]
	switch manager := fmt.Sprintf("/user@%d.service/", h.UID); {
	case !h.Exists("/run/systemd/system") || !strings.HasSuffix(unit, ".slice") && !strings.HasSuffix(unit, ".service") && !strings.HasSuffix(unit, ".scope"):
		c.Remedy = []string{"echo max | " + h.Sudo("tee /sys/fs/cgroup"+dir+"/pids.max")}
	case strings.Contains(dir, manager):
		c.Remedy = []string{"systemctl --user set-property " + unit + " TasksMax=infinity"}
	default:
		c.Remedy = []string{h.Sudo("systemctl set-property " + unit + " TasksMax=infinity")}
	}
	return c
}

// Keyrings is why no keyring can be made, or soon none (keyrings(7), "/proc files"); in
// use are used of the keys that the user may have, 0 = not known.
func Keyrings(h Host, used int) Cause {
	const name = "kernel.keys.maxkeys"
	what := fmt.Sprintf("you have as many keys as you may: %s = %s, /proc/key-users counts them", name, orUnknown(h.Sysctl(name)))
	if used > 0 {
		what = fmt.Sprintf("%d keys are in use of %s that you may have (%s)", used, orUnknown(h.Sysctl(name)), name)
	}
	return setting(h, "keys-quota", name, h.more(name, 2000), what, "no further project starts, and containers get no keyring of their own")
}

// MountMax is why mount(2) soon fails (Documentation/admin-guide/sysctl/fs.rst, mount-max).
func MountMax(h Host) Cause {
	return setting(h, "mount-max", "fs.mount-max", h.more("fs.mount-max", 100000), fmt.Sprintf("fs.mount-max = %s, the most mounts that a container may have", h.Sysctl("fs.mount-max")),
		"services with that many mounts do not start")
}

// Memory is what is said of a machine with little of it left.
func Memory(Host) Cause {
	return Cause{ID: "memory-low", What: "there is little memory left", Note: "end what you do not need, or add swap",
		Remedy: []string{"ps -eo pid,rss,args --sort=-rss | head"}, Lost: "the kernel may kill containers (OOM), or anything else"}
}

// AllFiles is why nobody can open a file (Documentation/admin-guide/sysctl/fs.rst, file-max).
func AllFiles(h Host) Cause {
	return setting(h, "file-max", "fs.file-max", h.more("fs.file-max", 1<<20), fmt.Sprintf("all programs of this machine together have fs.file-max = %s files open", orUnknown(h.Sysctl("fs.file-max"))), lostAll)
}

// Ulimit is why a service does not get a limit that its file asks for: item is the name
// that limits.conf(5) has, hard what we may set.
func Ulimit(h Host, item, value string) Cause {
	return raised(h, Cause{ID: "ulimit-hard", What: "your own hard limit is lower", Lost: "the service has that limit"}, item, value)
}
