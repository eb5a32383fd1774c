package hostiletest

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Kind is what a case mounts.
type Kind string

// The kinds of mounts.
const (
	Bind   Kind = "bind"   // the directory Tree.Volume of the caller
	Volume Kind = "volume" // a named volume with the same content
	File   Kind = "file"   // one file of the caller
	Tmpfs  Kind = "tmpfs"
	Secret Kind = "secret"
	Config Kind = "config"
)

// Mount is one mount of a case.
type Mount struct {
	Kind   Kind
	Target string
}

// Case is one hostile root file system.
type Case struct {
	// Name is the advisory, then what is planted.
	Name   string
	Plant  func(t *Tree)
	Mounts []Mount
	// WorkingDir, User and Entrypoint are those of the image's author.
	WorkingDir string
	User       string
	Entrypoint string
	// Look and Write are the paths that the service reads and writes to.
	// "@/x" is x of the canary, as a path below the working directory.
	Look, Write []string
	// Sysctl is set for the service.
	Sysctl string
	// Names are words of which a refusal has to have one.
	Names []string
	// Harmless: it must end in a start or in a refusal, but reaches nothing even
	// by a naive set-up.
	Harmless bool
}

// Tree is where a case is planted.
type Tree struct {
	Root   string // the root file system
	Volume string // content of a volume that others have written to
	Canary *Canary
	err    error
}

// Err is the first error of planting.
func (t *Tree) Err() error { return t.err }

func (t *Tree) keep(err error) {
	if t.err == nil {
		t.err = err
	}
}

// Dir makes a directory of the root.
func (t *Tree) Dir(name string) { t.keep(os.MkdirAll(filepath.Join(t.Root, name), 0o755)) }

// File makes a file of the root.
func (t *Tree) File(name, content string) {
	t.Dir(filepath.Dir(name))
	t.keep(os.WriteFile(filepath.Join(t.Root, name), []byte(content), 0o755))
}

// Fifo makes a pipe that nobody writes to.
func (t *Tree) Fifo(name string) {
	t.Dir(filepath.Dir(name))
	t.keep(unix.Mkfifo(filepath.Join(t.Root, name), 0o666))
}

// Link makes a link in the root.
func (t *Tree) Link(name, to string) {
	t.Dir(filepath.Dir(name))
	t.keep(os.Symlink(to, filepath.Join(t.Root, name)))
}

// Out is a path of the canary, absolute.
func (t *Tree) Out(name string) string { return filepath.Join(t.Canary.Dir, name) }

// RelOut is the same, relative to whatever place.
func (t *Tree) RelOut(name string) string {
	return strings.Repeat("../", 40) + strings.TrimPrefix(t.Out(name), "/")
}

// Below makes a path of a case one of the canary if it begins with "@".
func (c *Canary) Below(path string) string {
	if rest, ok := strings.CutPrefix(path, "@"); ok {
		return "." + filepath.Join(c.Dir, rest)
	}
	return path
}
