package ingest

import (
	"net"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// input is what comes by standard input.
type input struct {
	file   *os.File           // an archive
	layout *image.LayoutFiles // or the files of an OCI layout
}

func openInput(req *image.Request) (*input, error) {
	if req.Op == image.OpSave || req.Op == image.OpTar {
		return output()
	}
	if !req.Layout {
		return &input{file: os.Stdin}, nil
	}
	c, err := net.FileConn(os.Stdin)
	if err != nil {
		return nil, err
	}
	uc, ok := c.(*net.UnixConn)
	if !ok {
		return nil, unix.ENOTSOCK
	}
	return &input{layout: image.NewLayoutFiles(wire.NewConn(uc))}, nil
}

// output is standard input for who writes to it, with a name for errors. It is a
// descriptor of its own: that of os.Stdin is polled already, and a second file on it
// could not wait for a pipe.
func output() (*input, error) {
	fd, err := unix.FcntlInt(uintptr(unix.Stdin), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	return &input{file: os.NewFile(uintptr(fd), "the archive")}, nil
}

// enter makes the store the root directory of this process and takes from it
// what it does not need.
func enter(dir string) (root *os.File, err error) {
	state.BootID() // from /proc, while there is one
	if root, err = os.Open(dir); err != nil {
		return nil, err
	}
	if _, err := confine.Enter(root); err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}
