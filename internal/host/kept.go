package host

import (
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/rootless"
)

// kept is the holder's store as netstack wants it (netstack.Keeper), and what
// an earlier supervisor left in it.
type kept struct {
	holder *rootless.HolderClient
	mu     sync.Mutex
	left   map[string]*os.File
}

func openKept(h *rootless.HolderClient) (*kept, error) {
	left, err := h.Kept()
	if err != nil {
		return nil, err
	}
	return &kept{holder: h, left: left}, nil
}

func (k *kept) Keep(name string, f *os.File) error      { return k.holder.Keep(name, f) }
func (k *kept) KeepAll(files map[string]*os.File) error { return k.holder.KeepAll(files) }
func (k *kept) Drop(names ...string) error              { return k.holder.Drop(names...) }
func (k *kept) DropAll(names []string) error            { return k.holder.Drop(names...) }

// Kept hands over what is netstack's own.
func (k *kept) Kept() map[string]*os.File {
	k.mu.Lock()
	defer k.mu.Unlock()
	m := make(map[string]*os.File)
	for name, f := range k.left {
		if !ours(name) {
			m[name] = f
		}
	}
	maps.DeleteFunc(k.left, func(name string, _ *os.File) bool { return !ours(name) })
	return m
}

// ours tells whether a name of the store is this package's.
func ours(name string) bool {
	return strings.HasPrefix(name, "log/") || strings.HasPrefix(name, "tty/") || strings.HasPrefix(name, "stdin/") ||
		name == rootless.RouterName || name == rootless.ScratchName
}

// claim hands over a file that was left, nil if there is none. It stays kept.
func (k *kept) claim(name string) *os.File {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.left[name]
	delete(k.left, name)
	return f
}

// dropUnclaimed closes what belongs to no container that is known.
func (k *kept) dropUnclaimed() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.left) == 0 {
		return nil
	}
	for _, f := range k.left {
		f.Close()
	}
	names := slices.Collect(maps.Keys(k.left))
	clear(k.left)
	return k.holder.Drop(names...)
}

func (k *kept) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.left {
		f.Close()
	}
	clear(k.left)
}

func logName(container, stream, end string) string {
	return "log/" + container + "/" + stream + "/" + end
}
func stdinName(container string) string { return "stdin/" + container }
func ttyName(container string) string   { return "tty/" + container }

func (k *kept) has(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.left[name] != nil
}
