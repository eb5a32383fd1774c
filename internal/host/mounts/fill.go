package mounts

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// Fill gives new volumes their first content, as docker
// does: what the image has at the mount's target. copyUp copies it, with the
// directory's own owner and mode, into an empty directory, or says with a
// *volumes.Nothing that there is nothing; it is called for empty volumes only.
func (k *Keeper) Fill(list []Mount, copyUp func(target string, dst *os.File) error) error {
	for _, m := range list {
		if m.Type != project.MountVolume || m.NoCopy || m.Subpath != "" || m.Shared {
			continue
		}
		fill := func(dst *os.File) error { return copyUp(m.Target, dst) }
		var err error
		var nothing *volumes.Nothing
		if m.From == k.Volumes.Path(m.Volume) {
			err = k.Volumes.Fill(m.Volume, fill)
		} else if err = volumes.FillDirectory(k.Seen(m), fill); errors.As(err, &nothing) {
			err = k.toRoot(m, nothing)
		} else if err != nil {
			err = fmt.Errorf("fill volume %s: %w", m.Volume, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// toRoot gives a volume in memory to the root of a container whose ids have changed places,
// if it has no other owner yet. A directory of the user's stays the user's.
func (k *Keeper) toRoot(m Mount, root *volumes.Nothing) error {
	if !m.InScratch || root.UID == 0 {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Stat(k.Seen(m), &st); err != nil || st.Uid != 0 {
		return err
	}
	return os.Chown(k.Seen(m), root.UID, root.GID)
}
