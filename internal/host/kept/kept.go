// Package kept is the store of a project's holder as a supervisor sees it: the
// files that outlive a supervisor, and what an earlier one has left there.
//
// Of the names, those of log pipes, terminals, standard inputs, sockets for readiness and
// exchanged user namespaces are package host's;
// all others are netstack's, which gets them by [Files.Kept].
package kept

import (
	"maps"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/mocker-compose/mocker-compose/rootless"
)

// Files is the holder's store as netstack wants it (netstack.Keeper), and what
// an earlier supervisor left in it.
type Files struct {
	holder *rootless.HolderClient
	mu     sync.Mutex
	left   map[string]*os.File
}

// Open asks the holder for what it keeps.
func Open(h *rootless.HolderClient) (*Files, error) {
	left, err := h.Kept()
	if err != nil {
		return nil, err
	}
	return &Files{holder: h, left: left}, nil
}

// Keep puts a file into the store.
func (k *Files) Keep(name string, f *os.File) error { return k.holder.Keep(name, f) }

// KeepAll puts several in at once.
func (k *Files) KeepAll(files map[string]*os.File) error { return k.holder.KeepAll(files) }

// Drop closes the holder's files of these names.
func (k *Files) Drop(names ...string) error { return k.holder.Drop(names...) }

// DropAll is Drop, as netstack calls it.
func (k *Files) DropAll(names []string) error { return k.holder.Drop(names...) }

// Kept hands over what is netstack's own.
func (k *Files) Kept() map[string]*os.File {
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
	return strings.HasPrefix(name, "log/") || strings.HasPrefix(name, "tty/") || strings.HasPrefix(name, "stdin/") || strings.HasPrefix(name, "notify/") || strings.HasPrefix(name, "own/") ||
		name == rootless.RouterName || name == rootless.ScratchName
}

// Claim hands over a file that was left, nil if there is none. It stays kept.
func (k *Files) Claim(name string) *os.File {
	k.mu.Lock()
	defer k.mu.Unlock()
	f := k.left[name]
	delete(k.left, name)
	return f
}

// DropUnclaimed closes what belongs to no container that is known.
func (k *Files) DropUnclaimed() error {
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

// Close closes our own copies of what was left; the holder keeps its.
func (k *Files) Close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, f := range k.left {
		f.Close()
	}
	clear(k.left)
}

// Log is the name of an end ("r", "w") of the pipe of a container's stream.
func Log(container, stream, end string) string {
	return "log/" + container + "/" + stream + "/" + end
}

// Stdin is the name of the writing end of a container's open standard input.
func Stdin(container string) string { return "stdin/" + container }

// Notify is the name of the socket that a container tells of its readiness.
func Notify(container string) string { return "notify/" + container }

// TTY is the name of the master of a container's terminal.
func TTY(container string) string { return "tty/" + container }

// Has tells whether a file of that name was left, and nobody has claimed it.
func (k *Files) Has(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.left[name] != nil
}
