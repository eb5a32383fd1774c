package host

import (
	"os"

	"github.com/mocker-compose/mocker-compose/rootless/sandbox"
)

// probeEtc tells whether a container on the host's root file system can have an
// /etc of its own above the host's. Where not (no overlays, or the host's own root is
// one on another), our files are mounted on the host's names, and lost when the host
// replaces one.
func (r *Runtime) probeEtc() bool {
	if r.overlay() != nil {
		return false
	}
	f, err := sandbox.HostEtc(r.dirs.BaseLayer())
	if err != nil {
		return false
	}
	f.Close()
	return true
}

// openEtc is that of one start; nil = the host's, or the image's.
func (r *Runtime) openEtc(c *container) (*os.File, error) {
	if c.rec.Lower != "" || !r.ownEtc() {
		return nil, nil //nolint:nilnil // a nil file is closed without harm
	}
	return sandbox.HostEtc(r.dirs.BaseLayer())
}
