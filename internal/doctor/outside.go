package doctor

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/cause"
	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless"
)

// tryOutside makes the attempts that need no namespace. It returns the directory on
// the file system of the data that the child may use, and what removes it.
func (f *found) tryOutside(h cause.Host, dirs state.Dirs) (room string, remove func()) {
	f.tryTools(h)
	f.tryLimits()
	f.data = dirFound{dir: cause.Data(dirs.Data)}
	f.run = dirFound{dir: cause.Run(dirs.Run)}
	f.runShared = filepath.Dir(dirs.Run) == filepath.Clean(os.TempDir())
	run, removeRun := f.run.try("run")
	defer removeRun()
	if run != "" {
		f.socket = tried(trySocket(run))
	}
	room, remove = f.data.try("data")
	if room != "" {
		f.data.exec = tried(tryExec(room))
	}
	return room, remove
}

// roomName begins the names of directories that attempts are made in. One that is
// left was not locked by anybody any more: its doctor was killed.
const roomName = ".mocker-compose-doctor-"

// try makes a directory in ours, or in the nearest above that there is, and looks at
// the file system.
func (d *dirFound) try(name string) (room string, remove func()) {
	at := nearest(d.dir.Path)
	var st unix.Statfs_t
	if err := unix.Statfs(at, &st); err == nil {
		d.fs = cause.FileSystem(at, st.Type)
		d.bytes, d.inodes, d.noInodes = st.Bavail*uint64(st.Bsize), st.Ffree, st.Files == 0
	}
	err := cause.Forced(name)
	if err == nil {
		sweep(at)
		room, err = os.MkdirTemp(at, roomName)
	}
	remove = func() {}
	if err == nil {
		lock, lerr := os.Open(room)
		remove = func() {
			os.RemoveAll(room)
			lock.Close()
		}
		if err = lerr; err == nil {
			err = unix.Flock(wire.FD(lock), unix.LOCK_EX|unix.LOCK_NB)
		}
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(room, "file"), []byte("some bytes, for which a block is needed"), 0o600)
	}
	if d.write = tried(err); err != nil {
		remove()
		return "", func() {}
	}
	return room, remove
}

func sweep(at string) {
	left, err := filepath.Glob(filepath.Join(at, roomName+"*"))
	if err != nil {
		return
	}
	for _, dir := range left {
		lock, err := os.Open(dir)
		if err != nil {
			continue
		}
		if unix.Flock(wire.FD(lock), unix.LOCK_EX|unix.LOCK_NB) == nil {
			os.RemoveAll(dir)
		}
		lock.Close()
	}
}

// nearest is the directory, or the first above it that exists.
func nearest(dir string) string {
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() || dir == "/" {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}

func trySocket(dir string) error {
	l, err := wire.Listen(filepath.Join(dir, "socket"))
	if err != nil {
		return err
	}
	return l.Close()
}

// tryExec executes a script whose interpreter there is not.
func tryExec(dir string) error {
	path := filepath.Join(dir, "script")
	if err := os.WriteFile(path, []byte("#!"+filepath.Join(dir, "none")+"\n"), 0o700); err != nil {
		return err
	}
	if err := cause.Forced("data-exec"); err != nil {
		return err
	}
	return noExec(exec.Command(path).Run())
}

func (f *found) tryTools(h cause.Host) {
	for i, name := range []string{"newuidmap", "newgidmap"} {
		t := mapTool{name: name, path: h.Program(name)}
		if t.path != "" {
			t.nosuid, t.privileged = rootless.MapToolRights(h.Root + t.path)
		}
		f.tools[i] = t
	}
}

func (f *found) tryLimits() {
	var l unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &l) == nil {
		f.files = l.Max
	}
	if unix.Getrlimit(unix.RLIMIT_NPROC, &l) == nil {
		f.processes = l.Max
	}
	f.instances, f.watch = tryInotify()
	f.ping = tried(tryPing())
	f.port = tried(tryPort())
}

func tryInotify() (instance, watch Tried) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err == nil {
		defer unix.Close(fd)
	}
	if forced := cause.Forced("inotify"); forced != nil {
		err = forced
	}
	if err != nil {
		return tried(fmt.Errorf("inotify_init: %w", err)), Tried{}
	}
	_, err = unix.InotifyAddWatch(fd, "/", unix.IN_CREATE)
	if forced := cause.Forced("inotify-watch"); forced != nil {
		err = forced
	}
	return Tried{}, tried(os.NewSyscallError("inotify_add_watch", err))
}

// tryPing asks whether the relay may send ICMP echo for containers (icmp(7)).
func tryPing() error {
	if err := cause.Forced("ping"); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.IPPROTO_ICMP)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	return unix.Close(fd)
}

// tryPort binds port 80 of an address that nobody else has. That it is taken is no
// answer of the kernel's on whether we may.
func tryPort() error {
	if err := cause.Forced("ports"); err != nil {
		return err
	}
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 97, 214, 83), Port: lastUsualPort})
	switch {
	case errors.Is(err, unix.EADDRINUSE):
		return nil
	case err != nil:
		return err
	}
	return l.Close()
}
