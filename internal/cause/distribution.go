package cause

import "strings"

// Package is something that distributions have under names of their own.
type Package int

// The packages.
const (
	UIDMap Package = iota // newuidmap and newgidmap
	FuseOverlay
	Pasta
	Slirp4netns
	AppArmor // apparmor_parser
	DBusUser // the user's session bus
)

// family is a way to install packages.
type family struct{ install, uidmap, fuse, pasta, slirp, apparmor, dbus string }

// families are by the ID of os-release(5), or one of ID_LIKE.
func families(id string) (family, bool) {
	switch id {
	case "debian", "ubuntu", "linuxmint", "raspbian":
		return family{"apt-get install -y", "uidmap", "fuse-overlayfs", "passt", "slirp4netns", "apparmor", "dbus-user-session"}, true
	case "fedora", "rhel", "centos", "rocky", "almalinux", "ol", "amzn":
		return family{"dnf install -y", "shadow-utils", "fuse-overlayfs", "passt", "slirp4netns", "apparmor-parser", "dbus-daemon"}, true
	case "suse", "opensuse", "opensuse-leap", "opensuse-tumbleweed", "sles":
		return family{"zypper install -y", "shadow", "fuse-overlayfs", "passt", "slirp4netns", "apparmor-parser", "dbus-1"}, true
	case "arch", "manjaro", "endeavouros":
		return family{"pacman -S --noconfirm", "shadow", "fuse-overlayfs", "passt", "slirp4netns", "apparmor", "dbus"}, true
	case "alpine", "postmarketos":
		return family{"apk add", "shadow-uidmap", "fuse-overlayfs", "passt", "slirp4netns", "apparmor", "dbus"}, true
	case "void":
		return family{"xbps-install -y", "shadow", "fuse-overlayfs", "passt", "slirp4netns", "apparmor", "dbus"}, true
	case "gentoo":
		return family{"emerge", "sys-apps/shadow", "sys-fs/fuse-overlayfs", "net-misc/passt", "app-containers/slirp4netns", "sys-apps/apparmor", "sys-apps/dbus"}, true
	}
	return family{}, false
}

func (f family) name(p Package) string {
	return [...]string{UIDMap: f.uidmap, FuseOverlay: f.fuse, Pasta: f.pasta, Slirp4netns: f.slirp, AppArmor: f.apparmor, DBusUser: f.dbus}[p]
}

// Release is a value of os-release(5), without its quotes.
func (h Host) Release(key string) string {
	text := h.Read("/etc/os-release")
	if text == "" {
		text = h.Read("/usr/lib/os-release")
	}
	return strings.Trim(field(text, key+"="), `"'`)
}

func (h Host) family() (family, bool) {
	for _, id := range strings.Fields(h.Release("ID") + " " + h.Release("ID_LIKE")) {
		if f, ok := families(id); ok {
			return f, true
		}
	}
	return family{}, false
}

// Install gives the command that installs a package here, or, on a distribution that
// is not known, a note that names it.
func (h Host) Install(p Package) (command []string, note string) {
	if f, ok := h.family(); ok {
		return []string{h.Sudo(f.install + " " + f.name(p))}, ""
	}
	debian, _ := families("debian")
	return nil, "install the package that is called " + debian.name(p) + " on Debian"
}
