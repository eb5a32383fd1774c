package rootless

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/sys/unix"
)

// sealedSelf is our own binary in a sealed memory file. Where programs run in Go
// it is executed in place of /proc/self/exe: as the init of a container, or for
// the moment before execve, it is to be seen in there as /proc/PID/exe, and who
// opens that for writing must not have our file on the host (CVE-2019-5736).
var sealedSelf = sync.OnceValues(func() (*os.File, error) {
	self, err := os.Open("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	defer self.Close()
	fd, err := unix.MemfdCreate("mocker-compose", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING|unix.MFD_EXEC)
	if errors.Is(err, unix.EINVAL) { // before Linux 6.3 there is no MFD_EXEC, and all are executable
		fd, err = unix.MemfdCreate("mocker-compose", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	}
	if err != nil {
		return nil, fmt.Errorf("memory file for our own program: %w", err)
	}
	f := os.NewFile(uintptr(fd), "mocker-compose")
	if _, err := io.Copy(f, self); err != nil {
		f.Close()
		return nil, fmt.Errorf("copy our own program: %w", err)
	}
	// Open for writing, nobody may execute it (ETXTBSY): it is opened again.
	defer f.Close()
	const seals = unix.F_SEAL_SEAL | unix.F_SEAL_SHRINK | unix.F_SEAL_GROW | unix.F_SEAL_WRITE
	if _, err := unix.FcntlInt(f.Fd(), unix.F_ADD_SEALS, seals); err != nil {
		return nil, fmt.Errorf("seal our own program: %w", err)
	}
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
})
