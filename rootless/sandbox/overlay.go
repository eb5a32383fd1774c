package sandbox

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// Layers are the directories of an overlay (Documentation/filesystems/overlayfs.rst).
type Layers struct {
	// Lower are the read-only directories, the topmost first.
	Lower []string
	// Data are below them, the topmost first, and show nothing of themselves: files
	// above that have no content of their own name it there (see [ProbeData]).
	Data []string
	// Upper is where changes go; "" = nothing can be changed.
	Upper string
	// Work must be empty and fresh: a work directory of an earlier mount costs
	// the kernel a millisecond to clean.
	Work string
}

// maxString is the longest value that fsconfig(2) takes, without its NUL.
const maxString = 255

// noAppend remembers that this kernel does not know "lowerdir+" (Linux 6.7).
var noAppend atomic.Bool

// Overlay makes the overlay of a container's root, mounted nowhere. The file
// is the caller's to close.
func Overlay(l Layers) (*os.File, error) {
	var p paths
	defer p.close()
	if !noAppend.Load() && os.Getenv("MOCKER_FORCE_OLD_OVERLAY") == "" || len(l.Data) > 0 {
		f, err := overlayAppend(l, &p)
		if !errors.Is(err, errNoAppend) || len(l.Data) > 0 {
			return f, err
		}
		if f, err = overlayJoined(l, &p); err == nil {
			noAppend.Store(true)
		}
		return f, err
	}
	return overlayJoined(l, &p)
}

// overlayJoined names all layers in one option.
func overlayJoined(l Layers, p *paths) (*os.File, error) {
	lower := make([]string, len(l.Lower))
	for i, d := range l.Lower {
		lower[i] = escape(d)
	}
	if joined := strings.Join(lower, ":"); len(joined) <= maxString {
		return newOverlay(l, p, [][2]string{{"lowerdir", joined}})
	}
	return overlayByMount(l, p)
}

// errNoAppend is what overlayAppend returns where the kernel may have no "lowerdir+". Up
// to Linux 6.4 it takes any option, and says so at the end, with an errno that may
// also mean something else.
var errNoAppend = errors.New("the kernel takes no layers one by one")

// overlayAppend names the layers one by one.
func overlayAppend(l Layers, p *paths) (*os.File, error) {
	lower := make([][2]string, len(l.Lower))
	for i, d := range l.Lower {
		lower[i] = [2]string{"lowerdir+", p.short(d)}
	}
	for _, d := range l.Data {
		lower = append(lower, [2]string{"datadir+", p.short(d)})
	}
	return newOverlay(l, p, lower)
}

func newOverlay(l Layers, p *paths, options [][2]string) (*os.File, error) {
	fs, err := unix.Fsopen("overlay", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, overlayError(fs, "open", err)
	}
	defer unix.Close(fs)
	if l.Upper != "" {
		options = append(options, [2]string{"upperdir", p.short(l.Upper)}, [2]string{"workdir", p.short(l.Work)})
	}
	for i, o := range options {
		if err := unix.FsconfigSetString(fs, o[0], o[1]); err != nil {
			if i == 0 && o[0] == "lowerdir+" && errors.Is(err, unix.EINVAL) {
				return nil, errNoAppend
			}
			return nil, overlayError(fs, o[0]+"="+o[1], err)
		}
	}
	// Without privilege over the host, whiteouts are kept in user.* attributes.
	if err := unix.FsconfigSetFlag(fs, "userxattr"); err != nil {
		return nil, overlayError(fs, "userxattr", err)
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		if len(l.Lower) > 0 && options[0][0] == "lowerdir+" && errors.Is(err, unix.EINVAL) {
			return nil, errNoAppend
		}
		return nil, overlayError(fs, "create", err)
	}
	fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NODEV)
	if err != nil {
		return nil, overlayError(fs, "mount", err)
	}
	return os.NewFile(uintptr(fd), "root file system"), nil
}

// Bind is a detached copy of the mount at dir, without those below it.
func Bind(dir string) (*os.File, error) {
	fd, err := unix.OpenTree(unix.AT_FDCWD, dir, unix.OPEN_TREE_CLONE|unix.OPEN_TREE_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("bind %s: %w", dir, err)
	}
	return os.NewFile(uintptr(fd), "root file system"), nil
}

// escape protects what separates lower directories.
func escape(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `:`, `\:`).Replace(dir)
}

// overlayError adds what the kernel says in the context's log (fsopen(2)).
func overlayError(fs int, step string, err error) error {
	var said []string
	b := make([]byte, 1024)
	for fs >= 0 {
		n, rerr := unix.Read(fs, b)
		if rerr != nil || n <= 0 {
			break
		}
		said = append(said, strings.TrimSpace(string(b[:n])))
	}
	if len(said) > 0 {
		return fmt.Errorf("overlay of the root file system (%s): %w: %s", step, err, strings.Join(said, "; "))
	}
	return fmt.Errorf("overlay of the root file system (%s): %w", step, err)
}
