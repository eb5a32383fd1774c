package netstack

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/netstack/commons"
)

// Keeper is a store of open files that outlives this process: the project
// holder. What is kept under a name stays open until it is dropped, and so
// keeps a namespace or a listening socket alive.
//
// Names that are used here: "net/CONTAINER", "dns/CONTAINER/udp|tcp",
// "dns/@NETWORK/udp|tcp", "relay/@tcp4|tcp6|udp4|udp6",
// "port/CONTAINER/PROTOCOL/ADDRESS/PORT", with "=SERVICE" for a container's name
// where a service shares it, and "xnet/@@NETWORK".
type Keeper interface {
	// KeepAll stores duplicates, in place of those of the same names.
	KeepAll(files map[string]*os.File) error
	// DropAll closes the stored files before it returns. An unknown name is no error.
	DropAll(names []string) error
	// Kept returns what was stored before this process came. The files are the
	// caller's.
	Kept() map[string]*os.File
}

// fileStore is a Keeper together with what we know of it.
type fileStore struct {
	keeper Keeper

	mu        sync.Mutex
	kept      map[string]bool     // every name that the keeper has of us
	unclaimed map[string]*os.File // left by an earlier process, and nobody's yet
}

func newFileStore(k Keeper) *fileStore {
	s := &fileStore{keeper: k, kept: map[string]bool{}, unclaimed: map[string]*os.File{}}
	for name, f := range k.Kept() {
		kind, _, _ := strings.Cut(name, "/")
		if kind != "net" && kind != "dns" && kind != "port" && kind != "relay" && commons.NetworkOf(name) == "" {
			f.Close()
			continue
		}
		s.kept[name], s.unclaimed[name] = true, f
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

func (s *fileStore) keep(files map[string]*os.File) error {
	s.mu.Lock()
	for name := range files {
		s.kept[name] = true // before it is true: a failure in between must not hide it
	}
	s.mu.Unlock()
	if err := s.keeper.KeepAll(files); err != nil {
		return fmt.Errorf("keep %s in the project holder: %w", strings.Join(slices.Sorted(maps.Keys(files)), ", "), err)
	}
	return nil
}

// keepNow is keep, and returns when the files are kept for certain.
func (s *fileStore) keepNow(files map[string]*os.File) error {
	if err := s.keep(files); err != nil {
		return err
	}
	// Requests are answered in order, and to keep is not answered at all.
	return s.keeper.DropAll([]string{"nothing"})
}

// drop drops the names that match, without a message if there are none.
func (s *fileStore) drop(match func(name string) bool) error {
	names := s.names(match)
	if len(names) == 0 {
		return nil
	}
	for _, name := range names {
		if f := s.claim(name); f != nil {
			f.Close()
		}
	}
	if err := s.keeper.DropAll(names); err != nil {
		return fmt.Errorf("drop %s from the project holder: %w", strings.Join(names, ", "), err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		delete(s.kept, name)
	}
	return nil
}

// names lists the kept names that match, sorted.
func (s *fileStore) names(match func(name string) bool) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for name := range s.kept {
		if match(name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// isUnclaimed reports whether an earlier process left the name and nobody has
// claimed it.
func (s *fileStore) isUnclaimed(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.unclaimed[name] != nil
}

// leftovers lists what nobody has claimed, sorted.
func (s *fileStore) leftovers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.unclaimed))
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

// ownedBy matches all names of a container, or of "@NETWORK".
func ownedBy(id string) func(name string) bool {
	return func(name string) bool {
		_, rest, _ := strings.Cut(name, "/")
		owner, _, _ := strings.Cut(rest, "/")
		return owner == id
	}
}
