package exact

import (
	"path"
	"strings"
)

// split parts a name as it stands in an archive into the directory below the
// root and the last part. ".." leads nowhere: the unpacker refuses it.
func split(name string) (dir, base string) {
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	dir, base = path.Split(name)
	if dir = strings.TrimSuffix(dir, "/"); dir == "" {
		dir = "."
	}
	return dir, base
}
