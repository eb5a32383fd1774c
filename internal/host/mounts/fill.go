package mounts

import (
	"fmt"
	"os"

	"github.com/mocker-compose/mocker-compose/internal/volumes"
	"github.com/mocker-compose/mocker-compose/project"
)

// Fill gives new volumes their first content, as docker
// does: what the image has at the mount's target. copyUp copies it, with the
// directory's own owner and mode, into an empty directory; it is called for
// empty volumes only.
func (k *Keeper) Fill(list []Mount, copyUp func(target string, dst *os.File) error) error {
	for _, m := range list {
		if m.Type != project.MountVolume || m.NoCopy || m.Subpath != "" || m.Shared {
			continue
		}
		fill := func(dst *os.File) error { return copyUp(m.Target, dst) }
		var err error
		if m.From == k.Volumes.Path(m.Volume) {
			err = k.Volumes.Fill(m.Volume, fill)
		} else if err = volumes.FillDirectory(k.Seen(m), fill); err != nil {
			err = fmt.Errorf("fill volume %s: %w", m.Volume, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
