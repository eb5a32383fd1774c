package image

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// reserveName is a file of the store that is of no use but for the room that it takes:
// to remove images the index has to be written, which on a full disk needs that room.
const reserveName = "reserve"

// leastReserve is its size, bytes; more where the index is large.
const leastReserve = 64 << 10

// keepReserve makes the file if it is missing or too small. That it cannot be made is no
// reason for anything to fail.
func (s *Store) keepReserve() {
	size := int64(leastReserve)
	if st, err := os.Stat(s.path(indexName)); err == nil {
		size = max(size, 2*st.Size())
	}
	if st, err := os.Stat(s.path(reserveName)); err == nil && st.Size() >= size {
		return
	}
	if os.WriteFile(s.path(reserveName), make([]byte, size), 0o600) != nil {
		_ = os.Remove(s.path(reserveName))
	}
}

// saveSmaller saves an index from which something was taken, which succeeds on a full
// disk too.
func (s *Store) saveSmaller(x *index) error {
	err := s.saveIndex(x)
	if !errors.Is(err, unix.ENOSPC) && !errors.Is(err, unix.EDQUOT) || os.Remove(s.path(reserveName)) != nil {
		return err
	}
	return s.saveIndex(x)
}
