package harvest

import (
	"archive/tar"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// maxPath is the longest name that can be unpacked again: PATH_MAX of linux/limits.h.
const maxPath = 4096

// entry takes one entry of the directory up.
func (h *harvester) entry(up, below *os.File, path string, e *item) error {
	path = join(path, e.name)
	if len(path) >= maxPath && !e.whiteout {
		return fmt.Errorf("its path has %d bytes, and no archive can have more than %d: remove it in the same RUN", len(path), maxPath-1)
	}
	var old unix.Stat_t
	there, err := under(below, e.name, &old)
	if err != nil {
		return err
	}
	if e.whiteout {
		return h.whiteout(up, path, e, there)
	}
	if strings.HasPrefix(e.name, whPrefix) {
		h.res.Names++
		return h.drop(up, e.name)
	}
	same := there && kind(&old) == kind(&e.st)
	switch kind(&e.st) {
	case unix.S_IFDIR:
		if !same {
			below = nil
		}
		return h.subdirectory(up, below, path, e, &old)
	case unix.S_IFREG:
		if !same {
			below = nil
		}
		return h.file(up, below, path, e, &old)
	case unix.S_IFLNK:
		if !same {
			below = nil
		}
		return h.symlink(up, below, path, e, &old)
	case unix.S_IFIFO:
		if same && h.equal(&e.st, &old) {
			return h.drop(up, e.name)
		}
		return h.simple(up, path, e, &tar.Header{Typeflag: tar.TypeFifo})
	case unix.S_IFSOCK:
		h.res.Sockets++
	default:
		h.res.Stats.Left.Devices++
	}
	return h.drop(up, e.name)
}

// drop takes something out of the tree that is not part of the layer.
func (h *harvester) drop(up *os.File, name string) error {
	if h.o.Keep {
		return nil
	}
	return safepath.RemoveAll(up, name)
}

// whiteout hides something; if there is nothing to hide it goes.
func (h *harvester) whiteout(up *os.File, path string, e *item, there bool) error {
	if !there && (h.o.Below != nil || !h.o.Keep) {
		return h.drop(up, e.name)
	}
	h.res.Stats.Whiteouts++
	return h.mark(strings.TrimSuffix(path, e.name) + e.tarName)
}

// mark writes an empty file that means something (layer.md).
func (h *harvester) mark(path string) error {
	return h.header(&tar.Header{Name: path, Typeflag: tar.TypeReg})
}

func (h *harvester) subdirectory(up, below *os.File, path string, e *item, old *unix.Stat_t) error {
	dir, err := openAt(up, e.name, unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer dir.Close()
	var under *os.File
	if below != nil {
		if under, err = openAt(below, e.name, unix.O_RDONLY|unix.O_DIRECTORY); err != nil {
			return err
		}
		defer under.Close()
	}
	hides, err := h.hides(dir, under)
	if err != nil {
		return err
	}
	if !h.o.Keep {
		if err := h.clean(dir, hides); err != nil {
			return err
		}
	}
	hdr := h.headerOf(path+"/", &e.st)
	hdr.Typeflag = tar.TypeDir
	h.attributes(hdr, dir)
	changed := under == nil || hides || !equalOwner(&e.st, old) || !equalAttributes(dir, under)
	if err := h.begin(hdr, changed); err != nil {
		return err
	}
	if hides {
		under = nil
		h.res.Stats.Whiteouts++
		if err := h.mark(path + "/" + opaqueName); err != nil {
			return err
		}
	}
	if err := h.directory(dir, under, path); err != nil {
		return err
	}
	return h.end(up, e, hdr)
}

// hides reports that an opaque directory hides something.
func (h *harvester) hides(dir, under *os.File) (bool, error) {
	if layer.Opaque(dir) != "y" {
		return false, nil
	}
	if under == nil {
		return h.o.Keep && h.o.Below == nil, nil // nobody can know
	}
	names, err := under.Readdirnames(1)
	if len(names) > 0 {
		return true, nil
	}
	return false, ignoreEOF(err)
}

// begin writes the entry of a directory, or leaves that to the first in it.
func (h *harvester) begin(hdr *tar.Header, changed bool) error {
	h.pending = append(h.pending, hdr)
	if !changed {
		return nil
	}
	return h.flush()
}

// end is behind the last entry of a directory.
func (h *harvester) end(up *os.File, e *item, hdr *tar.Header) error {
	if n := len(h.pending); n > 0 && h.pending[n-1] == hdr {
		h.pending = h.pending[:n-1]
		if h.o.Keep {
			return nil
		}
		return unix.Unlinkat(int(up.Fd()), e.name, unix.AT_REMOVEDIR)
	}
	return h.setTime(up, e, hdr, true)
}

func (h *harvester) symlink(up, below *os.File, path string, e *item, old *unix.Stat_t) error {
	to, err := readLink(up, e.name)
	if err != nil {
		return err
	}
	if below != nil && h.equal(&e.st, old) {
		if was, err := readLink(below, e.name); err == nil && was == to {
			return h.drop(up, e.name)
		}
	}
	return h.simple(up, path, e, &tar.Header{Typeflag: tar.TypeSymlink, Linkname: to})
}

// simple writes an entry without content, of which hdr has what is its own.
func (h *harvester) simple(up *os.File, path string, e *item, hdr *tar.Header) error {
	if done, err := h.linked(path, e); done || err != nil {
		return err
	}
	full := h.headerOf(path, &e.st)
	full.Typeflag, full.Linkname = hdr.Typeflag, hdr.Linkname
	if err := h.header(full); err != nil {
		return err
	}
	return h.setTime(up, e, full, false)
}

// linked writes a further name of a file.
func (h *harvester) linked(path string, e *item) (bool, error) {
	if e.st.Nlink < 2 {
		return false, nil
	}
	id := inode{e.st.Dev, e.st.Ino}
	first, ok := h.links[id]
	if !ok {
		h.links[id] = path
		return false, nil
	}
	hdr := h.headerOf(path, &e.st)
	hdr.Typeflag, hdr.Linkname = tar.TypeLink, first
	return true, h.header(hdr)
}
