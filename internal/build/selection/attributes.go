package selection

import (
	"encoding/binary"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// attributes appends the extended attributes that a copy keeps.
func (h *hasher) attributes(b []byte, e *found) ([]byte, error) {
	kind := e.Seen.Mode & unix.S_IFMT
	if kind != unix.S_IFREG && kind != unix.S_IFDIR {
		return b, nil
	}
	f, err := safepath.OpenBeneath(h.tree.Root, e.Path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, &fileError{e.Path, err}
	}
	defer f.Close()
	list := Attributes(f)
	b = binary.AppendUvarint(b, uint64(len(list)))
	for _, a := range list {
		for _, text := range []string{a.Name, a.Value} {
			b = binary.AppendUvarint(b, uint64(len(text)))
			b = append(b, text...)
		}
	}
	return b, nil
}

// Attribute is an extended attribute (xattr(7)).
type Attribute struct{ Name, Value string }

// Attributes are those of an open file that images have, sorted by name; none on
// a file system without.
func Attributes(f *os.File) []Attribute {
	var small [256]byte
	names := small[:]
	n, err := unix.Flistxattr(int(f.Fd()), names)
	if err == unix.ERANGE {
		names = make([]byte, 64<<10) // XATTR_LIST_MAX
		n, err = unix.Flistxattr(int(f.Fd()), names)
	}
	if err != nil || n <= 0 {
		return nil
	}
	var out []Attribute
	for name := range strings.SplitSeq(strings.TrimRight(string(names[:n]), "\x00"), "\x00") {
		if !layer.Attribute(name) {
			continue
		}
		if v, ok := value(f, name); ok {
			out = append(out, Attribute{strings.Clone(name), v})
		}
	}
	slices.SortFunc(out, func(a, b Attribute) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func value(f *os.File, name string) (string, bool) {
	b := make([]byte, 64<<10) // XATTR_SIZE_MAX
	n, err := unix.Fgetxattr(int(f.Fd()), name, b)
	if err != nil {
		return "", false
	}
	return string(b[:n]), true
}
