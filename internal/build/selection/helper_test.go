package selection

import (
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

var epoch = time.Unix(1_000_000_000, 0)

func mksocket(path string) error { return unix.Mknod(path, unix.S_IFSOCK|0o600, 0) }

func withoutOpenat2(t *testing.T) {
	safepath.ForceWalk(true)
	t.Cleanup(func() { safepath.ForceWalk(false) })
}
