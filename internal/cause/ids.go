package cause

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// lostIDs is what projects have less with a single id.
const lostIDs = "containers have one user id only: servers that change their user fail, and files of images all belong to root"

// MapTool is why newuidmap or newgidmap cannot be used, by what its file is; false =
// nothing is wrong with it. nosuid tells whether it is on a mount without setuid, and
// privileged whether it has the setuid bit or file capabilities (newuidmap(1)).
func MapTool(h Host, tool, path string, nosuid, privileged bool) (Cause, bool) {
	switch {
	case path == "":
		c := Cause{ID: "newuidmap-missing", What: tool + " is not installed", Lost: lostIDs}
		c.Remedy, c.Note = h.Install(UIDMap)
		return c, true
	case !privileged:
		return Cause{ID: "newuidmap-unprivileged", What: path + " has neither the setuid bit nor file capabilities", Lost: lostIDs,
			Remedy: []string{h.Sudo("chmod u+s " + path)}}, true
	case nosuid:
		c := Cause{ID: "newuidmap-nosuid", What: path + " is on a mount with nosuid, where setuid bits and file capabilities count for nothing", Lost: lostIDs}
		if m := h.mountOf(path); m != "" {
			c.Remedy = []string{h.Sudo("mount -o remount,suid " + m)}
			c.Note = "and take nosuid out of its line in /etc/fstab"
		}
		return c, true
	case h.Status("NoNewPrivs") == "1":
		return Cause{ID: "no-new-privs", What: "we run with no_new_privs, under which setuid bits and file capabilities count for nothing", Lost: lostIDs,
			Note: "start it outside of what set that: NoNewPrivileges= of a systemd unit, --security-opt no-new-privileges of an outer container, the sandbox of an editor or of flatpak"}, true
	}
	return Cause{}, false
}

// mountOf is the mount point that a path is below.
func (h Host) mountOf(path string) string {
	best := ""
	for line := range strings.Lines(h.Read("/proc/self/mountinfo")) {
		f := strings.Fields(line)
		if len(f) < 5 || len(f[4]) < len(best) {
			continue
		}
		if f[4] == "/" || path == f[4] || strings.HasPrefix(path, f[4]+"/") {
			best = f[4]
		}
	}
	return best
}

// enoughIDs are the ids of a container besides 0: those up to 65535, with "nobody".
const enoughIDs = 65536

// idSpan is a range of ids, [First, First+Count), and whose it is.
type idSpan struct {
	Who          string
	First, Count uint64
}

func (s idSpan) overlaps(o idSpan) bool {
	return s.First < o.First+o.Count && o.First < s.First+s.Count
}

func (s idSpan) String() string { return fmt.Sprintf("%d-%d", s.First, s.First+s.Count-1) }

// spans reads a file in the format of subuid(5).
func spans(text string) (list []idSpan) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) != 3 || strings.HasPrefix(f[0], "#") {
			continue
		}
		first, err1 := strconv.ParseUint(f[1], 10, 32)
		count, err2 := strconv.ParseUint(f[2], 10, 32)
		if err1 == nil && err2 == nil && count > 0 {
			list = append(list, idSpan{f[0], first, count})
		}
	}
	return list
}

// accounts are the ids of a file in the format of passwd(5) or group(5).
func accounts(text string) (list []idSpan) {
	for line := range strings.Lines(text) {
		f := strings.Split(strings.TrimSpace(line), ":")
		if len(f) < 3 {
			continue
		}
		if id, err := strconv.ParseUint(f[2], 10, 32); err == nil {
			list = append(list, idSpan{f[0], id, 1})
		}
	}
	return list
}

// subFile is one of the two files with ranges.
type subFile struct{ path, accounts, kind, flag string }

func subFiles() []subFile {
	return []subFile{
		{"/etc/subuid", "/etc/passwd", "user", "subuids"},
		{"/etc/subgid", "/etc/group", "group", "subgids"},
	}
}

// SubordinateIDs is what is wrong with the ranges that subuid(5) and subgid(5) give
// us; false = nothing. They are not looked at where a directory service has them.
func SubordinateIDs(h Host) (Cause, bool) {
	if s := field(h.Read("/etc/nsswitch.conf"), "subid:"); s != "" && s != "files" {
		return Cause{}, false
	}
	for _, f := range subFiles() {
		all := spans(h.Read(f.path))
		own, others := split(h, all)
		if len(own) == 0 {
			return addRange(h, Cause{ID: "subids-none", What: fmt.Sprintf("%s has no range for %s", f.path, h.User), Lost: lostIDs}, nil), true
		}
		if c, bad := overlap(h, f, own, others); bad {
			return c, true
		}
		if n := total(own); n < enoughIDs-1 {
			return addRange(h, Cause{
				ID: "subids-few", What: fmt.Sprintf("%s gives %s only %d ids, images count on %d", f.path, h.User, n, enoughIDs),
				Lost: "files and users of images with higher ids, such as nobody (65534), cannot be had",
			}, nil), true
		}
	}
	return Cause{}, false
}

func split(h Host, all []idSpan) (own, others []idSpan) {
	for _, s := range all {
		if s.Who == h.User || s.Who == strconv.Itoa(h.UID) {
			own = append(own, s)
		} else {
			others = append(others, s)
		}
	}
	return own, others
}

func total(list []idSpan) (n uint64) {
	for _, s := range list {
		n += s.Count
	}
	return n
}

// overlap finds what a range of ours has in common with another one, ours included,
// and with accounts. The kernel refuses a map of which two ranges overlap.
func overlap(h Host, f subFile, own, others []idSpan) (Cause, bool) {
	for i, s := range own {
		for _, o := range own[i+1:] {
			if s.overlaps(o) {
				what := fmt.Sprintf("the ranges %s and %s of %s in %s overlap, which the kernel refuses", s, o, h.User, f.path)
				return addRange(h, Cause{ID: "subids-overlap-own", What: what, Lost: lostIDs}, own), true
			}
		}
		for _, o := range accounts(h.Read(f.accounts)) {
			if s.overlaps(o) {
				what := fmt.Sprintf("the range %s of %s in %s has the id of the %s %s, %d", s, h.User, f.path, f.kind, o.Who, o.First)
				return addRange(h, Cause{ID: "subids-overlap-account", What: what, Lost: "containers may have the rights of that " + f.kind + " over files"}, own), true
			}
		}
		for _, o := range others {
			if s.overlaps(o) {
				what := fmt.Sprintf("the range %s of %s in %s overlaps that of %s, %s", s, h.User, f.path, o.Who, o)
				return addRange(h, Cause{ID: "subids-overlap-user", What: what, Lost: "your containers and those of " + o.Who + " have rights over each other's files"}, own), true
			}
		}
	}
	return Cause{}, false
}

// addRange is the remedy: a range that nobody has, in both files, in place of those
// that are to go.
func addRange(h Host, c Cause, drop []idSpan) Cause {
	free := idSpan{First: freeRange(h), Count: enoughIDs}
	if len(drop) > 0 {
		for _, f := range subFiles() {
			c.Remedy = append(c.Remedy, h.Sudo(fmt.Sprintf("sed -i -e '/^%s:/d' -e '/^%d:/d' %s", h.User, h.UID, f.path)))
		}
		c.Note = "first copy what you need out of volumes (mocker-compose cp) and end your projects (mocker-compose down): files keep the ids of the old range"
	}
	if h.Program("usermod") == "" {
		line := fmt.Sprintf("%s:%d:%d", h.User, free.First, free.Count)
		c.Remedy = append(c.Remedy, "echo "+line+" | "+h.Sudo("tee -a /etc/subuid /etc/subgid"))
		return c
	}
	c.Remedy = append(c.Remedy, h.Sudo(fmt.Sprintf("usermod --add-subuids %s --add-subgids %s %s", free, free, h.User)))
	return c
}

// firstSubID is where useradd(8) begins (SUB_UID_MIN of login.defs(5)).
const firstSubID = 100000

// freeRange is the first id of a range that no other has, no account, and not we.
func freeRange(h Host) uint64 {
	var taken []idSpan
	for _, f := range subFiles() {
		taken = append(append(taken, spans(h.Read(f.path))...), accounts(h.Read(f.accounts))...)
	}
	slices.SortFunc(taken, func(a, b idSpan) int { return int(int64(a.First) - int64(b.First)) })
	free := idSpan{First: firstSubID, Count: enoughIDs}
	for _, t := range taken {
		if free.overlaps(t) {
			free.First = t.First + t.Count
		}
	}
	return free.First
}

// MapRefused is why a map was refused although tools and ranges are there; said is
// what newuidmap printed.
func MapRefused(h Host, said string) Cause {
	if c, bad := SubordinateIDs(h); bad {
		return c
	}
	c := Cause{ID: "newuidmap-refused", What: said, Lost: lostIDs}
	where := "/etc/subuid and /etc/subgid"
	if s := field(h.Read("/etc/nsswitch.conf"), "subid:"); s != "" && s != "files" {
		where = "what your directory service has (subid: " + s + " in /etc/nsswitch.conf)"
	}
	c.Note = "compare what it says with " + where + ": the ranges must be those of " + h.User + " alone"
	return c
}

// OfIDs tells whether a cause is about ids alone: with one id, projects run.
func OfIDs(c Cause) bool { return c.Lost == lostIDs || strings.HasPrefix(c.ID, "subids-") }
