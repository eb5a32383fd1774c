package ownfiles

import (
	"cmp"
	"os"
	"path"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// Bound ends a look into a directory.
type Bound struct {
	Entries int
	Time    time.Duration
}

// Limit is how much of a directory of the user's is looked at before a container is made:
// more than a project's sources have, and less than is felt at a start.
var Limit = Bound{Entries: 50_000, Time: 500 * time.Millisecond}

// census is what a look has found.
type census struct {
	mine   int    // entries that belong to the user, who is root in U
	theirs int    // entries that belong to the id that is looked for
	first  string // one of these, relative to the directory
	seen   int
	cut    bool // there is more than was looked at
}

// look counts whose the files below a directory are, for an id of U. It follows no link
// out of it and stays on the file system. Broad before deep: where there is too much, what
// is near the top has been seen.
func look(dir string, uid uint32, b Bound) (c census) {
	top, err := os.OpenFile(dir, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return c
	}
	defer top.Close()
	var st unix.Stat_t
	if unix.Fstat(wire.FD(top), &st) != nil {
		return c
	}
	l := looker{census: &c, top: top, uid: uid, bound: b, dev: st.Dev, end: time.Now().Add(b.Time)}
	l.queue = []string{"."}
	for len(l.queue) > 0 && !c.cut {
		next := l.queue[0]
		l.queue = l.queue[1:]
		l.folder(next)
	}
	return c
}

type looker struct {
	*census
	top   *os.File
	uid   uint32
	bound Bound
	dev   uint64
	end   time.Time
	queue []string // directories to be looked at, relative to the top
}

func (l *looker) folder(at string) {
	dir, err := safepath.OpenInRoot(l.top, at, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_NONBLOCK)
	if err != nil {
		return // gone meanwhile
	}
	defer dir.Close()
	for !l.cut {
		names, err := dir.Readdirnames(512)
		for _, name := range names {
			l.entry(dir, name, path.Join(at, name))
		}
		if err != nil {
			return
		}
	}
}

func (l *looker) entry(dir *os.File, name, at string) {
	if l.cut = l.cut || l.seen >= l.bound.Entries || l.seen%16 == 15 && time.Now().After(l.end); l.cut {
		return
	}
	var st unix.Stat_t
	if unix.Fstatat(wire.FD(dir), name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return
	}
	l.seen++
	switch st.Uid {
	case l.uid:
		l.theirs++
		l.first = cmp.Or(l.first, at)
	case 0:
		l.mine++
	}
	if st.Mode&unix.S_IFMT == unix.S_IFDIR && st.Dev == l.dev {
		l.queue = append(l.queue, at)
	}
}
