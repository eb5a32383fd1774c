package netstack

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
)

// Keeper is a store of open files that outlives this process: the project
// holder. What is kept under a name stays open until it is dropped, and so
// keeps a namespace or a listening socket alive.
//
// Names that are used here: "net/CONTAINER", "dns/CONTAINER/udp|tcp",
// "dns/@NETWORK/udp|tcp" and "port/CONTAINER/PROTOCOL/ADDRESS/PORT".
type Keeper interface {
	// Keep stores a duplicate of f, in place of one of the same name.
	Keep(name string, f *os.File) error
	// Drop closes the stored file before it returns. An unknown name is no error.
	Drop(name string) error
	// Kept returns what was stored before this process came. The files are the
	// caller's.
	Kept() map[string]*os.File
}

// fileStore is a Keeper together with what an earlier process left in it and
// nobody has claimed yet.
type fileStore struct {
	keeper Keeper

	mu        sync.Mutex
	unclaimed map[string]*os.File
}

func newFileStore(k Keeper) *fileStore {
	s := &fileStore{keeper: k, unclaimed: map[string]*os.File{}}
	for name, f := range k.Kept() {
		kind, _, _ := strings.Cut(name, "/")
		if kind == "net" || kind == "dns" || kind == "port" {
			s.unclaimed[name] = f
		}
	}
	return s
}

// claim hands over a file of an earlier process, or nil. It stays kept.
func (s *fileStore) claim(name string) *os.File {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.unclaimed[name]
	delete(s.unclaimed, name)
	return f
}

func (s *fileStore) keep(name string, f *os.File) error {
	if err := s.keeper.Keep(name, f); err != nil {
		return fmt.Errorf("keep %s in the project holder: %w", name, err)
	}
	return nil
}

func (s *fileStore) drop(name string) error {
	if f := s.claim(name); f != nil {
		defer f.Close()
	}
	if err := s.keeper.Drop(name); err != nil {
		return fmt.Errorf("drop %s from the project holder: %w", name, err)
	}
	return nil
}

// leftover lists the unclaimed names that match, sorted.
func (s *fileStore) leftover(match func(name string) bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(func(yield func(string) bool) {
		for name := range maps.Keys(s.unclaimed) {
			if match(name) && !yield(name) {
				return
			}
		}
	})
}

// close closes our descriptors of what nobody has claimed; it stays kept.
func (s *fileStore) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name, f := range s.unclaimed {
		f.Close()
		delete(s.unclaimed, name)
	}
}

func netName(id string) string       { return "net/" + id }
func dnsName(id, kind string) string { return "dns/" + id + "/" + kind }

// belongsTo reports whether a kept name is one of the container's.
func belongsTo(name, id string) bool {
	_, rest, _ := strings.Cut(name, "/")
	owner, _, _ := strings.Cut(rest, "/")
	return owner == id
}
