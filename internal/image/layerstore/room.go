package layerstore

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Room is a directory of the store in which a layer is made by other means than
// from an archive: by running a program above others. It is for a process in the
// user namespace; when that is killed, what it left is swept.
type Room struct {
	Dir *os.File // has "fs", for the tree; what else is put into it, [TarRecord] excepted, goes when the room is closed

	store *Store
	name  string
	lock  *os.File
}

// NewRoom makes a room. Close must be called.
func (s *Store) NewRoom(ctx context.Context) (*Room, error) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	name := hex.EncodeToString(random[:])
	lock, err := state.WaitLock(ctx, s.lock(name), unix.LOCK_EX)
	if err != nil {
		return nil, fmt.Errorf("room for a layer: %w", err)
	}
	r := &Room{store: s, name: doomed.TmpPrefix + name, lock: lock}
	if err := r.make(); err != nil {
		return nil, errors.Join(fmt.Errorf("room for a layer: %w", err), r.Close())
	}
	return r, nil
}

func (r *Room) make() (err error) {
	path := r.Path()
	for _, dir := range []string{path, path + "/fs"} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			return err
		}
	}
	if err := os.Chmod(path+"/fs", 0o755); err != nil { // whatever the umask
		return err
	}
	r.Dir, err = os.Open(path)
	return err
}

// Path is the directory, for a mount.
func (r *Room) Path() string { return r.store.Path(r.name) }

// Take makes a layer of the room's "fs", which nobody may write any more: diffID
// is the digest of its tar, which [TarRecord] in the room, if it is there, makes
// again. oneID: all belongs to root because there is one id only. If the layer
// is there already, that one is leased.
func (r *Room) Take(ctx context.Context, diffID string, oneID bool, st layer.Stats) (*Lease, error) {
	if _, err := imageref.Hex(diffID); err != nil {
		return nil, fmt.Errorf("layer %q: %w", diffID, err)
	}
	var lease *Lease
	err := r.store.inside(func(dir *os.File) (err error) {
		lease, err = r.store.adoptLayer(ctx, dir, r.name, Record{diffID, oneID, st})
		return err
	})
	return lease, err
}

// Close removes the room and what is left in it.
func (r *Room) Close() error {
	err := r.store.inside(func(dir *os.File) error { return safepath.RemoveAll(dir, r.name) })
	if r.Dir != nil {
		err = errors.Join(err, r.Dir.Close())
	}
	return errors.Join(err, os.Remove(r.lock.Name()), r.lock.Close())
}
