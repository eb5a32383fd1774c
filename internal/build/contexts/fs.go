package contexts

import (
	"io/fs"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// FS are the files of the context, for who reads its Dockerfile and its ignore
// file: links lead nowhere out of it.
func (c *Context) FS() fs.FS { return files{c.dir} }

type files struct{ root *os.File }

// Open implements [fs.FS].
func (f files) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	// O_NONBLOCK: a FIFO opens without a writer.
	return safepath.OpenInRoot(f.root, name, unix.O_RDONLY|unix.O_NONBLOCK)
}
