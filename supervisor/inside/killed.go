package inside

import (
	"errors"

	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"golang.org/x/sys/unix"
)

// KilledThere reports an error that whoever enters a container gets when that ends: the
// kernel kills all that is inside or on the way in, wherever that was, and lets nobody
// be forked there (ENOMEM, pid_namespaces(7)); or the runtime knows that it has ended.
func KilledThere(err error) bool {
	return errors.Is(err, kernel.ErrNotRunning) || errors.Is(err, unix.ESRCH) || errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENOMEM)
}
