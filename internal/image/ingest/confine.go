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
		return &input{file: os.NewFile(os.Stdin.Fd(), "the archive")}, nil // what errors call it
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
