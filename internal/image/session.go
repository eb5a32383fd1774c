package image

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Session keeps layers from being collected that belong to no image yet, while
// several processes work on one: a pull with its unpacking children, a build. It
// is a file in images/sessions that lists keys, and which its process holds
// locked: with the process ends the session. The ids of images that are not to be
// pruned meanwhile are among the keys.
//
// A key is written under the store's shared lock, then the layer is looked at;
// layers are doomed under the exclusive one, after sessions were read. So a
// layer that was seen by a session stays.
type Session struct {
	store *Store
	lock  *os.File
	begun atomic.Bool
	put   atomic.Bool // something into the cache
	dirty atomic.Bool // and it is not on disk yet
	ahead *layerstore.Ahead

	mu   sync.Mutex
	keys map[string]Layer // a zero Layer is one that may not be there yet
}

// Begin begins a session. Close must be called.
func (s *Store) Begin(ctx context.Context) (*Session, error) {
	var random [16]byte
	_, _ = rand.Read(random[:]) // never fails, says its documentation
	lock, err := state.TryLock(s.path("sessions", hex.EncodeToString(random[:])))
	if err != nil {
		return nil, fmt.Errorf("image store: %w", err)
	}
	return &Session{store: s, lock: lock, ahead: s.layers.Ahead(), keys: map[string]Layer{}}, ctx.Err()
}

// Close ends the session: what no image and no record of the cache has by now
// may be collected. What was put into the cache is brought to disk, and the cache
// kept within its limit.
func (x *Session) Close() error {
	var errs []error
	settled := x.ahead.Settle()
	if x.dirty.Swap(false) {
		whole := x.complete()
		if err := errors.Join(settled, x.store.layers.Sync()); err != nil {
			errs = append(errs, err)
		} else {
			errs = append(errs, x.store.layers.MarkSynced(whole))
		}
	}
	if err := os.Remove(x.lock.Name()); !errors.Is(err, fs.ErrNotExist) {
		errs = append(errs, err)
	}
	errs = append(errs, x.lock.Close())
	if x.put.Swap(false) {
		ctx, cancel := context.WithTimeout(context.Background(), collectTime)
		defer cancel()
		errs = append(errs, x.collect(ctx))
	}
	return errors.Join(errs...)
}

// collectTime bounds what a build waits for at its end.
const collectTime = time.Minute

// first is true once: leftovers are looked for by one of the children only.
func (x *Session) first() bool { return !x.begun.Swap(true) }

// note keeps a key whose layer may not be there yet.
func (x *Session) note(ctx context.Context, key string) error {
	return x.store.reading(ctx, func(*index) error { return x.write(key) })
}

// write is called under the store's shared lock.
func (x *Session) write(key string) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	if _, ok := x.keys[key]; ok {
		return nil
	}
	// A line of its own, whatever a write that failed has left.
	if _, err := x.lock.WriteString("\n" + key + "\n"); err != nil {
		return fmt.Errorf("keep layer %s: %w", key, err)
	}
	x.keys[key] = Layer{}
	return nil
}

// KeepImage finds an image as [Store.Find] does, and keeps it from being pruned: for
// who has looked whether it is there, until a container has it. Who removes it by its
// name, removes it. The error is a *NotFoundError if there is none; with any other the
// image that was found is returned, and is not kept.
func (x *Session) KeepImage(ctx context.Context, ref string) (img Image, err error) {
	err = x.store.reading(ctx, func(i *index) error {
		id, err := i.find(ref)
		if err != nil {
			return err
		}
		img, _ = i.image(id)
		return x.write(id)
	})
	return img, err
}

// known is a layer that the session has seen whole.
func (x *Session) known(key string) (Layer, bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	l := x.keys[key]
	return l, l.Key != ""
}

func (x *Session) know(l Layer) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.keys[l.Key] = l
}

// sessionKeys adds what living sessions keep, and removes dead ones. The caller
// holds the store's exclusive lock.
func (s *Store) sessionKeys(keys map[string]bool) error { return s.eachSession(keys, os.Remove) }

// livingKeys is sessionKeys for who leaves everything as it is.
func (s *Store) livingKeys(keys map[string]bool) error {
	return s.eachSession(keys, func(string) error { return nil })
}

func (s *Store) eachSession(keys map[string]bool, dead func(path string) error) error {
	entries, err := os.ReadDir(s.path("sessions"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		path := s.path("sessions", e.Name())
		lock, err := state.TryLock(path)
		if errors.Is(err, state.ErrLocked) {
			err = readKeys(path, keys)
		} else if err == nil {
			err = errors.Join(dead(path), lock.Close())
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

func readKeys(path string, keys map[string]bool) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		keys[lines.Text()] = true
	}
	return lines.Err()
}
