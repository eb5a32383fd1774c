package layerstore

import (
	"context"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Lease is a layer that cannot be deleted until it is closed: its image is not
// in the index yet.
type Lease struct {
	Key   string
	Stats layer.Stats
	lock  *os.File
}

// Close ends the lease.
func (l *Lease) Close() error { return l.lock.Close() }

// Fill writes a layer's tree into an empty directory, and into an empty file
// the record by which its tar can be made again (internal/image/exact), if it can.
type Fill func(fs, record *os.File) (layer.Stats, error)

// Layer leases the layer with the given diff id, and calls fill if it is not
// there. Of several callers one fills and the others wait.
//
// flock(2) cannot turn an exclusive lock into a shared one without a gap, in
// which the layer may be deleted again: hence the loop.
func (s *Store) Layer(ctx context.Context, diffHex string, oneID bool, fill Fill) (*Lease, error) {
	key := Key(diffHex, oneID)
	if !IsKey(key) {
		return nil, fmt.Errorf("layer %q: not a SHA-256", diffHex)
	}
	for {
		shared, err := state.WaitLock(ctx, s.lock(key), unix.LOCK_SH)
		if err != nil {
			return nil, err
		}
		rec, ok, err := s.Complete(ctx, key)
		if err == nil && ok {
			return &Lease{key, rec.Stats, shared}, nil
		}
		shared.Close()
		if err != nil {
			return nil, err
		}
		if err := s.fillLayer(ctx, key, diffHex, oneID, fill); err != nil {
			return nil, err
		}
	}
}

// fillSuffix is of the lock that one has to have to fill a layer. Who waited for the
// layer's own lock could wait for a lease, taken meanwhile, of somebody who in turn
// waits for a layer that the caller has leased. With this one, nobody has a lease
// when the layer's lock is waited for: the layer is not complete, and nobody else
// completes it.
const fillSuffix = ".fill"

func (s *Store) fillLayer(ctx context.Context, key, diffHex string, oneID bool, fill Fill) error {
	turn, err := state.WaitLock(ctx, s.lock(key+fillSuffix), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer turn.Close()
	defer os.Remove(turn.Name()) // those who wait look whether it is there still
	if _, ok, err := s.Complete(ctx, key); ok || err != nil {
		return err
	}
	lock, err := state.WaitLock(ctx, s.lock(key), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer lock.Close()
	return s.inside(func(dir *os.File) (err error) {
		tmp := doomed.TmpPrefix + key
		for _, left := range []string{tmp, key} {
			if err := safepath.RemoveAll(dir, left); err != nil {
				return fmt.Errorf("what is left of an earlier unpacking: %w", err)
			}
		}
		defer func() {
			if err != nil {
				err = errors.Join(err, safepath.RemoveAll(dir, tmp))
			}
		}()
		st, err := s.fillTmp(dir, tmp, fill)
		if err != nil {
			return err
		}
		return s.nameLayer(dir, tmp, key, Record{"sha256:" + diffHex, oneID, st})
	})
}

func (s *Store) fillTmp(dir *os.File, tmp string, fill Fill) (st layer.Stats, err error) {
	if err := unix.Mkdirat(int(dir.Fd()), tmp, 0o700); err != nil {
		return st, err
	}
	if err := unix.Mkdirat(int(dir.Fd()), tmp+"/fs", 0o755); err != nil {
		return st, err
	}
	return s.fillDir(tmp, fill)
}

// fillDir calls fill with what it needs of a directory with an empty tree.
func (s *Store) fillDir(tmp string, fill Fill) (st layer.Stats, err error) {
	fs, err := os.Open(s.Path(tmp, "fs"))
	if err != nil {
		return st, err
	}
	defer fs.Close()
	if err := fs.Chmod(0o755); err != nil { // whatever the umask
		return st, err
	}
	record, err := os.OpenFile(s.Path(tmp, TarRecord), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return st, err
	}
	defer record.Close()
	if st, err = fill(fs, record); err != nil {
		return st, err
	}
	if info, err := os.Stat(s.Path(tmp, TarRecord)); err != nil || info.Size() > 0 && st.Replaced == 0 {
		return st, err
	}
	return st, os.Remove(s.Path(tmp, TarRecord))
}

func (s *Store) nameLayer(dir *os.File, tmp, key string, rec Record) error {
	if err := state.Save(s.Path(tmp, recordName), rec); err != nil {
		return err
	}
	return unix.Renameat(int(dir.Fd()), tmp, int(dir.Fd()), key)
}
