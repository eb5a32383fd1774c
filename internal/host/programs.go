package host

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/project"
)

// look opens a file of a container that does not run, to tell why its program could not be
// executed: one that is mounted from a directory or file of the user's, else one of its root.
func (r *Runtime) look(c *container, root *os.File) func(path string) (*os.File, error) {
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOCTTY
	return func(path string) (*os.File, error) {
		source, below := "", ""
		target := ""
		for _, m := range c.rec.Mounts {
			rest, found := strings.CutPrefix(path, m.Target)
			if !found || rest != "" && rest[0] != '/' && m.Target != "/" || len(m.Target) < len(target) {
				continue
			}
			if m.Type != project.MountBind {
				return nil, errors.ErrUnsupported
			}
			source, below, target = m.Source, rest, m.Target
		}
		if source == "" {
			return safepath.OpenInRoot(root, path, flags)
		}
		if below == "" {
			return os.OpenFile(source, flags, 0)
		}
		dir, err := os.Open(source)
		if err != nil {
			return nil, err
		}
		defer dir.Close()
		return safepath.OpenInRoot(dir, below, flags)
	}
}
