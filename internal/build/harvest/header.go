package harvest

import (
	"archive/tar"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// xattrPrefix marks an extended attribute among the PAX records.
const xattrPrefix = "SCHILY.xattr."

// headerOf has what all kinds have in common.
func (h *harvester) headerOf(path string, st *unix.Stat_t) *tar.Header {
	uid, gid := h.o.Exchange.Ints(int(st.Uid), int(st.Gid))
	return &tar.Header{Name: path, Mode: int64(st.Mode & 0o7777), Uid: uid, Gid: gid, ModTime: h.time(st)}
}

// time is that of an entry in the layer.
func (h *harvester) time(st *unix.Stat_t) time.Time {
	t := time.Unix(st.Mtim.Sec, 0)
	if e := h.o.Epoch; e != nil && t.After(*e) {
		t = time.Unix(e.Unix(), 0)
	}
	return t
}

// header writes an entry, and before it the directories that it is in.
func (h *harvester) header(hdr *tar.Header) error {
	if err := h.flush(); err != nil {
		return err
	}
	return h.write(hdr)
}

func (h *harvester) flush() error {
	for _, hdr := range h.pending {
		if err := h.write(hdr); err != nil {
			return err
		}
	}
	h.pending = h.pending[:0]
	return nil
}

func (h *harvester) write(hdr *tar.Header) error {
	h.res.Stats.Entries++
	return h.tar.WriteHeader(hdr)
}

// attributes puts those of an open file into its header.
func (h *harvester) attributes(hdr *tar.Header, f *os.File) {
	for _, a := range attributes(f) {
		if strings.ContainsAny(a.Name, "=") {
			h.res.Stats.Left.Xattrs++ // no record can have that name
			continue
		}
		if hdr.PAXRecords == nil {
			hdr.PAXRecords = map[string]string{}
		}
		hdr.PAXRecords[xattrPrefix+a.Name] = a.Value
	}
}

// setTime gives an entry of the tree the time that the tar says. what was made or removed in a
// directory has changed its time.
func (h *harvester) setTime(up *os.File, e *item, hdr *tar.Header, always bool) error {
	if h.o.Keep {
		return nil
	}
	sec := hdr.ModTime.Unix()
	if !always && e.st.Mtim.Nsec == 0 && e.st.Mtim.Sec == sec {
		return nil
	}
	ts := unix.Timespec{Sec: sec}
	return unix.UtimesNanoAt(int(up.Fd()), e.name, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
}

// clean removes from an open file of the tree the attributes that the tar does not
// have. opaque: the directory is one, and stays it.
func (h *harvester) clean(f *os.File, opaque bool) error {
	for _, name := range layer.AttributeNames(f) {
		switch {
		case layer.Attribute(name), opaque && name == layer.OpaqueAttribute:
		case strings.HasPrefix(name, "user."), strings.HasPrefix(name, "system.posix_acl_"):
			if err := unix.Fremovexattr(int(f.Fd()), name); err != nil && err != unix.ENODATA {
				return &os.PathError{Op: "remove attribute " + name, Path: f.Name(), Err: err}
			}
		}
	}
	return nil
}
