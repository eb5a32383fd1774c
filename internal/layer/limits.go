package layer

import (
	"context"
	"fmt"
	"io"
)

// Limits bound what an archive may turn into.
type Limits struct {
	Entries int   // headers, of whatever kind
	Bytes   int64 // after decompression, and of all files with their holes
}

// DefaultLimits are far above any root file system and below most disks.
var DefaultLimits = Limits{Entries: 2_000_000, Bytes: 64 << 30}

// Of a blob that came from a registry, bytes: it may always become so many, or so
// many for each of its own. Real layers become two to ten times as much; gzip
// cannot do more than 1032 times (RFC 1951), which is a bomb or nothing but zeros.
const (
	blobBytes = 8 << 30
	blobRatio = 200
)

// BlobLimits bound what a compressed blob of this size may turn into.
func BlobLimits(size int64) Limits {
	l := DefaultLimits
	if size >= 0 && size < (l.Bytes-blobBytes)/blobRatio {
		l.Bytes = blobBytes + blobRatio*size
	}
	return l
}

// maxPath is the longest name of an entry: PATH_MAX of linux/limits.h.
const maxPath = 4096

// boundedReader ends with an error after left bytes, or when ctx is done.
type boundedReader struct {
	ctx   context.Context
	r     io.Reader
	left  int64
	limit int64
}

func (b *boundedReader) Read(p []byte) (int, error) {
	if b.ctx.Err() != nil {
		return 0, context.Cause(b.ctx)
	}
	if b.left < 0 {
		return 0, fmt.Errorf("the archive has more than %d bytes after decompression", b.limit)
	}
	n, err := b.r.Read(p)
	b.left -= int64(n)
	return n, err
}

// Bounded reads from r and fails after n bytes, or when ctx is done.
func Bounded(ctx context.Context, r io.Reader, n int64) io.Reader {
	return &boundedReader{ctx: ctx, r: r, left: n, limit: n}
}
