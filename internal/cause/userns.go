package cause

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// lostAll is what a blocking cause costs.
const lostAll = "no project runs"

// UserNamespace is why a user namespace cannot be made, or has no rights once it is
// made (user_namespaces(7)); err is what clone(2) or a first step inside answered.
// The order is from what is known for certain to what remains.
func UserNamespace(h Host, err error) Cause {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EUSERS):
		return NamespaceOf(h, err, "user", "mnt", "pid") // it is born into one of each
	case errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.ENOSYS):
		return Cause{ID: "userns-kernel", What: "this kernel is built without user namespaces (CONFIG_USER_NS)",
			Note: "boot a kernel that has them, as those of all distributions do", Lost: lostAll}
	case h.Sysctl("kernel.unprivileged_userns_clone") == "0":
		return setting(h, "userns-sysctl", "kernel.unprivileged_userns_clone", "1", "the setting kernel.unprivileged_userns_clone = 0 keeps user namespaces from plain users", lostAll)
	case h.Sysctl("user.max_user_namespaces") == "0":
		return namespaceLimit(h, "user", err)
	case chrooted(h):
		return Cause{ID: "userns-chroot", What: "this is a chroot, in which the kernel allows no user namespace (unshare(2), EPERM)",
			Note: "run it outside of the chroot, or enter that as root with: systemd-nspawn -D DIRECTORY, or: unshare --mount, then pivot_root", Lost: lostAll}
	case h.Container() != "":
		return outerContainer(h)
	case restricted(h):
		return appArmor(h)
	case h.Read("/sys/fs/selinux/enforce") == "1":
		return seLinux(h)
	case h.Status("Seccomp") == "2":
		return Cause{ID: "userns-seccomp", What: "a seccomp filter of the service or sandbox that we were started by forbids them",
			Note: "in a unit of systemd take out RestrictNamespaces= and SystemCallFilter=; else start it outside of that sandbox", Lost: lostAll}
	}
	return Cause{ID: "userns-policy", What: "a security policy of this machine forbids them to plain users, and does not tell its name",
		Remedy: []string{h.Sudo("dmesg | tail -n 20")}, Note: "which may name it", Lost: lostAll}
}

// restricted tells whether AppArmor keeps user namespaces from programs without a
// profile of their own (Ubuntu 23.10 and later).
func restricted(h Host) bool {
	return h.Sysctl("kernel.apparmor_restrict_unprivileged_userns") == "1"
}

// profilePath is where the profile of this program goes.
const profilePath = "/etc/apparmor.d/mocker-compose"

// Profile is the AppArmor profile that lets this binary make user namespaces, and
// restricts nothing (apparmor.d(5), "userns rules").
func Profile(exe string) string {
	if strings.ContainsAny(exe, " \t\"") {
		exe = strconv.Quote(exe)
	}
	return "abi <abi/4.0>,\ninclude <tunables/global>\n\nprofile mocker-compose " + exe + " flags=(unconfined) {\n  userns,\n}\n"
}

func appArmor(h Host) Cause {
	what := "AppArmor lets only programs with a profile of their own make user namespaces (kernel.apparmor_restrict_unprivileged_userns = 1)"
	if strings.HasPrefix(h.Read("/proc/self/attr/current"), "unprivileged_userns") {
		what = "AppArmor took the rights of the user namespace away, since this program has no profile of its own (kernel.apparmor_restrict_unprivileged_userns = 1)"
	}
	c := Cause{ID: "userns-apparmor", What: what, Lost: lostAll}
	if h.Program("apparmor_parser") == "" {
		c.Remedy, c.Note = h.Install(AppArmor)
	}
	c.Remedy = append(c.Remedy,
		h.Sudo("tee "+profilePath+" >/dev/null <<'EOF'\n"+Profile(h.Exe)+"EOF"),
		h.Sudo("apparmor_parser -r "+profilePath))
	return c
}

func seLinux(h Host) Cause {
	return Cause{ID: "userns-selinux", What: "SELinux is enforcing, and its policy denies user_namespace { create } here", Lost: lostAll,
		Remedy: []string{
			h.Sudo("ausearch -m avc,user_avc -c mocker-compose --raw | " + h.Sudo("audit2allow -M mocker_compose")),
			h.Sudo("semodule -i mocker_compose.pp"),
		}}
}

// outerContainer: the default profiles of container engines forbid clone(2) with
// CLONE_NEWUSER, and mask parts of /proc, without which the kernel lets nobody mount a new one.
func outerContainer(h Host) Cause {
	c := Cause{ID: "userns-container", Lost: lostAll}
	switch engine := h.Container(); engine {
	case "docker":
		c.What = "this is a container of docker, whose seccomp and AppArmor profiles forbid it"
		c.Note = "start the outer container with: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined --device /dev/net/tun --device /dev/fuse" +
			` (in devcontainer.json the same words as "runArgs")`
	case "podman":
		c.What = "this is a container of podman, whose seccomp profile forbids it"
		c.Note = "start the outer container with: podman run --security-opt seccomp=unconfined --security-opt label=disable --security-opt unmask=ALL --device /dev/net/tun --device /dev/fuse"
	default:
		c.What = "this is a container (" + engine + "), whose manager forbids it"
		c.Note = "let its manager allow nesting; for LXD and Incus: incus config set NAME security.nesting=true"
	}
	return c
}

// chrooted tells whether our root is not that of our mount namespace. The mounts of
// process 1 may be read, and mounts have numbers (proc_pid_mountinfo(5)): in a chroot
// we see some of them, but our / is another, or no mount at all.
func chrooted(h Host) bool {
	own, theirs := mounts(h.Read("/proc/self/mountinfo")), mounts(h.Read("/proc/1/mountinfo"))
	if len(own.ids) == 0 || len(theirs.ids) == 0 {
		return false
	}
	shared := slices.ContainsFunc(own.ids, func(id string) bool { return slices.Contains(theirs.ids, id) })
	return own.root == "" || shared && own.root != theirs.root
}

type mountTable struct {
	ids  []string
	root string // the number of the mount at /
}

func mounts(text string) (t mountTable) {
	for line := range strings.Lines(text) {
		f := strings.Fields(line)
		if len(f) < 5 {
			continue
		}
		t.ids = append(t.ids, f[0])
		if f[4] == "/" {
			t.root = f[0]
		}
	}
	return t
}

// Namespace is why a namespace of a kind ("net", "mnt", "pid", "ipc", "uts",
// "cgroup") cannot be made inside a user namespace.
func Namespace(h Host, kind string, err error) Cause {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EUSERS):
		return namespaceLimit(h, kind, err)
	case errors.Is(err, syscall.EINVAL):
		return Cause{ID: "namespace-kernel", What: "this kernel is built without " + kind + " namespaces",
			Note: "boot a kernel that has them, as those of all distributions do", Lost: lostAll}
	}
	c := UserNamespace(h, err)
	c.What = "a user namespace can be made, but gives no rights in it: " + c.What
	return c
}

// enoughNamespaces is what some dozens of containers need and a desktop beside them.
const enoughNamespaces = 100000

// FewNamespaces is below what one large project needs.
const FewNamespaces = 100

func namespaceLimit(h Host, kind string, err error) Cause {
	name := "user.max_" + kind + "_namespaces"
	// Inside a user namespace the file shows that namespace's own limit, not the user's,
	// so the text has no number: it is to be the same wherever the limit is met.
	what := "no more of them may be made: " + name + " is reached"
	switch {
	case errors.Is(err, syscall.EUSERS):
		return Cause{ID: "userns-nested", What: "user namespaces are nested 32 deep, and the kernel allows no more", Note: "start it in fewer of them", Lost: lostAll}
	}
	c := setting(h, "namespace-limit", name, h.more(name, enoughNamespaces), what, lostAll)
	if kind == "user" {
		c.ID = "userns-limit"
	}
	return c
}

func orUnknown(s string) string {
	if s == "" {
		return "(unknown)"
	}
	return s
}

// LowNamespaces is what is said of a limit that projects will soon reach.
func LowNamespaces(h Host, kind string) Cause {
	name := "user.max_" + kind + "_namespaces"
	c := setting(h, "namespace-low", name, strconv.Itoa(enoughNamespaces), fmt.Sprintf("%s = %s; each container needs one", name, h.Sysctl(name)),
		"services beyond that number do not start")
	return c
}

// settingsFile keeps what is set.
const settingsFile = "/etc/sysctl.d/60-mocker-compose.conf"

// more is a value that is enough, and more than there is now.
func (h Host) more(name string, enough int64) string {
	if now, ok := h.Number(name); ok && now >= enough && now < 1<<30 {
		enough = 2 * now
	}
	return strconv.FormatInt(enough, 10)
}

// setting is a cause that a value of sysctl(8) mends.
func setting(h Host, id, name, value, what, lost string) Cause {
	quoted := value
	if strings.Contains(value, " ") {
		quoted = "'" + value + "'"
	}
	c := Cause{ID: id, What: what, Lost: lost}
	if h.Container() != "" && !strings.HasPrefix(name, "net.") {
		c.Note = "it is set outside of this container, by: sudo sysctl -w " + name + "=" + quoted
		return c
	}
	c.Remedy = []string{h.Sudo("sysctl -w " + name + "=" + quoted)}
	c.Keep = "echo '" + name + " = " + value + "' | " + h.Sudo("tee -a "+settingsFile)
	return c
}
