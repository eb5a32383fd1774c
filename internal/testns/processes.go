package testns

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

var namespaceNames = []string{"user", "pid", "net", "mnt", "ipc", "uts", "cgroup", "time"}

// takeProcesses adds the scope's processes that are sandboxed or carry our
// cookie or are our program, and the namespaces that they are in or pin.
func takeProcesses(s Scope, snap Snapshot) {
	home := map[string]bool{}
	for _, n := range namespaceNames {
		if link, err := os.Readlink("/proc/self/ns/" + n); err == nil {
			home[link] = true
		}
	}
	dirs, _ := filepath.Glob("/proc/[0-9]*")
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid == os.Getpid() {
			continue
		}
		takeProcess(s, snap, dir, home)
	}
}

func takeProcess(s Scope, snap Snapshot, dir string, home map[string]bool) {
	uid, ok := realUID(dir)
	if !ok || !s.owns(uid) {
		return
	}
	foreign := namespacesOf(dir, home)
	exe, _ := os.Readlink(dir + "/exe")
	cookie := s.Cookie != "" && strings.Contains("\x00"+readText(dir+"/environ"), "\x00"+s.Cookie+"\x00")
	ours := cookie || strings.HasPrefix(filepath.Base(exe), "mocker-compose") || foreign["user"] != ""
	if !ours {
		return
	}
	pid, start := filepath.Base(dir), startTime(dir)
	if start == "" {
		return // it has gone meanwhile
	}
	command := strings.TrimSpace(strings.ReplaceAll(readText(dir+"/cmdline"), "\x00", " "))
	snap["process "+pid+" "+start] = fmt.Sprintf("process %s (%s) %q of uid %d", pid, stateOf(dir), command, uid)
	for kind, link := range foreign {
		snap["namespace "+link] = fmt.Sprintf("%s namespace %s of process %s", kind, link, pid)
	}
	takePinned(snap, dir, pid, home)
}

// takePinned adds the namespaces that open files of a process keep alive.
func takePinned(snap Snapshot, dir, pid string, home map[string]bool) {
	fds, err := os.ReadDir(dir + "/fd")
	if err != nil {
		return
	}
	for _, fd := range fds {
		link, err := os.Readlink(dir + "/fd/" + fd.Name())
		if err != nil || home[link] {
			continue
		}
		if kind, _, ok := strings.Cut(link, ":["); ok && isNamespace(kind) {
			snap["namespace "+link] = fmt.Sprintf("%s namespace %s held by a file of process %s", kind, link, pid)
		}
	}
}

func isNamespace(kind string) bool {
	for _, n := range namespaceNames {
		if n == kind {
			return true
		}
	}
	return false
}

// namespacesOf returns the namespaces of a process that are not in home, by kind.
func namespacesOf(dir string, home map[string]bool) map[string]string {
	foreign := map[string]string{}
	for _, n := range namespaceNames {
		if link, err := os.Readlink(dir + "/ns/" + n); err == nil && !home[link] {
			foreign[n] = link
		}
	}
	return foreign
}

// realUID is the real user id of a process. The owner of its directory will
// not do: a process that is not dumpable has root's there (proc(5)).
func realUID(dir string) (int, bool) {
	for line := range strings.Lines(readText(dir + "/status")) {
		if rest, ok := strings.CutPrefix(line, "Uid:"); ok {
			uid, err := strconv.Atoi(strings.Fields(rest)[0])
			return uid, err == nil
		}
	}
	var st syscall.Stat_t
	if syscall.Stat(dir, &st) != nil {
		return 0, false
	}
	return int(st.Uid), true
}

// startTime is field 22 of /proc/PID/stat (proc(5)): with the pid it names a
// process for the time of one boot. The command in field 2 may hold blanks.
func startTime(dir string) string {
	f := statFields(dir)
	if len(f) < 20 {
		return ""
	}
	return f[19]
}

func stateOf(dir string) string {
	if f := statFields(dir); len(f) > 0 {
		return f[0]
	}
	return "?"
}

// statFields returns the fields of /proc/PID/stat from the third on.
func statFields(dir string) []string {
	stat := readText(dir + "/stat")
	i := strings.LastIndexByte(stat, ')')
	if i < 0 {
		return nil
	}
	return strings.Fields(stat[i+1:])
}
