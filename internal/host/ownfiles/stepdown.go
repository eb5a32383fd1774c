package ownfiles

import (
	"os"
	"path"
	"slices"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/project"
)

// quiet are places for what a service is given rather than for what it writes.
var quiet = []string{"/docker-entrypoint-initdb.d", "/etc"}

func isQuiet(target string) bool {
	return slices.ContainsFunc(quiet, func(q string) bool { return project.Within(target, q) })
}

// stepsDownTo finds the user that a service will become which begins as root: the one to
// whom the image gives the directories in whose place something is mounted. If nobody has
// asked, there is more to be seen: the image has an entrypoint, which is what steps down,
// and calls those places volumes; the file says nothing else; and nothing is mounted
// to be written to elsewhere, where it may be root who writes.
func (w *Wanted) stepsDownTo(auto bool) (x exchange.IDs, err error) {
	if auto && (len(w.Config.Entrypoint) == 0 || !slices.Equal(w.Config.Entrypoint, w.Service.Entrypoint) || w.Service.User != w.Config.User) {
		return x, nil
	}
	var owners []exchange.IDs
	for _, d := range w.Data {
		if d.Volume || !d.Write || d.isFile() || isQuiet(d.Target) {
			continue
		}
		owner, there := w.ownerInImage(d.Target)
		switch {
		case there && owner.UID != 0 && (!auto || w.isVolume(d.Target)):
			if !slices.Contains(owners, owner) {
				owners = append(owners, owner)
			}
		case auto:
			return x, nil
		}
	}
	if len(owners) != 1 {
		return x, nil
	}
	if x, err = w.ids(strconv.FormatUint(uint64(owners[0].UID), 10)); err == nil && x.GID == 0 {
		x.GID = owners[0].GID
	}
	return x, err
}

func (w *Wanted) isVolume(target string) bool {
	return slices.ContainsFunc(w.Config.Volumes, func(v string) bool { return path.Clean("/"+v) == path.Clean(target) })
}

func (d *Data) isFile() bool {
	st, err := os.Stat(d.Path)
	return err == nil && !st.IsDir()
}

// ownerInImage is whom the image gives a directory to.
func (w *Wanted) ownerInImage(target string) (x exchange.IDs, there bool) {
	f, err := safepath.OpenInRoot(w.Root, target, unix.O_PATH|unix.O_DIRECTORY)
	if err != nil {
		return x, false
	}
	defer f.Close()
	var st unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &st); err != nil {
		return x, false
	}
	return exchange.IDs{UID: st.Uid, GID: st.Gid}, true
}
