// Package exchange is the arithmetic of a container in which two ids have changed
// places: id 0 and the id that its service runs as, so that the latter is the
// caller's on the host ("files you own", docs/files.md).
//
// There are two counts of the same ids. Inside is what the container's processes
// see. U is the user's own namespace, in which all other containers are, in which
// images and volumes have their owners, and in which the supervisor works:
//
//	inside   U      host
//	ID       0      the caller
//	0        ID     a subordinate id
//	others   the same in both
//
// The exchange is its own inverse. Users and groups are exchanged each by
// themselves; an id of 0 stands for no exchange.
package exchange

import "fmt"

// IDs are the user and the group that change places with 0. The zero value
// exchanges nothing.
type IDs struct {
	UID uint32 `json:"uid,omitempty"`
	GID uint32 `json:"gid,omitempty"`
}

// None tells whether nothing is exchanged.
func (x IDs) None() bool { return x == IDs{} }

// User is the id in U of a user inside, and the other way round.
func (x IDs) User(id uint32) uint32 { return swap(id, x.UID) }

// Group is the same of a group.
func (x IDs) Group(id uint32) uint32 { return swap(id, x.GID) }

// Ints are both, for chown(2).
func (x IDs) Ints(uid, gid int) (int, int) {
	return int(swap(uint32(uid), x.UID)), int(swap(uint32(gid), x.GID))
}

func (x IDs) String() string { return fmt.Sprintf("%d:%d", x.UID, x.GID) }

func swap(id, with uint32) uint32 {
	switch id {
	case 0:
		return with
	case with:
		return 0
	}
	return id
}

// Range is a line of a uid_map: Count ids from Inside on are those from Outside on
// in the namespace above (user_namespaces(7)).
type Range struct{ Inside, Outside, Count uint32 }

// Map are the lines of the map of a namespace below U in which id and 0 have
// changed places; have are the ids that U itself has (their Inside counts). ok is
// false if id is none of them. Nothing is mapped that U has not.
func Map(have []Range, id uint32) (lines []Range, ok bool) {
	if id == 0 {
		ok = true
	}
	for _, r := range have {
		lines = append(lines, cut(r, id, &ok)...)
	}
	return lines, ok
}

// cut are the lines for the ids of one range.
func cut(r Range, id uint32, found *bool) (lines []Range) {
	next, end := uint64(r.Inside), uint64(r.Inside)+uint64(r.Count)
	plain := func(to uint64) {
		if to > next {
			lines = append(lines, Range{uint32(next), uint32(next), uint32(to - next)})
		}
	}
	points := []uint32{0, id}
	if id == 0 {
		points = nil
	}
	for _, p := range points {
		if at := uint64(p); at >= next && at < end {
			plain(at)
			lines = append(lines, Range{p, swap(p, id), 1})
			next = at + 1
			*found = *found || p == id
		}
	}
	plain(end)
	return lines
}
