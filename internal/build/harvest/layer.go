package harvest

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/layer"
)

// Options say how a layer is made.
type Options struct {
	// Below is the tree that the layers below show together, read-only; nil if there
	// is none: then all that is there is part of the layer.
	Below *os.File
	// Epoch is the time that no entry is younger than; nil = as they are.
	Epoch *time.Time
	// Out gets the tar, Record what is needed to make it again; both may be nil.
	Out    io.Writer
	Record layer.Recorder
	// Keep leaves the tree as it is: it is somebody's, and is not to go to the store.
	Keep bool
	// Exchange: owners have changed places in the tree, and change back in the tar.
	Exchange exchange.IDs
}

// Result is a layer.
type Result struct {
	DiffID string // sha256:HEX of the tar
	Size   int64  // of the tar, bytes
	Stats  layer.Stats
	Empty  bool // nothing was changed
	// Names are what is left out because it would be a whiteout, Sockets because
	// nobody listens; devices are in Stats.
	Names, Sockets int
}

// harvester walks one tree.
type harvester struct {
	ctx     context.Context
	o       Options
	out     *sink
	tar     *tar.Writer
	res     Result
	links   map[inode]string // first name of a file that has several
	pending []*tar.Header    // directories that are in the layer only if something in them is
	buf     []byte
}

type inode struct{ dev, ino uint64 }

// Layer makes a layer of the directory upper. The caller is root of the user
// namespace that owns the files, and nobody writes to the tree.
func Layer(ctx context.Context, upper *os.File, o Options) (Result, error) {
	h := &harvester{ctx: ctx, o: o, links: map[inode]string{}, buf: make([]byte, 256<<10)}
	h.out = newSink(o)
	h.tar = tar.NewWriter(h.out)
	err := h.root(upper)
	if err == nil {
		err = h.tar.Close()
	}
	digest, size, serr := h.out.close()
	if err = errors.Join(err, serr); err != nil {
		return Result{}, fmt.Errorf("make a layer: %w", err)
	}
	h.res.DiffID, h.res.Size = "sha256:"+digest, size
	h.res.Empty = h.res.Stats.Entries == 0
	return h.res, nil
}

// rootMode is what the store gives the root of a layer.
const rootMode = 0o755

func (h *harvester) root(upper *os.File) error {
	up, err := openAt(upper, ".", unix.O_RDONLY|unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer up.Close()
	var below *os.File
	if h.o.Below != nil {
		if below, err = openAt(h.o.Below, ".", unix.O_RDONLY|unix.O_DIRECTORY); err != nil {
			return err
		}
		defer below.Close()
	}
	hides := below != nil && layer.Opaque(up) == "y"
	if !h.o.Keep {
		if err := h.clean(up, hides); err != nil {
			return err
		}
		if err := errors.Join(unix.Fchown(int(up.Fd()), 0, 0), unix.Fchmod(int(up.Fd()), rootMode)); err != nil {
			return err
		}
	}
	if hides {
		h.res.Stats.OpaqueRoot = true
		if err := h.mark(opaqueName); err != nil {
			return err
		}
		below = nil
	}
	return h.directory(up, below, "")
}

// directory takes what is in an open directory; below is the one under it, nil if
// there is nothing there that it shows.
func (h *harvester) directory(up, below *os.File, path string) error {
	if h.ctx.Err() != nil {
		return context.Cause(h.ctx)
	}
	list, err := h.list(up)
	if err != nil {
		return fmt.Errorf("%q: %w", "/"+path, err)
	}
	for i := range list {
		if err := h.entry(up, below, path, &list[i]); err != nil {
			var e *entryError
			if !errors.As(err, &e) && h.ctx.Err() == nil {
				err = &entryError{join(path, list[i].name), err}
			}
			return err
		}
	}
	return nil
}

// entryError says once, at the innermost level, what it is about.
type entryError struct {
	path string
	err  error
}

func (e *entryError) Error() string {
	path := "/" + e.path
	if len(path) > 200 {
		path = path[:200] + "..."
	}
	return fmt.Sprintf("%q: %v", path, e.err)
}

func (e *entryError) Unwrap() error { return e.err }

func join(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir + "/" + name
}
