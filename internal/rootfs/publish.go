package rootfs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// record is what the store knows of a tree.
type record struct {
	Digest  string   `json:"digest"`
	Entries int      `json:"entries"`
	Bytes   int64    `json:"bytes"`
	Notices []string `json:"notices,omitempty"`
}

func (s *Store) readRecord(key string) (record, error) {
	var r record
	_, err := state.Load(s.path(key, "record.json"), &r)
	return r, err
}

// publish unpacks the archive under the exclusive lock, unless somebody has
// done it meanwhile. Whatever it leaves when it fails or is killed is called
// tmp-KEY, and removed: at once, or by the next that has the lock.
func (s *Store) publish(ctx context.Context, f *os.File, digest, lockFile string) (err error) {
	lock, err := state.WaitLock(ctx, lockFile, unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer lock.Close()
	key := s.key(digest)
	if s.published(key) {
		return nil
	}
	tmp := "tmp-" + key
	// key without a record: its record was set aside as unreadable.
	for _, left := range []string{tmp, key} {
		if err := safepath.RemoveAll(s.root, left); err != nil {
			return fmt.Errorf("what is left of an earlier unpacking: %w", err)
		}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, safepath.RemoveAll(s.root, tmp))
		}
	}()
	if err := s.fill(ctx, f, digest, tmp); err != nil {
		return err
	}
	return unix.Renameat(int(s.root.Fd()), tmp, int(s.root.Fd()), key)
}

// fill makes the directory tmp: fs and the record, both on disk.
func (s *Store) fill(ctx context.Context, f *os.File, digest, tmp string) error {
	if err := unix.Mkdirat(int(s.root.Fd()), tmp, 0o700); err != nil {
		return err
	}
	if err := unix.Mkdirat(int(s.root.Fd()), tmp+"/fs", 0o755); err != nil {
		return err
	}
	fs, err := os.Open(s.path(tmp, "fs"))
	if err != nil {
		return err
	}
	defer fs.Close()
	if err := fs.Chmod(0o755); err != nil { // whatever the umask
		return err
	}
	st, err := s.unpack(ctx, f, digest, fs)
	if err != nil {
		return err
	}
	err = state.Save(s.path(tmp, "record.json"), record{digest, st.Entries, st.Bytes, st.Left.Notices(s.single)})
	if err != nil {
		return err
	}
	if err := unix.Syncfs(int(fs.Fd())); err != nil {
		return fmt.Errorf("bring %s to disk: %w", s.path(tmp), err)
	}
	return nil
}

// unpack unpacks the archive in f below dst, in a process of its own if there is
// a way to start one.
func (s *Store) unpack(ctx context.Context, f *os.File, digest string, dst *os.File) (layer.Stats, error) {
	req := request{Tree: dst.Name(), Digest: digest, Single: s.single, Limits: s.Limits}
	if s.Start != nil {
		return s.unpackConfined(ctx, f, req)
	}
	return unpackFile(ctx, f, req, dst)
}

// unpackFile unpacks the archive in f and checks that it is the one that was
// hashed.
func unpackFile(ctx context.Context, f *os.File, req request, dst *os.File) (layer.Stats, error) {
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return layer.Stats{}, err
	}
	sum := sha256.New()
	raw := io.TeeReader(f, sum)
	plain, release, err := layer.Decompress(raw)
	if err != nil {
		return layer.Stats{}, err
	}
	defer release()
	ahead := layer.ReadAhead(plain)
	defer ahead.Close()
	st, err := layer.Unpack(ctx, ahead, dst, layer.Options{Single: req.Single, Whiteouts: layer.Literal, Limits: req.Limits})
	if err != nil {
		return st, err
	}
	if _, err := io.Copy(io.Discard, raw); err != nil { // what follows the archive's end
		return st, err
	}
	if hex.EncodeToString(sum.Sum(nil)) != req.Digest {
		return st, errors.New("the file changed while it was unpacked: start again when it is complete")
	}
	return st, nil
}
