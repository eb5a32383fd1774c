package logs

import (
	"encoding/binary"
	"sync/atomic"
	"unsafe"
)

// recordSize is the size of an index slot. It and the page size are multiples
// of 8, so a field never lies across two pages.
const recordSize = 24

// record stamps the bytes of a segment from offset to the offset of the next
// record, or to the end of the segment. On disk: three 64-bit words in the
// host's byte order. seq 0 is the end of the index.
type record struct {
	seq    uint64 // order of arrival in the project, from 1
	wall   int64  // nanoseconds since 1970
	offset uint64 // in the segment
}

// indexMagic is the first word of slot 0, which is the header: magic, base, 0.
// base is how many bytes of the stream lie before the segment.
const indexMagic = 0x31_67_6f_6c_63_6d // "mclog1"

func decodeRecord(b []byte) record {
	_ = b[recordSize-1]
	return record{
		seq:    binary.NativeEndian.Uint64(b),
		wall:   int64(binary.NativeEndian.Uint64(b[8:])),
		offset: binary.NativeEndian.Uint64(b[16:]),
	}
}

func (r record) encode() []byte {
	b := make([]byte, 0, recordSize)
	b = binary.NativeEndian.AppendUint64(b, r.seq)
	b = binary.NativeEndian.AppendUint64(b, uint64(r.wall))
	return binary.NativeEndian.AppendUint64(b, r.offset)
}

// storeAt puts r into mapped memory, seq last: whoever sees seq sees the rest.
func (r record) storeAt(b []byte) {
	_ = b[recordSize-1]
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&b[8])), uint64(r.wall))
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&b[16])), r.offset)
	atomic.StoreUint64((*uint64)(unsafe.Pointer(&b[0])), r.seq)
}
