package copying

import (
	"os"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// openAt opens base in dir, never through a link.
func openAt(dir *os.File, base string, flags int, mode uint32) (*os.File, error) {
	return safepath.OpenAt(dir, base, flags, mode)
}

func readLinkAt(dir *os.File, base string) (string, error) {
	return safepath.ReadLinkAt(dir, base)
}

// ignoreUnmapped passes over what chown says of an id that our user namespace does
// not have: the file stays ours.
func ignoreUnmapped(err error) error {
	if err == unix.EINVAL || err == unix.EPERM || err == unix.EOVERFLOW {
		return nil
	}
	return err
}
