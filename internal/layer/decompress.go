package layer

import (
	"bufio"
	"bytes"
	"compress/bzip2"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// maxWindow bounds the memory that a zstd archive may ask for: "zstd --long"
// (27 bits) fits.
const maxWindow = 1 << 27

// Decompress tells the format by its first bytes: gzip, xz, zstd, bzip2, or
// plain. release must be called.
func Decompress(r io.Reader) (plain io.Reader, release func(), err error) {
	br := bufio.NewReaderSize(r, 1<<16)
	head, err := br.Peek(512)
	if err != nil && err != io.EOF {
		return nil, nil, err
	}
	is := func(magic string) bool { return bytes.HasPrefix(head, []byte(magic)) }
	nothing := func() {}
	switch {
	case is("\x1f\x8b"):
		plain, err = gzip.NewReader(br)
	case is("\xfd7zXZ\x00"):
		plain, err = xz.NewReader(br)
	case is("BZh"):
		plain, err = bzip2.NewReader(br), nil // err: fewer than 512 bytes could be peeked at
	case is("\x28\xb5\x2f\xfd"):
		d, err := zstd.NewReader(br, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return nil, nil, fmt.Errorf("zstd: %w", err)
		}
		return d, d.Close, nil
	case is("PK\x03\x04"):
		return nil, nil, fmt.Errorf("this is a zip archive: unpack it and name the directory")
	default:
		return br, nothing, nil
	}
	if err != nil {
		return nil, nil, err
	}
	return plain, nothing, nil
}
