package rootless

import (
	"fmt"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// MountTmpfs mounts a tmpfs on dir, which exists in the holder's mount namespace,
// with options of tmpfs(5) and "noexec". Sandboxes that start from now on see
// it, all the same one; it goes with the holder.
func (h *HolderClient) MountTmpfs(dir string, options []string) error {
	flags := uintptr(unix.MS_NOSUID | unix.MS_NODEV)
	var data []string
	for _, o := range options {
		switch o {
		case "noexec":
			flags |= unix.MS_NOEXEC
		case "noatime":
			flags |= unix.MS_NOATIME
		case "nodiratime":
			flags |= unix.MS_NODIRATIME
		case "rw", "exec", "nosuid", "nodev", "relatime", "defaults":
		default:
			data = append(data, o)
		}
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread has gone elsewhere, and ends with its goroutine
		done <- h.mountInside(dir, flags, strings.Join(data, ","))
	}()
	return <-done
}

// mountInside moves the thread to the holder's mount namespace (setns(2); only a
// thread that shares its directories with none may) and mounts.
func (h *HolderClient) mountInside(dir string, flags uintptr, data string) error {
	if err := unix.Unshare(unix.CLONE_FS); err != nil {
		return fmt.Errorf("unshare the directories of a thread: %w", err)
	}
	if err := unix.Setns(wire.FD(h.pidfd), unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("join the mount namespace of the project's holder: %w", err)
	}
	if err := unix.Mount("volume", dir, "tmpfs", flags, data); err != nil {
		return fmt.Errorf("mount a tmpfs (%s): %w", data, err)
	}
	return nil
}
