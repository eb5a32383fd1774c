package logs

import (
	"io"
	"os"
	"sort"
)

// indexReader reads the records of one index while it may still grow. What it
// returns is defined for any content: an index is data of a directory that
// people can write to.
type indexReader struct {
	f     *os.File // nil: there is no index
	buf   []byte
	first int // slot of buf's first record
	valid int // records in buf, none of which is the end
	known int // records that are known to exist
}

// indexBlock is how many records are read at once.
const indexBlock = 512

// base returns what the header says, false if there is no header.
func (x *indexReader) base() (uint64, bool) {
	var b [recordSize]byte
	if x.f == nil {
		return 0, false
	}
	if _, err := x.f.ReadAt(b[:], 0); err != nil {
		return 0, false
	}
	h := decodeRecord(b[:])
	return uint64(h.wall), h.seq == indexMagic
}

// forget drops what was read ahead: the last record may have been rewritten
// and others added since.
func (x *indexReader) forget() { x.valid = 0 }

// at returns record i, counted from 0, false behind the end.
func (x *indexReader) at(i int) (record, bool) {
	slot := i + 1
	if slot < x.first || slot >= x.first+x.valid {
		if x.load(slot); i < 0 || slot >= x.first+x.valid {
			return record{}, false
		}
	}
	return decodeRecord(x.buf[(slot-x.first)*recordSize:]), true
}

// load reads the block that has the slot: blocks are aligned, so that walking
// backwards is as cheap as forwards.
func (x *indexReader) load(slot int) {
	x.first, x.valid = slot-slot%indexBlock, 0
	if x.f == nil || slot < 1 {
		return
	}
	if x.buf == nil {
		x.buf = make([]byte, indexBlock*recordSize)
	}
	n, err := x.f.ReadAt(x.buf, int64(x.first)*recordSize)
	if err != nil && err != io.EOF {
		return
	}
	for x.valid < n/recordSize && decodeRecord(x.buf[x.valid*recordSize:]).seq != 0 {
		x.valid++
	}
}

// count is the number of records now in the file.
func (x *indexReader) count() int {
	if x.f == nil {
		return 0
	}
	if x.known == 0 {
		x.known = x.search()
	}
	x.forget()
	for {
		if _, ok := x.at(x.known); !ok {
			return x.known
		}
		x.known++
	}
}

// search finds the end of an index that may be long.
func (x *indexReader) search() int {
	st, err := x.f.Stat()
	if err != nil {
		return 0
	}
	slots := int(st.Size()/recordSize) - 1
	var b [recordSize]byte
	return sort.Search(max(slots, 0), func(i int) bool {
		_, err := x.f.ReadAt(b[:], int64(i+1)*recordSize)
		return err != nil || decodeRecord(b[:]).seq == 0
	})
}

// last returns the last record and its number, -1 if there is none.
func (x *indexReader) last() (record, int) {
	n := x.count()
	if n == 0 {
		return record{}, -1
	}
	r, ok := x.at(n - 1)
	if !ok {
		return record{}, -1
	}
	return r, n - 1
}

// find returns the number of the record whose bytes include offset, 0 if the
// first one begins behind it.
func (x *indexReader) find(offset uint64) int {
	n := x.count()
	i := sort.Search(n, func(i int) bool {
		r, ok := x.at(i)
		return !ok || r.offset > offset
	})
	return max(i-1, 0)
}
