package project

import (
	"path/filepath"
	"strings"
)

// Place is where a service has files that are not its own alone: a bind mount or a named
// volume.
type Place struct {
	Path   string // of a bind, absolute
	Volume string // the key of a volume
	Write  bool
}

// Places are those of a service's own mounts.
func (s *Service) Places() (list []Place) {
	for _, m := range s.Mounts {
		switch {
		case m.Type == MountBind:
			list = append(list, Place{Path: filepath.Clean(m.Source), Write: !m.ReadOnly})
		case m.Type == MountVolume && m.Source != "":
			list = append(list, Place{Volume: m.Source, Write: !m.ReadOnly})
		}
	}
	return list
}

func (p Place) String() string {
	if p.Volume != "" {
		return "volume " + p.Volume
	}
	return p.Path
}

// Common tells whether two places have files in common, which at least one may write: the
// same volume, the same directory, or one inside the other.
func (p Place) Common(o Place) bool {
	switch {
	case !p.Write && !o.Write:
		return false
	case p.Volume != "" || o.Volume != "":
		return p.Volume == o.Volume
	}
	return Within(p.Path, o.Path) || Within(o.Path, p.Path)
}

// Within tells whether a clean path is dir or below it.
func Within(path, dir string) bool {
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, "/")+"/")
}
