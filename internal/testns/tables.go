package testns

import (
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// takeMounts adds the mounts of this mount namespace (proc_pid_mountinfo(5)).
func takeMounts(snap Snapshot) {
	for line := range strings.Lines(readText("/proc/self/mountinfo")) {
		f := strings.Fields(line)
		if len(f) > 4 {
			snap["mount "+f[0]+" "+f[4]] = "mount on " + f[4]
		}
	}
}

// takeSockets adds the scope's listening sockets of this net namespace.
func takeSockets(s Scope, snap Snapshot) {
	const listening = "0A" // TCP_LISTEN
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		for line := range strings.Lines(readText("/proc/self/net/" + table)) {
			f := strings.Fields(line)
			if len(f) < 10 || strings.HasPrefix(table, "tcp") && f[3] != listening {
				continue
			}
			if uid, err := strconv.Atoi(f[7]); err == nil && s.owns(uid) {
				snap["socket "+table+" "+f[1]+" "+f[9]] = table + " socket at " + f[1]
			}
		}
	}
	for line := range strings.Lines(readText("/proc/self/net/unix")) {
		f := strings.Fields(line)
		if len(f) == 8 && (s.below(f[7]) || strings.HasPrefix(f[7], "@") && strings.Contains(f[7], "mocker")) {
			snap["socket unix "+f[6]] = "unix socket " + f[7]
		}
	}
}

// takeCgroups adds our cgroups: those below this process's own that carry our name
// (but not below the root of all, where other users' are as well), and those that carry
// the scope's too wherever the user may make some. (systemd puts a scope beside the unit
// that asked for it.)
func takeCgroups(s Scope, snap Snapshot) {
	own := ""
	for line := range strings.Lines(readText("/proc/self/cgroup")) {
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "0::"); ok {
			own = rest
		}
	}
	_, name, _ := strings.Cut(s.Cookie, "=")
	for _, mount := range []string{"/sys/fs/cgroup", "/sys/fs/cgroup/unified"} {
		if _, err := os.Stat(mount + "/cgroup.procs"); err != nil || own == "" {
			continue
		}
		mine := filepath.Join(mount, own)
		for _, dir := range directories(usersOwn(mount, mine)) {
			below := own != "/" && strings.HasPrefix(dir, mine+"/")
			if strings.Contains(dir, "mocker") && (below || name != "" && strings.Contains(dir, name)) {
				snap["cgroup "+dir] = "cgroup " + dir
			}
		}
	}
}

// usersOwn is the highest directory from dir up that the caller owns, as its service
// manager has got it; the whole hierarchy for root, who may look at another user.
func usersOwn(mount, dir string) string {
	if os.Getuid() == 0 {
		return mount
	}
	top := dir
	for up := dir; len(up) > len(mount); up = filepath.Dir(up) {
		st, err := os.Stat(up)
		if err != nil {
			break
		}
		if sys, ok := st.Sys().(*syscall.Stat_t); ok && int(sys.Uid) == os.Getuid() {
			top = up
		}
	}
	return top
}

func directories(top string) []string {
	var dirs []string
	_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return nil // gone, or not ours
		}
		if d.IsDir() && path != top {
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs
}

// takeFiles adds what is below the scope's directories and may not stay. An
// empty directory is nothing that anybody misses or trips over only at the top
// level; deeper ones count.
func takeFiles(s Scope, snap Snapshot) {
	for _, top := range s.Dirs {
		_ = filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
			rel, rerr := filepath.Rel(top, path)
			if err != nil || rerr != nil || rel == "." {
				return nil
			}
			if s.kept(rel) {
				return nil
			}
			if d.IsDir() && !strings.Contains(rel, "/") {
				return nil
			}
			snap["file "+path] = "file " + path
			return nil
		})
	}
}
