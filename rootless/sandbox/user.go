package sandbox

import (
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// openUser takes the user namespace along. What is handed over comes after our files.
func (b *builder) openUser(ns *os.File) {
	if ns != nil {
		b.user = b.file(ns)
	}
}

// enterUser enters a user namespace below ours. It comes when everything is mounted
// and joined, for from here on there are all capabilities in that namespace, and none
// in ours, which owns the others: what follows, and what runs in the end, gets no
// right that it would not have in ours. Keyrings are found by their names in their
// own user namespace only (keyrings(7)), so the session's comes first.
func (b *builder) enterUser(keyring string) {
	if b.user == 0 {
		return
	}
	b.mark("enter the user namespace")
	b.keyring(keyringOf(keyring, nil))
	b.do("enter the user namespace", unix.SYS_SETNS, b.user, unix.CLONE_NEWUSER)
}

// keyrings says which session keyring to leave ours for; the zero value: it has been left.
type keyrings struct {
	leave bool
	name  string // "" = there is none to fall back to
}

// keyringOf is what is left to be done at the lock.
func keyringOf(name string, ns *os.File) keyrings {
	return keyrings{leave: ns == nil, name: name}
}

// keyring leaves the session keyring. Keys of the caller's session must not be found
// from inside. Who gets no keyring of its own, because the quota is full, has the
// project's.
func (b *builder) keyring(k keyrings) {
	if !k.leave {
		return
	}
	if k.name != "" {
		b.do("leave the session keyring", unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, k.name)
	}
	b.do("new session keyring", unix.SYS_KEYCTL, unix.KEYCTL_JOIN_SESSION_KEYRING, 0).Ignore()
}

// rootOptions make a file system that knows owners belong to root inside.
func rootOptions(x exchange.IDs) (list []option) {
	if x.UID != 0 {
		list = append(list, option{"uid", strconv.FormatUint(uint64(x.UID), 10)})
	}
	if x.GID != 0 {
		list = append(list, option{"gid", strconv.FormatUint(uint64(x.GID), 10)})
	}
	return list
}

// ownerOf is to whom what we make below a root belongs; nil = us.
func ownerOf(x exchange.IDs) *safepath.Owner {
	if x.None() {
		return nil
	}
	return &safepath.Owner{UID: int(x.UID), GID: int(x.GID)}
}
