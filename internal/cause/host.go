package cause

import (
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
)

// Host is the machine as its files tell it, and who we are on it.
type Host struct {
	// Root is put before every path that is read; "" = this machine's own files.
	Root string
	UID  int
	User string // the name; the number if it has none
	// Exe is the path of this binary, links resolved: what AppArmor knows it by.
	Exe string
	// Env is the environment; nil = none.
	Env func(string) string
}

// Here is this machine.
func Here() Host {
	h := Host{Root: os.Getenv("MOCKER_FORCE_HOST"), UID: outsideUID(), Env: os.Getenv}
	h.User = strconv.Itoa(h.UID)
	if u, err := user.LookupId(h.User); err == nil {
		h.User = u.Username
	}
	h.Exe, _ = os.Readlink("/proc/self/exe") // without /proc the text has the name only
	h.Exe = strings.TrimSuffix(h.Exe, " (deleted)")
	if h.Exe == "" {
		h.Exe = "mocker-compose"
	}
	return h
}

// outsideUID is who we are for the machine: supervisors and holders are root in a
// user namespace of ours, whose map has the number outside (user_namespaces(7)).
func outsideUID() int {
	uid := os.Getuid()
	b, err := os.ReadFile("/proc/self/uid_map")
	if err != nil {
		return uid
	}
	for line := range strings.Lines(string(b)) {
		var n [3]int
		for i, f := range strings.Fields(line)[:min(3, len(strings.Fields(line)))] {
			if n[i], err = strconv.Atoi(f); err != nil {
				return uid
			}
		}
		if n[0] <= uid && uid < n[0]+n[2] {
			return n[1] + uid - n[0]
		}
	}
	return uid
}

// Read is the trimmed text of a file; "" if it cannot be read.
func (h Host) Read(path string) string {
	b, err := os.ReadFile(h.Root + path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// Exists tells whether there is a file.
func (h Host) Exists(path string) bool {
	_, err := os.Lstat(h.Root + path)
	return err == nil
}

// Stat is about the file behind path.
func (h Host) Stat(path string) (fs.FileInfo, error) { return os.Stat(h.Root + path) }

// Sysctl is a setting by its dotted name, its parts separated by one space; "" if
// this kernel has none of that name.
func (h Host) Sysctl(name string) string {
	return strings.Join(strings.Fields(h.Read("/proc/sys/"+strings.ReplaceAll(name, ".", "/"))), " ")
}

// Number is a setting that is a number; false = there is none.
func (h Host) Number(name string) (int64, bool) {
	n, err := strconv.ParseInt(h.Sysctl(name), 10, 64)
	return n, err == nil
}

// Status is a line of /proc/self/status (proc_pid_status(5)).
func (h Host) Status(key string) string { return field(h.Read("/proc/self/status"), key+":") }

// field is the rest of the line that begins with key.
func field(text, key string) string {
	for line := range strings.Lines(text) {
		if rest, ok := strings.CutPrefix(line, key); ok {
			return strings.TrimSpace(rest)
		}
	}
	return ""
}

// Program is the path of a program, by PATH and in the usual places; "" if there is none.
func (h Host) Program(name string) string {
	// A plain user's PATH may lack the last, which have root's programs.
	path := h.env("PATH") + ":/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
	for _, dir := range filepath.SplitList(path) {
		if !filepath.IsAbs(dir) {
			continue
		}
		p := filepath.Join(dir, name)
		if st, err := h.Stat(p); err == nil && !st.IsDir() && st.Mode()&0o111 != 0 {
			return p
		}
	}
	return ""
}

func (h Host) env(key string) string {
	if h.Env == nil {
		return ""
	}
	return h.Env(key)
}

// Sudo puts in front of a command what makes it root's.
func (h Host) Sudo(command string) string {
	if h.UID == 0 {
		return command
	}
	if h.Program("sudo") == "" && h.Program("doas") != "" {
		return "doas " + command
	}
	return "sudo " + command
}

// initialPID is the number of the pid namespace of the machine itself
// (PROC_PID_INIT_INO of the kernel).
const initialPID = "pid:[4026531836]"

// OuterVariable tells our own processes, which are in pid namespaces of ours, what
// their starter's [Host.Container] was: the name, or "none".
const OuterVariable = "MOCKER_OUTER"

// Outer is the environment entry for a process of ours.
func Outer() string {
	if c := (Host{Root: os.Getenv("MOCKER_FORCE_HOST"), Env: os.Getenv}).Container(); c != "" {
		return OuterVariable + "=" + c
	}
	return OuterVariable + "=none"
}

// Container names what we run in, if that is a container: "docker", "podman" or
// another; "" = none that can be seen. A machine made from an image of docker has
// its marks, too, but is in the first pid namespace.
func (h Host) Container() string {
	if outer := h.env(OuterVariable); outer != "" && h.Root == "" {
		return strings.TrimPrefix(outer, "none")
	}
	if ns, err := os.Readlink(h.Root + "/proc/self/ns/pid"); err == nil && ns == initialPID {
		return ""
	}
	switch {
	case h.Exists("/.dockerenv"):
		return "docker"
	case h.Exists("/run/.containerenv"):
		return "podman"
	}
	name := h.env("container") // systemd's convention, https://systemd.io/CONTAINER_INTERFACE
	if name == "" {
		name = h.Read("/run/systemd/container") // the same, as the init has written it for all others
	}
	if name == "wsl" {
		return "" // a virtual machine, whose user is its administrator
	}
	return name
}
