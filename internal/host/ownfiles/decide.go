// Package ownfiles decides whether a container has two ids exchanged, and which: id 0
// and the one that its service runs as, so that what this one writes into the user's
// directories is the user's own (docs/files.md).
//
// # The rules
//
//	x-mocker.own_files    is
//	false                 nothing is exchanged
//	USER, GROUP           these
//	true                  the user that the service runs as; of one that begins as
//	                      root, the owner that the image gives to the places of its mounts
//	nothing               as true, where it is safe and wanted ([Wanted.auto])
//
// The owner of data that is there already is never guessed at: data that was written
// under the other rule is refused, or, where nobody has asked, the rule stays the
// other one, and the command that changes the owners is said.
//
// # What is hostile
//
// Names and owners are the image's: they are looked up below its root, and bring about
// nothing but which two of the user's own ids change places.
package ownfiles

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/userspec"
	"github.com/mocker-compose/mocker-compose/project"
)

// Wanted is what is known of a container that is to be made.
type Wanted struct {
	// Service is the service with what its image says, which is Config.
	Service *project.Service
	Config  *image.Config
	// Root is the image's root directory, to be read.
	Root *os.File
	// Data are the files that it will have in place of the image's.
	Data []Data
	// Shared: one of its named volumes is mounted by another service too.
	Shared bool
}

// Data is a bind mount or a volume.
type Data struct {
	Target string
	Path   string // as this process sees it, in the user's own namespace; "" = it does not exist
	Shown  string // as the user knows it
	Volume bool
	Write  bool
}

// Candidate tells, without looking at the image, whether there is anything to decide.
func Candidate(s *project.Service) bool {
	if s.Image == "" {
		return false
	}
	return s.OwnFiles != "" || slices.ContainsFunc(s.Mounts, func(m project.Mount) bool { return m.Type == project.MountBind }) && !restricted(s)
}

// restricted tells whether the service is to have rights, or to share what it sees with
// others, so that an exchange would be felt.
func restricted(s *project.Service) bool {
	other := func(mode string) bool { return mode != "" && mode != "shareable" }
	return s.Privileged || len(s.VolumesFrom) > 0 || other(s.PID) || other(s.IPC) || len(Lost(s.CapAdd)) > 0
}

// Lost are the capabilities, of those that a service wants, that mean nothing where ids
// are exchanged: they count in the namespace that owns the network and the mounts.
func Lost(capAdd []string) (lost []string) {
	for _, c := range capAdd {
		name := strings.TrimPrefix(strings.ToUpper(c), "CAP_")
		if slices.Contains([]string{"ALL", "NET_ADMIN", "SYS_ADMIN", "SYS_PTRACE", "BPF", "PERFMON"}, name) {
			lost = append(lost, name)
		}
	}
	return lost
}

// Decide finds the ids; none if nothing is to be exchanged. notice is for the user, "" =
// nothing.
func (w *Wanted) Decide() (x exchange.IDs, notice string, err error) {
	asked := w.Service.OwnFiles
	switch asked {
	case project.OwnFilesOff:
		return x, w.givenUp(), nil
	case "", project.OwnFilesOn:
		x, err = w.found(asked == "")
	default:
		x, err = w.ids(asked)
		if err == nil && x.UID == 0 {
			err = fmt.Errorf("it is root, whose files are yours without it")
		}
	}
	switch {
	case err != nil && asked == "":
		return exchange.IDs{}, "", nil // the start says what is wrong with the user
	case err != nil:
		return x, "", fmt.Errorf("x-mocker.own_files: %s: %w", asked, err)
	case x.None():
		return x, "", nil
	}
	d, err := w.otherwise(x)
	switch {
	case err != nil:
		return x, "", err
	case d == nil:
		return x, cmp.Or(w.lost(), w.leftIn(x)), nil
	case asked == "":
		return exchange.IDs{}, w.says(d, x), nil
	}
	return x, "", errors.New(w.says(d, x))
}

func (w *Wanted) lost() string {
	if lost := Lost(w.Service.CapAdd); len(lost) > 0 {
		return fmt.Sprintf("service %s: cap_add %s has no effect with x-mocker.own_files", w.Service.Name, strings.Join(lost, ", "))
	}
	return ""
}

// found are the ids of whom the service runs as.
func (w *Wanted) found(auto bool) (x exchange.IDs, err error) {
	x, err = w.ids(w.Service.User)
	if err != nil {
		return x, err
	}
	began := x.UID == 0
	if began {
		if x, err = w.stepsDownTo(auto); err != nil {
			return x, err
		}
	}
	if x.UID == 0 {
		if auto {
			return exchange.IDs{}, nil
		}
		return x, errors.New("the service begins as root, and its image does not tell who owns the places of its mounts: name the user, for example own_files: postgres")
	}
	if auto && !w.auto(began, x) {
		return exchange.IDs{}, nil
	}
	return x, nil
}

// auto tells whether ids are exchanged though nobody has asked. It has to be wanted:
// something of the user's own is mounted. It has to be safe: nobody else has the same
// volumes under other owners.
func (w *Wanted) auto(began bool, x exchange.IDs) bool {
	if w.Shared || restricted(w.Service) {
		return false
	}
	return slices.ContainsFunc(w.Data, func(d Data) bool { return !d.Volume && d.own(x) && (d.Write || !began) })
}

// own tells whether a mount is the user's own, or will be, or the service has made it its
// own (as an image's entrypoint does).
func (d *Data) own(x exchange.IDs) bool {
	if d.Path == "" {
		return true
	}
	var st unix.Stat_t
	return unix.Stat(d.Path, &st) == nil && (st.Uid == 0 || st.Uid == x.UID)
}

// ids looks a user up in the image.
func (w *Wanted) ids(user string) (exchange.IDs, error) {
	u, err := userspec.InRoot(w.Root, user, nil)
	if err != nil {
		return exchange.IDs{}, err
	}
	return exchange.IDs{UID: u.UID, GID: u.GID}, nil
}

// quiet are places for what a service is given rather than for what it writes.
var quiet = []string{"/docker-entrypoint-initdb.d", "/etc"}

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
		if d.Volume || !d.Write || d.isFile() || slices.ContainsFunc(quiet, func(q string) bool { return d.Target == q || strings.HasPrefix(d.Target, q+"/") }) {
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

// otherwise finds data that was written without the exchange: it belongs to the very id
// that is to be exchanged. A volume may do so with it too, if in the image its place is
// root's.
func (w *Wanted) otherwise(x exchange.IDs) (*Data, error) {
	for i := range w.Data {
		d := &w.Data[i]
		if d.Path == "" {
			continue
		}
		var st unix.Stat_t
		if err := unix.Stat(d.Path, &st); err != nil {
			continue // the mount says why
		}
		if st.Uid != x.UID {
			continue
		}
		if owner, _ := w.ownerInImage(d.Target); d.Volume && owner.UID != x.UID {
			continue
		}
		return d, nil
	}
	return nil, nil //nolint:nilnil // none is an answer
}

// fewEntries bounds the look into a directory.
const fewEntries = 1000

// leftIn tells of files in a directory of the user's own that were written without the
// exchange: the service will see them as root's.
func (w *Wanted) leftIn(x exchange.IDs) string {
	for i := range w.Data {
		d := &w.Data[i]
		if name := d.first(x.UID); !d.Volume && d.Write && name != "" {
			return fmt.Sprintf("service %s: %q, and maybe more in %s, was written without x-mocker.own_files, and is root's for the service. To make it yours: mocker-compose unshare chown -R --from=%d 0:0 %s",
				w.Service.Name, name, d.Shown, x.UID, quote(d.Path))
		}
	}
	return ""
}

// first is the name of something in a directory that belongs to a user of U, "" if
// there is nothing.
func (d *Data) first(uid uint32) string {
	dir, err := os.OpenFile(d.Path, os.O_RDONLY|unix.O_DIRECTORY|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(fewEntries) // none where it cannot be read
	for _, name := range names {
		var st unix.Stat_t
		if unix.Fstatat(int(dir.Fd()), name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && st.Uid == uid {
			return name
		}
	}
	return ""
}

// says tells of data that was written without the exchange.
func (w *Wanted) says(d *Data, x exchange.IDs) string {
	what := d.Shown
	if d.Volume {
		what = "volume " + d.Shown
	}
	if w.Service.OwnFiles == "" {
		what = "service " + w.Service.Name + ": " + what
	}
	return fmt.Sprintf("%s was written without x-mocker.own_files and belongs to user %d of containers, not to you. To make it yours: mocker-compose rm -sf %s && mocker-compose unshare chown -R --from=%d 0:0 %s && mocker-compose up -d",
		what, x.UID, w.Service.Name, x.UID, quote(d.Path))
}

// givenUp tells of data that the service will see as root's, now that nothing is
// exchanged: such as it has written while something was.
func (w *Wanted) givenUp() string {
	x, err := w.found(false)
	if err != nil || x.None() {
		return ""
	}
	for i := range w.Data {
		d := &w.Data[i]
		if owner, _ := w.ownerInImage(d.Target); !d.Write || !d.holds(0) || d.Volume && owner.UID != x.UID {
			continue
		}
		return fmt.Sprintf("service %s: user %d of the container, not being the owner, sees what is in %s as root's. To give it to that user: mocker-compose unshare chown -R --from=0 %s %s",
			w.Service.Name, x.UID, d.Shown, x, quote(d.Path))
	}
	return ""
}

// holds tells whether something in a directory belongs to a user of U.
func (d *Data) holds(uid uint32) bool { return d.first(uid) != "" }

// quote makes a path one word of a shell's.
func quote(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,:@%") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
