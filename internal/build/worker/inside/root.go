package inside

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// baseLayer lies above every image in which a program is run; its number counts
// its versions.
func (p *process) baseLayer() string { return filepath.Join(p.dirs.Data, "build-base-1") }

// step is the root directory of one step, and where its changes go.
type step struct {
	p      *process
	room   *image.Room
	layers []string // the directories below, the topmost first
	root   *os.File // a mount that is mounted nowhere
	count  int      // of directories made in the room
	linked bool     // its layer has nothing below: COPY --link
}

// begin makes a step's root. programs: one is run in it, so it needs the mount points
// of our own. The step is the caller's to close.
func (p *process) newStep(ctx context.Context, keys []string, programs bool) (_ *step, err error) {
	s := &step{p: p}
	if s.layers, err = p.layers(keys); err != nil {
		return nil, err
	}
	if s.layers, err = layer.Visible(s.layers); err != nil {
		return nil, err
	}
	if s.room, err = p.store.NewRoom(ctx); err != nil {
		return nil, err
	}
	lower := s.layers
	if programs {
		lower = append([]string{p.baseLayer()}, lower...)
	}
	if len(lower) == 0 {
		lower = []string{p.empty}
	}
	if s.root, err = s.mount(lower, s.upper()); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// upper is the directory of the changes.
func (s *step) upper() string { return filepath.Join(s.room.Path(), "fs") }

// directory makes a new directory in the room.
func (s *step) directory(mode os.FileMode) (string, error) {
	s.count++
	path := filepath.Join(s.room.Path(), "d"+strconv.Itoa(s.count))
	return path, os.Mkdir(path, mode)
}

// mount makes an overlay, mounted nowhere. With upper "" nothing in it can be changed.
func (s *step) mount(lower []string, upper string) (*os.File, error) {
	if err := s.p.overlay(); err != nil {
		return nil, err
	}
	if upper == "" {
		if len(lower) == 1 { // an overlay has two at least
			return readOnly(lower[0])
		}
		return sandbox.Overlay(sandbox.Layers{Lower: lower})
	}
	work, err := s.directory(0o700)
	if err != nil {
		return nil, err
	}
	return sandbox.Overlay(sandbox.Layers{Lower: lower, Upper: upper, Work: work})
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
	var err error
	if s.root != nil {
		err = s.root.Close()
	}
	return errors.Join(err, s.room.Close())
}
