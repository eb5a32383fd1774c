package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

const suffix = ".part"

// Part is what has come of a blob, and this process is the one that goes on.
type Part struct {
	file *os.File

	mu      sync.Mutex
	changed sync.Cond
	size    int64
	ended   bool // no more will come
}

// Take takes the part of the blob sha256:HEX, and waits for who has it; busy is
// called first if somebody has.
func Take(ctx context.Context, dir, hex string, busy func()) (*Part, error) {
	path := filepath.Join(dir, hex+suffix)
	f, err := state.TryLock(path)
	if errors.Is(err, state.ErrLocked) {
		busy()
		f, err = state.WaitLock(ctx, path, unix.LOCK_EX)
	}
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, err
	}
	p := &Part{file: f, size: st.Size()}
	p.changed.L = &p.mu
	return p, nil
}

// Size is how much there is, bytes.
func (p *Part) Size() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size
}

// Append adds what came.
func (p *Part) Append(b []byte) error {
	at := p.Size() // nobody else writes
	n, err := p.file.WriteAt(b, at)
	p.mu.Lock()
	p.size += int64(n)
	p.mu.Unlock()
	p.changed.Broadcast()
	if errors.Is(err, unix.ENOSPC) || errors.Is(err, unix.EDQUOT) {
		return p.full(err)
	}
	return err
}

// full says how much room there is.
func (p *Part) full(err error) error {
	var st unix.Statfs_t
	free := int64(0)
	if unix.Fstatfs(int(p.file.Fd()), &st) == nil {
		free = int64(st.Bavail) * st.Bsize
	}
	return fmt.Errorf("%w: %s has %d MB left: make room (mocker-compose image prune, system prune) and pull again, it goes on where it was",
		err, filepath.Dir(p.file.Name()), free>>20)
}

// End says that nothing more will come: feeds end with what there is.
func (p *Part) End() {
	p.mu.Lock()
	p.ended = true
	p.mu.Unlock()
	p.changed.Broadcast()
}

// Restart drops all that came.
func (p *Part) Restart() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.size = 0
	return p.file.Truncate(0)
}

// Again lets feeds wait for more after End.
func (p *Part) Again() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = false
}

// Digest reads all that is there: "sha256:HEX".
func (p *Part) Digest(ctx context.Context) (string, error) {
	sum := sha256.New()
	buf := make([]byte, 1<<18)
	for at := int64(0); ; {
		if ctx.Err() != nil {
			return "", context.Cause(ctx)
		}
		n, err := p.file.ReadAt(buf, at)
		sum.Write(buf[:n])
		at += int64(n)
		if errors.Is(err, io.EOF) {
			return "sha256:" + hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// Remove removes the part: the blob is where it should be, or what came is not
// what it should be.
func (p *Part) Remove() error {
	err := os.Remove(p.file.Name())
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	return err
}

// Close lets somebody else go on. A part with nothing in it is not left.
func (p *Part) Close() error {
	if p.Size() == 0 {
		return errors.Join(p.Remove(), p.file.Close())
	}
	return p.file.Close()
}

// Drop removes the part of a blob that is where it should be: who brought it was killed
// before it could. One that somebody has stays.
func Drop(dir, hex string) error {
	path := filepath.Join(dir, hex+suffix)
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		return nil // a lock would make it
	}
	lock, err := state.TryLock(path)
	if errors.Is(err, state.ErrLocked) {
		return nil
	}
	if err != nil {
		return err
	}
	defer lock.Close()
	if err := os.Remove(path); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// Collect removes parts that nobody has, and that nothing was added to for age.
func Collect(dir string, age time.Duration) (freed int64, err error) {
	return eachAbandoned(dir, age, os.Remove)
}

// Abandoned is how many bytes Collect would remove.
func Abandoned(dir string, age time.Duration) (bytes int64, err error) {
	return eachAbandoned(dir, age, func(string) error { return nil })
}

// eachAbandoned calls do with what nobody goes on with, while it has the lock, and sums
// up where that did not fail.
func eachAbandoned(dir string, age time.Duration, do func(path string) error) (bytes int64, err error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	var errs []error
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !strings.HasSuffix(e.Name(), suffix) || time.Since(info.ModTime()) < age {
			continue
		}
		lock, err := state.TryLock(filepath.Join(dir, e.Name()))
		if err != nil {
			continue // somebody goes on with it
		}
		err = do(lock.Name())
		if err == nil {
			bytes += info.Size()
		}
		errs = append(errs, err, lock.Close())
	}
	return bytes, errors.Join(errs...)
}
