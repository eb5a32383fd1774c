package inside

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/rootless"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// baseLayer lies above every image in which a program is run; its number counts
// its versions.
func (p *process) baseLayer() string { return filepath.Join(p.dirs.Data, "build-base-1") }

// step is the root directory of one step, and where its changes go.
type step struct {
	p        *process
	room     *layerstore.Room
	layers   []string // the directories below, the topmost first
	root     *os.File // a mount that is mounted nowhere
	count    int      // of directories made in the room
	programs bool     // one is run in it
	linked   bool     // its layer has nothing below: COPY --link
	tree     string   // the copy that it works in; "" = an overlay
	since    time.Time
	servers  []*rootless.Child // of overlays
}

// newStep makes a step's root. programs: one is run in it, so it needs the mount points
// of our own. The step is the caller's to close.
func (p *process) newStep(ctx context.Context, keys []string, programs bool) (_ *step, err error) {
	s := &step{p: p, programs: programs}
	if s.layers, err = p.layers(keys); err != nil {
		return nil, err
	}
	if s.layers, err = layer.Visible(s.layers); err != nil {
		return nil, err
	}
	if s.room, err = p.store.Layers().NewRoom(ctx); err != nil {
		return nil, err
	}
	if err := s.makeRoot(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *step) makeRoot(ctx context.Context) (err error) {
	lower := s.layers
	if s.p.union() == byCopy {
		if s.tree, err = s.copied(ctx, s.some(lower)); err != nil {
			return err
		}
		s.since = coarse()
		s.root, err = sandbox.Bind(s.tree)
		return err
	}
	if s.programs {
		lower = append([]string{s.p.baseLayer()}, lower...)
	}
	s.root, err = s.mount(ctx, s.some(lower), s.upper())
	return err
}

// some is lower, or an empty directory.
func (s *step) some(lower []string) []string {
	if len(lower) == 0 {
		return []string{s.p.empty}
	}
	return lower
}

// upper is the directory of the changes.
func (s *step) upper() string { return filepath.Join(s.room.Path(), "fs") }

// directory makes a new directory in the room.
func (s *step) directory(mode os.FileMode) (string, error) {
	s.count++
	path := filepath.Join(s.room.Path(), "d"+strconv.Itoa(s.count))
	return path, os.Mkdir(path, mode)
}

// mount makes one tree of directories, the topmost first, mounted nowhere. With upper
// "" nothing in it can be changed; where layers are copied, upper stays empty.
func (s *step) mount(ctx context.Context, lower []string, upper string) (*os.File, error) {
	if upper == "" && len(lower) == 1 { // an overlay has two at least
		return readOnly(lower[0])
	}
	l := sandbox.Layers{Lower: lower, Upper: upper}
	var err error
	switch s.p.union() {
	case byCopy:
		dir, err := s.copied(ctx, lower)
		if err != nil {
			return nil, err
		}
		if upper == "" {
			return readOnly(dir)
		}
		return sandbox.Bind(dir)
	case byFuse:
		if upper == "" { // it takes no overlay without
			if l.Upper, err = s.directory(0o755); err != nil {
				return nil, err
			}
		}
		if l.Work, err = s.directory(0o700); err != nil {
			return nil, err
		}
		return s.fuse(ctx, l)
	}
	if upper != "" {
		if l.Work, err = s.directory(0o700); err != nil {
			return nil, err
		}
	}
	return sandbox.Overlay(l)
}

// readOnly is a mount of a directory that nobody can change.
func readOnly(dir string) (*os.File, error) {
	f, err := sandbox.Bind(dir)
	if err != nil {
		return nil, err
	}
	attr := unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY | unix.MOUNT_ATTR_NODEV}
	if err := unix.MountSetattr(int(f.Fd()), "", unix.AT_EMPTY_PATH, &attr); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// close removes what the step has left.
func (s *step) close() error {
	err := s.unmount()
	for _, server := range s.servers {
		s.p.awaitServer(server)
	}
	return errors.Join(err, s.room.Close())
}
