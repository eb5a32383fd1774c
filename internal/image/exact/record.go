package exact

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/vbatts/tar-split/tar/storage"
)

// maxSegment bounds what is in memory of a record.
const maxSegment = 64 << 10

// Recorder writes a record: a [layer.Recorder].
type Recorder struct {
	out      *bufio.Writer
	zip      *gzip.Writer
	json     *json.Encoder
	raw      []byte
	position int
}

// NewRecorder writes to w. Close must be called for the record to be whole.
func NewRecorder(w io.Writer) *Recorder {
	r := &Recorder{out: bufio.NewWriterSize(w, 1<<16), raw: make([]byte, 0, maxSegment)}
	r.zip, _ = gzip.NewWriterLevel(r.out, gzip.BestSpeed) // fails for levels that do not exist
	r.json = json.NewEncoder(r.zip)
	return r
}

// Raw takes a part of the archive.
func (r *Recorder) Raw(part []byte) error {
	for len(part) > 0 {
		if len(r.raw) == maxSegment {
			if err := r.flush(); err != nil {
				return err
			}
		}
		n := min(len(part), maxSegment-len(r.raw))
		r.raw = append(r.raw, part[:n]...)
		part = part[n:]
	}
	return nil
}

// File says that the content of a file follows.
func (r *Recorder) File(name string, size int64) error {
	if err := r.flush(); err != nil {
		return err
	}
	e := storage.Entry{Type: storage.FileType, Size: size}
	e.SetName(name)
	return r.add(e)
}

func (r *Recorder) flush() error {
	if len(r.raw) == 0 {
		return nil
	}
	err := r.add(storage.Entry{Type: storage.SegmentType, Payload: r.raw})
	r.raw = r.raw[:0]
	return err
}

func (r *Recorder) add(e storage.Entry) error {
	e.Position = r.position
	r.position++
	return r.json.Encode(e)
}

// Close ends the record; the writer below is left open.
func (r *Recorder) Close() error {
	return errors.Join(r.flush(), r.zip.Close(), r.out.Flush())
}
