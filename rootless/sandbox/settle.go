package sandbox

import (
	"errors"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Settle makes an overlay read-only for good, whoever has it open: a process whose end
// was waited for may have passed a directory of it to one that lives, by a socket
// (unix(7), SCM_RIGHTS). With a file that somebody can write to this is an error.
func Settle(root *os.File) error {
	for left := settleTries; ; left-- {
		err := remountReadOnly(root)
		switch {
		case !errors.Is(err, unix.EBUSY):
			return err
		case left == 0:
			return errors.New("another step has a file of this one open for writing: what the layer would hold cannot be said")
		}
		time.Sleep(settlePause) // the kernel closes some files of who has ended a moment later
	}
}

func remountReadOnly(root *os.File) error {
	fs, err := unix.Fspick(int(root.Fd()), "", unix.FSPICK_EMPTY_PATH|unix.FSPICK_CLOEXEC)
	if err != nil {
		return overlayError(-1, "pick", err)
	}
	defer unix.Close(fs)
	if err := unix.FsconfigSetFlag(fs, "ro"); err != nil {
		return overlayError(fs, "ro", err)
	}
	if err := unix.FsconfigReconfigure(fs); err != nil {
		return overlayError(fs, "reconfigure", err)
	}
	return nil
}

const (
	settleTries = 50
	settlePause = 10 * time.Millisecond
)
