package sandbox

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	specs "github.com/opencontainers/runtime-spec/specs-go"
	"golang.org/x/sys/unix"
)

// fuseDevice is what a FUSE server talks to the kernel by (fuse(4)).
const fuseDevice = "/dev/fuse"

// FuseProgram is the path of fuse-overlayfs, which makes an overlay where the
// kernel refuses to; or why it cannot be used. MOCKER_FORCE_NO_OVERLAY forbids it.
func FuseProgram() (string, error) {
	if os.Getenv("MOCKER_FORCE_NO_OVERLAY") != "" {
		return "", errors.New("MOCKER_FORCE_NO_OVERLAY is set")
	}
	path, err := exec.LookPath("fuse-overlayfs")
	if err != nil {
		return "", errors.New("fuse-overlayfs is not installed")
	}
	dev, err := os.OpenFile(fuseDevice, os.O_RDWR, 0)
	if err != nil {
		return "", err
	}
	return path, dev.Close()
}

// FuseMount makes a FUSE file system, mounted nowhere, and the device by which a
// process serves it. Both are the caller's to close; nothing answers in the root
// before the process runs, and when it ends all of its files are gone.
func FuseMount() (root, dev *os.File, err error) {
	if dev, err = os.OpenFile(fuseDevice, os.O_RDWR, 0); err != nil {
		return nil, nil, err
	}
	defer func() {
		if err != nil {
			dev.Close()
		}
	}()
	fs, err := unix.Fsopen("fuse", unix.FSOPEN_CLOEXEC)
	if err != nil {
		return nil, nil, overlayError(fs, "open fuse", err)
	}
	defer unix.Close(fs)
	for _, o := range [][2]string{{"source", "fuse-overlayfs"}, {"fd", fmt.Sprint(dev.Fd())}, {"rootmode", "40000"}, {"user_id", "0"}, {"group_id", "0"}} {
		if err := unix.FsconfigSetString(fs, o[0], o[1]); err != nil {
			return nil, nil, overlayError(fs, o[0]+"="+o[1], err)
		}
	}
	for _, flag := range []string{"allow_other", "default_permissions"} {
		if err := unix.FsconfigSetFlag(fs, flag); err != nil {
			return nil, nil, overlayError(fs, flag, err)
		}
	}
	if err := unix.FsconfigCreate(fs); err != nil {
		return nil, nil, overlayError(fs, "create", err)
	}
	fd, err := unix.Fsmount(fs, unix.FSMOUNT_CLOEXEC, unix.MOUNT_ATTR_NODEV)
	if err != nil {
		return nil, nil, overlayError(fs, "mount", err)
	}
	return os.NewFile(uintptr(fd), "root file system"), dev, nil
}

// FuseServer makes the program of the process that serves a mount of [FuseMount]:
// fuse-overlayfs at path. It ends when the mount does, with the last namespace
// that has it.
func FuseServer(path string, l Layers, dev *os.File) (*Prepared, error) {
	for _, dir := range append([]string{l.Upper, l.Work}, l.Lower...) {
		if strings.ContainsAny(dir, `:,\`) {
			return nil, fmt.Errorf("fuse-overlayfs takes no directory with a colon, a comma or a backslash: %s", dir)
		}
	}
	b := newBuilder()
	fd := b.file(dev)
	b.do("new session", unix.SYS_SETSID)
	b.do("set umask", unix.SYS_UMASK, 0)
	b.do("set no_new_privs", unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	b.do("close our descriptors", unix.SYS_CLOSE_RANGE, 3, fd-1, unix.CLOSE_RANGE_CLOEXEC)
	b.signals()
	b.mark(ExecWhat + path)
	b.exec(&specs.Process{Args: []string{
		path, "-f", "-o", "lowerdir=" + strings.Join(l.Lower, ":") + ",upperdir=" + l.Upper + ",workdir=" + l.Work, fmt.Sprintf("/dev/fd/%d", fd),
	}, Env: []string{"PATH=" + DefaultPath}})
	return b.Prepared, nil
}
