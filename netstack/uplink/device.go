package uplink

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Device is what taps are made by.
const Device = "/dev/net/tun"

// Missing says what of this machine an uplink lacks.
type Missing struct {
	What string
	Fix  string // the command that mends it, or what else to do
}

func (e *Missing) Error() string { return e.What + ": mend it with: " + e.Fix }

// CheckDevice says whether taps can be made here; if not, why, and what mends
// it.
func CheckDevice() error {
	f, err := openDevice(Device)
	if err != nil {
		return err
	}
	return f.Close()
}

func openDevice(path string) (*os.File, error) {
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
	switch {
	case err == nil:
		return os.NewFile(uintptr(fd), path), nil
	case errors.Is(err, unix.ENOENT):
		return nil, &Missing{path + " does not exist", "sudo modprobe tun, or give an outer container the device (docker: --device " + path + ")"}
	case errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENXIO):
		return nil, &Missing{path + " has no driver", "sudo modprobe tun"}
	case errors.Is(err, unix.EACCES):
		// The device gives no rights over networks that are not the caller's.
		return nil, &Missing{fmt.Sprintf("%s may not be opened (%s)", path, modeOf(path)), "sudo chmod 666 " + path}
	case errors.Is(err, unix.EPERM):
		return nil, &Missing{path + " may not be opened: the device policy of an outer container or of the service manager forbids it", "docker: --device " + path}
	}
	return nil, fmt.Errorf("open %s: %w", path, err)
}

func modeOf(path string) string {
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		return err.Error()
	}
	// Its owner has no number here: root of the host is not of our user namespace.
	return fmt.Sprintf("mode %04o", fs.FileMode(st.Mode).Perm())
}
