package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// layerRecord is what the store knows of an unpacked layer.
type layerRecord struct {
	DiffID string      `json:"diff_id"`
	Single bool        `json:"single,omitempty"` // one id only: all belongs to root
	Stats  layer.Stats `json:"stats"`
}

const (
	recordName = "record.json"
	syncedName = "synced" // made once the layer is on disk
	single     = "-single"
	tmpPrefix  = "tmp-"
	oneIDName  = "one-id"

	// TarRecord is the file beside a layer's tree from which its tar can be made again.
	TarRecord = "tar.json.gz"
)

// LayerKey names the directory of a layer: what could be kept is part of it.
func LayerKey(diffHex string, oneID bool) string {
	if oneID {
		return diffHex + single
	}
	return diffHex
}

// isKey tells the names of layers from what else is beside them.
func isKey(name string) bool { return isHex(strings.TrimSuffix(name, single), 64) }

// OneID tells whether layers are made for one id only, as far as is known.
func (s *Store) OneID() bool { return s.oneIDOnly() }

// oneIDOnly tells what the process in the user namespace has found last.
func (s *Store) oneIDOnly() bool {
	_, err := os.Stat(s.path(oneIDName))
	return err == nil
}

// SetOneID notes for processes outside of the user namespace whether files can
// be given to one id only.
func (s *Store) SetOneID(one bool) error {
	if one == s.oneIDOnly() {
		return nil
	}
	if one {
		return os.WriteFile(s.path(oneIDName), nil, 0o600)
	}
	if err := os.Remove(s.path(oneIDName)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil // another was faster
}

func (s *Store) layerFS(key string) string { return s.path("layers", key, "fs") }

func (s *Store) readLayer(key string) (rec layerRecord, sameBoot bool, err error) {
	sameBoot, err = state.Load(s.path("layers", key, recordName), &rec)
	return rec, sameBoot, err
}

// LayerSizes are the bytes of an image's layers, base first.
func (s *Store) LayerSizes(img *Image) ([]int64, error) {
	var sizes []int64
	for _, key := range img.Layers {
		rec, _, err := s.readLayer(key)
		if err != nil {
			return nil, fmt.Errorf("layer %s: %w", key, err)
		}
		sizes = append(sizes, rec.Stats.Bytes)
	}
	return sizes, nil
}

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
	key := LayerKey(diffHex, oneID)
	if !isKey(key) {
		return nil, fmt.Errorf("layer %q: not a SHA-256", diffHex)
	}
	for {
		shared, err := state.WaitLock(ctx, s.path("locks", key), unix.LOCK_SH)
		if err != nil {
			return nil, err
		}
		rec, ok, err := s.complete(ctx, key)
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

// complete tells whether a layer can be relied on: an image has it, or it was
// brought to disk for the cache, which both mean that it is on disk; or it was
// written since the machine started.
func (s *Store) complete(ctx context.Context, key string) (rec layerRecord, ok bool, err error) {
	if rec, ok, err = s.completeIn(nil, key); ok || err != nil || rec.DiffID == "" {
		return rec, ok, err
	}
	err = s.reading(ctx, func(x *index) error {
		rec, ok, err = s.completeIn(x, key)
		return err
	})
	return rec, ok, err
}

func (s *Store) completeIn(x *index, key string) (rec layerRecord, ok bool, err error) {
	rec, sameBoot, err := s.readLayer(key)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, state.ErrCorrupt) {
		return rec, false, nil
	}
	if err != nil || sameBoot {
		return rec, err == nil, err
	}
	if _, err := os.Stat(s.path("layers", key, syncedName)); err == nil {
		return rec, true, nil
	}
	if x == nil {
		return rec, false, nil
	}
	for _, img := range x.Images {
		ok = ok || slices.Contains(img.Layers, key)
	}
	return rec, ok, nil
}

// fillSuffix is of the lock that one has to have to fill a layer. Who waited for the
// layer's own lock could wait for a lease, taken meanwhile, of somebody who in turn
// waits for a layer that the caller has leased. With this one, nobody has a lease
// when the layer's lock is waited for: the layer is not complete, and nobody else
// completes it.
const fillSuffix = ".fill"

func (s *Store) fillLayer(ctx context.Context, key, diffHex string, oneID bool, fill Fill) error {
	turn, err := state.WaitLock(ctx, s.path("locks", key+fillSuffix), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer turn.Close()
	defer os.Remove(turn.Name()) // those who wait look whether it is there still
	if _, ok, err := s.complete(ctx, key); ok || err != nil {
		return err
	}
	lock, err := state.WaitLock(ctx, s.path("locks", key), unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer lock.Close()
	return s.inLayers(func(dir *os.File) (err error) {
		tmp := tmpPrefix + key
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
		return s.nameLayer(dir, tmp, key, layerRecord{"sha256:" + diffHex, oneID, st})
	})
}

func (s *Store) inLayers(f func(dir *os.File) error) error {
	dir, err := os.Open(s.path("layers"))
	if err != nil {
		return err
	}
	defer dir.Close()
	return f(dir)
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
	fs, err := os.Open(s.path("layers", tmp, "fs"))
	if err != nil {
		return st, err
	}
	defer fs.Close()
	if err := fs.Chmod(0o755); err != nil { // whatever the umask
		return st, err
	}
	record, err := os.OpenFile(s.path("layers", tmp, TarRecord), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return st, err
	}
	defer record.Close()
	if st, err = fill(fs, record); err != nil {
		return st, err
	}
	if info, err := os.Stat(s.path("layers", tmp, TarRecord)); err != nil || info.Size() > 0 && st.Replaced == 0 {
		return st, err
	}
	return st, os.Remove(s.path("layers", tmp, TarRecord))
}

func (s *Store) nameLayer(dir *os.File, tmp, key string, rec layerRecord) error {
	if err := state.Save(s.path("layers", tmp, recordName), rec); err != nil {
		return err
	}
	return unix.Renameat(int(dir.Fd()), tmp, int(dir.Fd()), key)
}

// NewLayer leases a layer whose diff id is known only when it has been read:
// fill also returns it.
func (s *Store) NewLayer(ctx context.Context, oneID bool, fill func(fs, record *os.File) (layer.Stats, string, error)) (lease *Lease, diffHex string, err error) {
	room, err := s.NewRoom(ctx)
	if err != nil {
		return nil, "", err
	}
	defer func() { err = errors.Join(err, room.Close()) }()
	st, err := s.fillDir(room.name, func(fs, record *os.File) (st layer.Stats, err error) {
		st, diffHex, err = fill(fs, record)
		return st, err
	})
	if err != nil {
		return nil, "", err
	}
	lease, err = room.Take(ctx, "sha256:"+diffHex, oneID, st)
	return lease, diffHex, err
}

// adoptLayer gives a filled directory its name, unless the layer is there.
func (s *Store) adoptLayer(ctx context.Context, dir *os.File, tmp string, rec layerRecord) (*Lease, error) {
	return s.Layer(ctx, strings.TrimPrefix(rec.DiffID, "sha256:"), rec.Single, func(*os.File, *os.File) (layer.Stats, error) {
		// What was made is new and empty: ours takes its place.
		to := tmpPrefix + LayerKey(strings.TrimPrefix(rec.DiffID, "sha256:"), rec.Single)
		for _, name := range []string{"fs", TarRecord} {
			err := unix.Renameat(int(dir.Fd()), tmp+"/"+name, int(dir.Fd()), to+"/"+name)
			if err != nil && (name == "fs" || err != unix.ENOENT) {
				return rec.Stats, err
			}
		}
		return rec.Stats, nil
	})
}
