package selection

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// The file: magic, records, CRC-32 of all before. A file that was cut off or
// damaged is no cache at all, and is written anew.
const magic = "mocker-compose files 1\n"

// maxCache bounds what is read into memory.
const maxCache = 256 << 20

// fixed is the size of a record without its path.
const fixed = 2*8 + 4 + 3*8 + len(sum{})

// OpenCache reads the cache in a file, which need not be there.
func OpenCache(path string) (*Cache, error) {
	c := &Cache{path: path, records: map[string]*record{}}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, nil
	}
	if err != nil {
		return nil, fmt.Errorf("digests of files: %w", err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxCache))
	if err != nil {
		return nil, fmt.Errorf("digests of files: %w", err)
	}
	if !c.parse(b) {
		clear(c.records)
	}
	return c, nil
}

func (c *Cache) parse(b []byte) bool {
	if len(b) < len(magic)+4 || string(b[:len(magic)]) != magic {
		return false
	}
	body, end := b[:len(b)-4], b[len(b)-4:]
	if crc32.ChecksumIEEE(body) != binary.LittleEndian.Uint32(end) {
		return false
	}
	for b = body[len(magic):]; len(b) > 0; {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) || len(b)-used-int(n) < fixed {
			return false
		}
		path := string(b[used : used+int(n)])
		b = b[used+int(n):]
		u64 := func(i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
		r := &record{dev: u64(0), ino: u64(8), seen: build.Seen{
			Mode: binary.LittleEndian.Uint32(b[16:]), Size: int64(u64(20)), Mtime: int64(u64(28)), Ctime: int64(u64(36)),
		}}
		copy(r.sum[:], b[44:fixed])
		c.records[path] = r
		b = b[fixed:]
	}
	return true
}

// Save writes what is new, if anything is, beside what others have written meanwhile. Of two
// that save at the same time one wins: the other's files are read again.
func (c *Cache) Save() error {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.dirty {
		return nil
	}
	if others, err := OpenCache(c.path); err == nil {
		for path, r := range others.records {
			if c.records[path] == nil {
				c.records[path] = r
			}
		}
	}
	f, err := os.CreateTemp(filepath.Dir(c.path), "tmp-")
	if err != nil {
		return fmt.Errorf("digests of files: %w", err)
	}
	_, err = f.Write(c.format())
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Rename(f.Name(), c.path)
	}
	if err != nil {
		return fmt.Errorf("digests of files: %w", errors.Join(err, os.Remove(f.Name())))
	}
	c.dirty = false
	return nil
}

func (c *Cache) format() []byte {
	b := []byte(magic)
	for path, r := range c.records {
		if !r.used && len(c.records) > maxForeign {
			continue
		}
		b = binary.AppendUvarint(b, uint64(len(path)))
		b = append(b, path...)
		for _, n := range []uint64{r.dev, r.ino} {
			b = binary.LittleEndian.AppendUint64(b, n)
		}
		b = binary.LittleEndian.AppendUint32(b, r.seen.Mode)
		for _, n := range []int64{r.seen.Size, r.seen.Mtime, r.seen.Ctime} {
			b = binary.LittleEndian.AppendUint64(b, uint64(n))
		}
		b = append(b, r.sum[:]...)
	}
	return binary.LittleEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
}
