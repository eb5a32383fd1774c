package rootfs

import "fmt"

// leftOut counts what of an archive is not in the tree.
type leftOut struct {
	devices int // nodes
	kinds   int // entries of a kind that is not known
	owners  int // ids that are not mapped
	setuid  int // bits taken off because the owner could not be kept
	xattrs  int
}

// notices are lines for the user, none if all went in.
func (l *leftOut) notices(single bool) []string {
	var out []string
	add := func(n int, text string) {
		if n > 0 {
			out = append(out, fmt.Sprintf(text, n))
		}
	}
	if single {
		out = append(out, "all files belong to root: only one user id is available here (install newuidmap, package uidmap or shadow-utils, and have a range in /etc/subuid)")
	}
	add(l.devices, "%d device nodes left out: containers get a /dev of their own")
	add(l.kinds, "%d entries of unknown kind left out")
	add(l.owners, "%d files belong to root because their ids are not mapped: a larger range in /etc/subuid and /etc/subgid keeps them")
	add(l.setuid, "%d files lost their setuid or setgid bit because their owner could not be kept")
	add(l.xattrs, "%d extended attributes left out")
	return out
}
