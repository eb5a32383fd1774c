package networks

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
)

// Store is the directory of a user's definitions.
type Store struct{ dirs state.Dirs }

// Open is the store of a user; it makes nothing.
func Open(dirs state.Dirs) *Store { return &Store{dirs} }

func (s *Store) dir() string             { return filepath.Join(s.dirs.Data, "networks") }
func (s *Store) path(name string) string { return filepath.Join(s.dir(), name) }

// NotFoundError says that there is no such network.
type NotFoundError struct{ Name string }

func (e *NotFoundError) Error() string { return fmt.Sprintf("network %s not found", e.Name) }

// InUseError says who is on a network.
type InUseError struct {
	Name  string
	Users []string // projects, sorted
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("network %s is in use by %s: take that down first, or remove the network from its file", e.Name, e.By())
}

// By names the users.
func (e *InUseError) By() string { return strings.Join(e.Users, ", ") }

// Hold keeps definitions from coming and going until the file is closed.
func (s *Store) Hold(ctx context.Context) (*os.File, error) { return s.lock(ctx, unix.LOCK_SH) }

func (s *Store) lock(ctx context.Context, how int) (*os.File, error) {
	if err := state.MakePrivate(s.dirs.Data); err != nil {
		return nil, err
	}
	return state.WaitLock(ctx, s.dir()+".lock", how)
}

// Get is the network of that name, or a *NotFoundError.
func (s *Store) Get(name string) (Network, error) {
	if CheckName(name) != nil {
		return Network{}, &NotFoundError{name}
	}
	var n Network
	_, err := state.Load(s.path(name), &n)
	if errors.Is(err, os.ErrNotExist) {
		return Network{}, &NotFoundError{name}
	}
	if err != nil {
		return Network{}, fmt.Errorf("network %s: %w", name, err)
	}
	n.Name = name
	return n, nil
}

// List is all networks, by name.
func (s *Store) List() ([]Network, error) {
	entries, err := os.ReadDir(s.dir())
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var list []Network
	for _, e := range entries {
		if CheckName(e.Name()) != nil || strings.Contains(e.Name(), ".corrupt-") {
			continue
		}
		n, err := s.Get(e.Name())
		if err != nil {
			return nil, err
		}
		list = append(list, n)
	}
	return list, nil
}

// Create makes a network. taken are the ranges that a chosen subnet avoids.
func (s *Store) Create(ctx context.Context, n Network, taken []netip.Prefix) (Network, error) {
	if err := n.check(); err != nil {
		return n, err
	}
	lock, err := s.lock(ctx, unix.LOCK_EX)
	if err != nil {
		return n, err
	}
	defer lock.Close()
	list, err := s.List()
	if err != nil {
		return n, err
	}
	for i := range list {
		if list[i].Name == n.Name {
			return n, fmt.Errorf("network with name %s already exists", n.Name)
		}
	}
	if err := n.complete(list, taken); err != nil {
		return n, err
	}
	n.Created = time.Now()
	var id [32]byte
	rand.Read(id[:]) //nolint:errcheck // never fails (crypto/rand)
	n.ID = hex.EncodeToString(id[:])
	return n, s.save(&n)
}

// save writes the definition through to the disk: nobody could make the same
// one again.
func (s *Store) save(n *Network) error {
	if err := state.MakePrivate(s.dir()); err != nil {
		return err
	}
	err := state.Save(s.path(n.Name), n)
	for _, path := range []string{s.path(n.Name), s.dir()} {
		if err == nil {
			err = syncFile(path)
		}
	}
	if err != nil {
		return fmt.Errorf("network %s: %w", n.Name, err)
	}
	return nil
}

func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// Remove deletes a network that nobody is on. users asks who is, of a network by
// its name. The error is a *NotFoundError or an *InUseError.
func (s *Store) Remove(ctx context.Context, name string, users func(name string) ([]string, error)) error {
	lock, err := s.lock(ctx, unix.LOCK_EX)
	if err != nil {
		return err
	}
	defer lock.Close()
	if _, err := s.Get(name); err != nil {
		return err
	}
	in, err := users(name)
	if err != nil {
		return err
	}
	if len(in) > 0 {
		return &InUseError{name, in}
	}
	if err := os.Remove(s.path(name)); err != nil {
		return err
	}
	if err := syncFile(s.dir()); err != nil {
		return err
	}
	if err := os.Remove(s.dir()); err != nil && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.EEXIST) {
		return err
	}
	return nil
}
