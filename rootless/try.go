package rootless

import (
	"context"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// TryRole runs our own binary in a role as id 0 of a new user namespace with the
// given maps, and of new mount and pid namespaces, and returns its exit code.
// What it starts ends with it, and nothing is left. It is killed when ctx is done.
func TryRole(ctx context.Context, maps IDMaps, args []string, stdio [3]*os.File) (int, error) {
	goR, goW, err := blockingPipe()
	if err != nil {
		return 0, err
	}
	defer goW.Close()
	defer goR.Close()
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		return 0, err
	}
	defer exe.Close()
	var p program.Program
	p.Do("wait for the id maps", unix.SYS_READ, 5, p.Bytes(make([]byte, 8)), 1)
	p.Do("become id 0", unix.SYS_SETRESGID, 0, 0, 0)
	p.Do("become id 0", unix.SYS_SETRESUID, 0, 0, 0)
	p.Do("enter /", unix.SYS_CHDIR, "/")
	p.Do("close the other descriptors", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("execute our own program", unix.SYS_EXECVEAT, 6, "", roleArgs(args), roleEnv(), unix.AT_EMPTY_PATH)
	b, err := spawnUser(&p, stdio, []*os.File{goR, exe}, &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER | unix.CLONE_NEWNS | unix.CLONE_NEWPID})
	if err != nil {
		return 0, err
	}
	if err := maps.write(ctx, b.pid); err != nil {
		b.kill()
		return 0, err
	}
	if _, err := goW.Write([]byte{1}); err != nil {
		b.kill()
		return 0, err
	}
	if err := b.executed(); err != nil {
		b.kill()
		return 0, explainRights(err)
	}
	return await(ctx, b.pid, b.pidfd)
}
