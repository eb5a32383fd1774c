package layer

import "fmt"

// Left counts what of an archive is not in the tree.
type Left struct {
	Devices int `json:"devices,omitempty"` // nodes
	Kinds   int `json:"kinds,omitempty"`   // entries of a kind that is not known, and aufs's book-keeping
	Owners  int `json:"owners,omitempty"`  // files whose ids are not mapped
	Setuid  int `json:"setuid,omitempty"`  // files that lost these bits because their owner could not be kept
	Xattrs  int `json:"xattrs,omitempty"`  // extended attributes
}

// Add adds what another layer of the same image lost.
func (l *Left) Add(o Left) {
	l.Devices += o.Devices
	l.Kinds += o.Kinds
	l.Owners += o.Owners
	l.Setuid += o.Setuid
	l.Xattrs += o.Xattrs
}

// Notices are lines for the user, none if all went in.
func (l *Left) Notices(single bool) []string {
	var out []string
	add := func(n int, text string) {
		if n > 0 {
			out = append(out, fmt.Sprintf(text, n))
		}
	}
	if single {
		out = append(out, "all files belong to root: only one user id is available here (install newuidmap, package uidmap or shadow-utils, and have a range in /etc/subuid)")
	}
	add(l.Devices, "%d device nodes left out: containers get a /dev of their own")
	add(l.Kinds, "%d entries of unknown kind left out")
	add(l.Owners, "%d files belong to root because their ids are not mapped: a larger range in /etc/subuid and /etc/subgid keeps them")
	add(l.Setuid, "%d files lost their setuid or setgid bit because their owner could not be kept")
	add(l.Xattrs, "%d extended attributes left out")
	return out
}
