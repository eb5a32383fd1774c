package rootless

import (
	"errors"
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
)

// KeyringName names the session keyring of a project (keyrings(7)). Every process
// of a sandbox joins it, and from it a new one of its own. So one that gets none,
// because the user's quota of keys is full, is with the keys of the project, of
// which there are none, and never with those of the user's session.
func KeyringName(project string) string { return "mocker-compose/" + project }

// keyringPerm is what a session keyring has (keyrings(7), "Access rights"), and
// search for its user: a keyring that may not be searched is not found by name.
const keyringPerm = 0x3f000000 | 0x00010000 | 0x00020000 | 0x00080000 | 0x00100000

// holdKeyring makes the keyring, for as long as this process lives: a keyring
// belongs to a thread, and goes with the last one that has it.
func holdKeyring(name string) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		id, err := unix.KeyctlJoinSessionKeyring(name)
		if forced := cause.Forced("keyrings"); forced != nil {
			err = forced
		}
		if err == nil {
			err = unix.KeyctlSetperm(id, keyringPerm)
		}
		done <- err
		if err == nil {
			select {}
		}
	}()
	switch err := <-done; {
	case err == nil, !HasKeyrings():
		return nil
	case errors.Is(err, unix.EDQUOT):
		return &cause.Error{Doing: "session keyring of the project", Err: err, Cause: cause.Keyrings(cause.Here(), 0)}
	default:
		return fmt.Errorf("session keyring of the project: %w", err)
	}
}

// HasKeyrings tells whether there are keyrings at all: a kernel may have none,
// and an outer sandbox may forbid them.
func HasKeyrings() bool {
	_, err := unix.KeyctlGetKeyringID(unix.KEY_SPEC_SESSION_KEYRING, false)
	return !errors.Is(err, unix.ENOSYS) && !errors.Is(err, unix.EPERM)
}
