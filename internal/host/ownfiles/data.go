package ownfiles

import (
	"cmp"
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/shellword"
)

// Data is a bind mount or a volume.
type Data struct {
	Target string
	Path   string // as this process sees it, in the user's own namespace; "" = it does not exist
	Shown  string // as the user knows it
	Volume bool
	Write  bool
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

// otherwise finds data that was written without the exchange: it belongs to the very id
// that is to be exchanged, itself or most of what is in it. left is for the user: files
// that will be root's for the service, though most are not.
//
// In a directory that was in use with the exchange, the files of that id are those that
// root has written there, and they are few: so the few do not tell.
//
// A volume belongs to that id with the exchange too, if in the image its place is root's.
func (w *Wanted) otherwise(x exchange.IDs) (d *Data, left string) {
	for i := range w.Data {
		d := &w.Data[i]
		var st unix.Stat_t
		if d.Path == "" || unix.Stat(d.Path, &st) != nil {
			continue // if it cannot be looked at, the mount says why
		}
		if owner, _ := w.ownerInImage(d.Target); st.Uid == x.UID && (!d.Volume || owner.UID == x.UID) {
			return d, ""
		}
		if d.Volume || !d.Write || st.Mode&unix.S_IFMT != unix.S_IFDIR {
			continue
		}
		c := look(d.Path, x.UID, Limit)
		switch {
		case c.theirs > c.mine:
			return d, ""
		case c.theirs > 0:
			left = cmp.Or(left, fmt.Sprintf("service %s: %q, and maybe more in %s, was written without x-mocker.own_files, and is root's for the service. To make it yours: mocker-compose unshare chown -R --from=%d 0:0 %s",
				w.Service.Name, c.first, d.Shown, x.UID, shellword.Quote(d.Path)))
		case c.cut:
			left = cmp.Or(left, fmt.Sprintf("service %s: only %d entries of %s were looked at: what else is in there and was written without x-mocker.own_files is root's for the service. To make all of it yours: mocker-compose unshare chown -R --from=%d 0:0 %s",
				w.Service.Name, c.seen, d.Shown, x.UID, shellword.Quote(d.Path)))
		}
	}
	return nil, left
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
		what, x.UID, w.Service.Name, x.UID, shellword.Quote(d.Path))
}

// givenUp tells of data that the service will see as root's, now that nothing is
// exchanged: such as it has written while something was.
func (w *Wanted) givenUp() string {
	x, _, err := w.found(false)
	if err != nil || x.None() {
		return ""
	}
	for i := range w.Data {
		d := &w.Data[i]
		if owner, _ := w.ownerInImage(d.Target); !d.Write || !d.holdsAny() || d.Volume && owner.UID != x.UID {
			continue
		}
		return fmt.Sprintf("service %s: user %d of the container, not being the owner, sees what is in %s as root's. To give it to that user: mocker-compose unshare chown -R --from=0 %s %s",
			w.Service.Name, x.UID, d.Shown, x, shellword.Quote(d.Path))
	}
	return ""
}

// holdsAny tells whether something in a directory belongs to the user.
func (d *Data) holdsAny() bool {
	return look(d.Path, 0, Bound{Entries: fewEntries, Time: Limit.Time}).theirs > 0
}

// fewEntries are enough to see whether there is anything of the user's.
const fewEntries = 1000
