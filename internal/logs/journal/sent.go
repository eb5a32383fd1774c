package journal

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
)

// sent is how far a stream has been sent: a file of eight bytes in its log directory,
// which the reader of logs does not take for a segment. It goes with the directory.
type sent struct{ f *os.File }

const sentSuffix = ".sent"

// openSent opens the one of a stream; it is made if there is none.
func openSent(dir, stream string) (sent, error) {
	f, err := os.OpenFile(dir+"/"+stream+sentSuffix, os.O_RDWR|os.O_CREATE, 0o600)
	return sent{f}, err
}

// position is how many bytes of the stream have been sent.
func (s sent) position() (uint64, error) {
	var b [8]byte
	if n, err := s.f.ReadAt(b[:], 0); n < len(b) {
		if errors.Is(err, io.EOF) {
			return 0, nil // it was just made
		}
		return 0, err
	}
	return binary.LittleEndian.Uint64(b[:]), nil
}

func (s sent) set(position uint64) error {
	_, err := s.f.WriteAt(binary.LittleEndian.AppendUint64(nil, position), 0)
	return err
}

// positions are those of a directory, by stream. Streams without one begin at 0.
func positions(dir string) (map[string]uint64, error) {
	out := map[string]uint64{}
	for _, stream := range []string{"stdout", "stderr"} {
		f, err := os.Open(dir + "/" + stream + sentSuffix)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if out[stream], err = (sent{f}).position(); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		_ = f.Close() // read only
	}
	return out, nil
}
