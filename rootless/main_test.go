package rootless

import (
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// TestMain plays the roles: the holders execute /proc/self/exe, which is the
// test binary. Its supervisor only listens.
func TestMain(m *testing.M) {
	if len(os.Args) < 3 || os.Args[1] != RoleArg {
		os.Exit(m.Run())
	}
	ready := os.NewFile(3, "ready")
	if os.Args[2] == RoleProgram {
		program.Run(3, 4)
	}
	dirs := state.Dirs{Run: os.Args[3], Data: os.Args[4]}
	switch os.Args[2] {
	case RoleUserHolder:
		os.Exit(RunUserHolder(dirs, ready))
	case RoleProjectHolder:
		os.Exit(RunProjectHolder(dirs, os.Args[5], ready))
	case RoleSupervisor:
		os.Exit(fakeSupervisor(dirs, os.Args[5], ready))
	}
	os.Exit(2)
}

// fakeSupervisor accepts until its project's holder has died.
func fakeSupervisor(dirs state.Dirs, project string, ready *os.File) int {
	if project == "broken" {
		fmt.Fprint(ready, "no such luck")
		return 1
	}
	holder, err := ConnectHolder(background, dirs, project)
	if err != nil {
		fmt.Fprint(ready, err)
		return 1
	}
	l, err := wire.Listen(dirs.APISocket(project))
	if err != nil {
		fmt.Fprint(ready, err)
		return 1
	}
	tellReady(ready)
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
	<-holder.Gone()
	_ = os.RemoveAll(dirs.ProjectRun(project))
	return 0
}

// skipWithoutUserNamespaces tells why the test cannot run.
func skipWithoutUserNamespaces(t *testing.T, err error) {
	t.Helper()
	if errors.Is(err, os.ErrPermission) {
		t.Skipf("user namespaces are forbidden here: %v", err)
	}
}
