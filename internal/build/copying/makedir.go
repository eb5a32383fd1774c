package copying

import (
	"fmt"
	"os"
	"path"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// MakeDir makes the directory of a WORKDIR, with parents, mode 0755, if it is not there.
// Links are followed inside of the root. users: see Options.
func MakeDir(root, users *os.File, d *build.MakeDir) error {
	var who *ids
	if d.User != "" {
		if users == nil {
			users = root
		}
		var err error
		if who, err = owner(users, d.User); err != nil {
			return err
		}
	}
	f, err := ensureDir(root, path.Clean("/"+d.Path), parentMode, who)
	if err != nil {
		return fmt.Errorf("working directory %s: %w", d.Path, err)
	}
	return f.Close()
}
