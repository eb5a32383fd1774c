package image

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image/imageref"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// The process that reads an OCI layout is confined to the store, and an open
// directory would lead it out of there. So it asks for one file after the other,
// by name, and gets it open.
type (
	layoutRequest struct {
		Name string `json:"name"`
	}
	layoutAnswer struct {
		Size    int64  `json:"size"`
		Error   string `json:"error,omitempty"`
		Missing bool   `json:"missing,omitempty"`
	}
)

// LayoutFiles are the files of an OCI layout, for the process that reads it.
type LayoutFiles struct {
	mu   sync.Mutex
	conn *wire.Conn
}

// NewLayoutFiles asks at conn.
func NewLayoutFiles(conn *wire.Conn) *LayoutFiles { return &LayoutFiles{conn: conn} }

// Open opens a file of the layout and returns its size. The error for one that
// does not exist is fs.ErrNotExist.
func (l *LayoutFiles) Open(name string) (*os.File, int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.conn.Send(layoutRequest{name}); err != nil {
		return nil, 0, err
	}
	var a layoutAnswer
	files, err := l.conn.Receive(&a)
	switch {
	case err != nil:
		return nil, 0, err
	case a.Missing:
		return nil, 0, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case a.Error != "":
		return nil, 0, errors.New(a.Error)
	case len(files) != 1:
		return nil, 0, fmt.Errorf("open %s: %d files came", name, len(files))
	}
	return files[0], a.Size, nil
}

// serveLayout answers for the layout in dir until the other end closes.
func serveLayout(conn *wire.Conn, dir *os.File) {
	defer conn.Close()
	for {
		var req layoutRequest
		files, err := conn.Receive(&req)
		for _, f := range files {
			f.Close()
		}
		if err != nil {
			return
		}
		if err := answerLayout(conn, dir, req.Name); err != nil {
			return
		}
	}
}

func answerLayout(conn *wire.Conn, dir *os.File, name string) error {
	f, size, err := openLayoutFile(dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return conn.Send(layoutAnswer{Missing: true})
	case err != nil:
		return conn.Send(layoutAnswer{Error: err.Error()})
	}
	defer f.Close()
	return conn.Send(layoutAnswer{Size: size}, f)
}

// openLayoutFile gives out what a layout consists of (OCI image spec,
// image-layout.md) and nothing else. Links stay inside.
func openLayoutFile(dir *os.File, name string) (*os.File, int64, error) {
	hex, isBlob := strings.CutPrefix(name, "blobs/sha256/")
	if name != "index.json" && !(isBlob && imageref.IsHex(hex, 64)) {
		return nil, 0, fs.ErrNotExist
	}
	f, err := safepath.OpenInRoot(dir, name, unix.O_RDONLY|unix.O_NONBLOCK)
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w", name, err)
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a file", name)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, st.Size(), nil
}

// layoutPair serves the layout in dir: the file is for the other process.
func layoutPair(dir *os.File) (*os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socketpair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "layout"), os.NewFile(uintptr(fds[1]), "layout")
	defer ours.Close()
	c, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, err
	}
	go serveLayout(wire.NewConn(c.(*net.UnixConn)), dir)
	return theirs, nil
}
