package rootfs

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/confine"
	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

const roleEnv = "ROOTFS_TEST_ROLE"

func TestMain(m *testing.M) {
	if arg := os.Getenv(roleEnv); arg != "" {
		os.Exit(RunRole([]string{arg}))
	}
	os.Exit(m.Run())
}

// startRole runs the role as root of a user namespace with one id.
func startRole(ctx context.Context, args []string, stdio [3]*os.File, _ bool) (int, error) {
	if args[0] != Role || len(args) != 2 {
		return 0, errors.New("not the role")
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Env = append(os.Environ(), roleEnv+"="+args[1])
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdio[0], stdio[1], stdio[2]
	cmd.SysProcAttr = confine.Attributes()
	cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
	cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
	cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return cmd.ProcessState.ExitCode(), err
}

func TestConfinedUnpack(t *testing.T) {
	testns.RequireUserNamespaces(t)
	s := openStore(t, t.TempDir())
	s.single = true
	s.Start = startRole
	dir := t.TempDir()
	r, err := s.Prepare(t.Context(), write(t, dir+"/a.tar", small(t)))
	if err != nil && strings.Contains(err.Error(), "built with cgo") {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	isSmall(t, r)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]struct {
		content []byte
		want    string
	}{
		"a name that leads out": {archive(t, []tar.Header{file("../../evil")}), `entry "../../evil": its name leads up`},
		"no archive":            {bytes.Repeat([]byte("text"), 500), "invalid tar header"},
		"too large":             {hazard.Sparse(1 << 40 / 64), "have more than"},
	} {
		s.Limits.Bytes = 1 << 30
		if _, err := s.Prepare(t.Context(), write(t, dir+"/b.tar", c.content)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
		noLeftovers(t, s)
	}
}

func TestConfinedUnpackThatDies(t *testing.T) {
	s := openStore(t, t.TempDir())
	path := write(t, t.TempDir()+"/a.tar", small(t))
	s.Start = func(context.Context, []string, [3]*os.File, bool) (int, error) { return 137, nil }
	if _, err := s.Prepare(t.Context(), path); err == nil || !strings.Contains(err.Error(), "code 137") {
		t.Errorf("one that was killed: %v", err)
	}
	noLeftovers(t, s)
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("enough")
	s.Start = func(context.Context, []string, [3]*os.File, bool) (int, error) { cancel(stop); return 137, nil }
	if _, err := s.Prepare(ctx, path); !errors.Is(err, stop) {
		t.Errorf("one that nobody waits for: %v", err)
	}
	noLeftovers(t, s)
}
