package rootless

import (
	"fmt"
	"os"
	"sync"

	"github.com/mocker-compose/mocker-compose/rootless/program"
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
	f, err := program.Sealed("mocker-compose", self)
	if err != nil {
		return nil, fmt.Errorf("copy our own program: %w", err)
	}
	// Open for writing, nobody may execute it (ETXTBSY): it is opened again.
	defer f.Close()
	return os.Open(fmt.Sprintf("/proc/self/fd/%d", f.Fd()))
})
