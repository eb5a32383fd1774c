package contexts

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build/copying"
	"github.com/mocker-compose/mocker-compose/internal/confine"
)

// unpackEnv makes the test program the role that unpacks: "1" enters namespaces
// as the user holder would make them, "2" is inside.
const unpackEnv = "CONTEXTS_TEST_UNPACK"

func TestMain(m *testing.M) {
	switch os.Getenv(unpackEnv) {
	case "1":
		os.Exit(inside())
	case "2":
		os.Exit(copying.RunRole(os.Args[2:]))
	}
	os.Exit(m.Run())
}

func inside() int {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Env = append(os.Environ(), unpackEnv+"=2")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = confine.Attributes()
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	if cmd.Run() != nil {
		return 1
	}
	return 0
}
