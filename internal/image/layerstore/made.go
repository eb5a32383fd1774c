package layerstore

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/mocker-compose/mocker-compose/internal/image/doomed"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"golang.org/x/sys/unix"
)

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
func (s *Store) adoptLayer(ctx context.Context, dir *os.File, tmp string, rec Record) (*Lease, error) {
	return s.Layer(ctx, strings.TrimPrefix(rec.DiffID, "sha256:"), rec.Single, func(*os.File, *os.File) (layer.Stats, error) {
		// What was made is new and empty: ours takes its place.
		to := doomed.TmpPrefix + Key(strings.TrimPrefix(rec.DiffID, "sha256:"), rec.Single)
		for _, name := range []string{"fs", TarRecord} {
			err := unix.Renameat(int(dir.Fd()), tmp+"/"+name, int(dir.Fd()), to+"/"+name)
			if err != nil && (name == "fs" || err != unix.ENOENT) {
				return rec.Stats, err
			}
		}
		return rec.Stats, nil
	})
}
