package copying

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// mayUnpack reports that ADD unpacks the entry if it is an archive: local files,
// unless the flag forbids it, and what was fetched if the flag asks for it.
func (c *copier) mayUnpack(e *build.Entry) bool {
	if !c.cp.Add {
		return false
	}
	if c.cp.Unpack != nil {
		return *c.cp.Unpack
	}
	return e.Fetched == 0
}

// unpack unpacks an archive into the destination; done is false if it is none.
func (c *copier) unpack(from *os.File, e *build.Entry) (done bool, err error) {
	in, err := safepath.OpenBeneath(from, e.Path, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return false, nil // the copy says why
	}
	defer in.Close()
	if !LooksPacked(in) {
		return false, nil
	}
	dir, err := c.ensure(c.cp.Dest)
	if err != nil {
		return false, &destError{fmt.Sprintf("cannot unpack to %s: %v", c.cp.Dest, err)}
	}
	defer dir.Close()
	r := Request{Single: c.o.Single}
	if c.owner != nil {
		r.Owner = &[2]int{c.owner.uid, c.owner.gid}
	}
	run := c.o.Unpack
	if run == nil {
		run = UnpackConfined
	}
	res, err := run(c.ctx, in, dir, r)
	if err != nil {
		return true, fmt.Errorf("unpack it: %w", err)
	}
	if !res.Archive {
		return false, nil
	}
	var now unix.Stat_t
	if err := unix.Fstat(int(in.Fd()), &now); err != nil {
		return true, err
	}
	if seen(&now) != e.Seen {
		c.changed(e)
	}
	for _, n := range res.Stats.Left.Notices(false) {
		c.res.Notices = append(c.res.Notices, fmt.Sprintf("%s: %s", "/"+e.Path, n))
	}
	return true, nil
}

// magics are the first bytes of what may hold a tar archive (see layer.Decompress).
var magics = []string{"\x1f\x8b", "\xfd7zXZ\x00", "BZh", "\x28\xb5\x2f\xfd"}

// LooksPacked tells by the first block whether a closer look is worth a process: a
// compressed file, or a header of tar(5), whose checksum is right.
func LooksPacked(f *os.File) bool {
	b := make([]byte, 512)
	n, err := f.ReadAt(b, 0)
	if err != nil && err != io.EOF {
		return false
	}
	for _, m := range magics {
		if bytes.HasPrefix(b[:n], []byte(m)) {
			return true
		}
	}
	return n == len(b) && isHeader(b)
}

// isHeader compares the checksum of a tar header: the sum of all bytes, those of
// the checksum itself taken as spaces.
func isHeader(b []byte) bool {
	const at, size = 148, 8
	want, err := strconv.ParseUint(strings.Trim(string(b[at:at+size]), " \x00"), 8, 32)
	if err != nil {
		return false
	}
	sum := uint64(size * ' ')
	for i, c := range b {
		if i < at || i >= at+size {
			sum += uint64(c)
		}
	}
	return sum == want
}
