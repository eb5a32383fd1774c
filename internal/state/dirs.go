package state

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// Dirs are the run dir and the data dir of one user.
type Dirs struct {
	Run  string `json:"run"`
	Data string `json:"data"`
}

// ResolveDirs finds the directories of the current user by the environment;
// it makes nothing.
func ResolveDirs(getenv func(string) string) (Dirs, error) {
	uid := os.Getuid()
	run, err := runDir(getenv, uid)
	if err != nil {
		return Dirs{}, err
	}
	data, err := dataDir(getenv, uid)
	if err != nil {
		return Dirs{}, err
	}
	return Dirs{Run: run, Data: data}, nil
}

func runDir(getenv func(string) string, uid int) (string, error) {
	if d := getenv("MOCKER_RUNTIME_DIR"); d != "" {
		return filepath.Abs(d)
	}
	if d := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(d) && ownedBy(d, uid) {
		return filepath.Join(d, "mocker-compose"), nil
	}
	if d := "/run/user/" + strconv.Itoa(uid); ownedBy(d, uid) {
		return filepath.Join(d, "mocker-compose"), nil
	}
	return filepath.Join(os.TempDir(), "mocker-compose-"+strconv.Itoa(uid)), nil
}

func dataDir(getenv func(string) string, uid int) (string, error) {
	if d := getenv("MOCKER_DATA_HOME"); d != "" {
		return filepath.Abs(d)
	}
	if d := getenv("XDG_DATA_HOME"); filepath.IsAbs(d) {
		return filepath.Join(d, "mocker-compose"), nil
	}
	home := getenv("HOME")
	if !filepath.IsAbs(home) {
		u, err := user.LookupId(strconv.Itoa(uid))
		if err != nil || !filepath.IsAbs(u.HomeDir) {
			return "", fmt.Errorf("no home directory for user %d: set MOCKER_DATA_HOME to a directory for containers and logs", uid)
		}
		home = u.HomeDir
	}
	return filepath.Join(home, ".local", "share", "mocker-compose"), nil
}

func ownedBy(dir string, uid int) bool {
	st, err := os.Stat(dir)
	if err != nil || !st.IsDir() {
		return false
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	return ok && int(sys.Uid) == uid
}

// UserSocket is where the user holder listens.
func (d Dirs) UserSocket() string { return filepath.Join(d.Run, "user.sock") }

// UserLock is held while the user holder is looked for or started.
func (d Dirs) UserLock() string { return filepath.Join(d.Run, "user.lock") }

// WatchLock has the named locks of the projects that somebody watches files for.
func (d Dirs) WatchLock() string { return filepath.Join(d.Run, "watch.lock") }

// ProjectsRun holds one directory per running project.
func (d Dirs) ProjectsRun() string { return filepath.Join(d.Run, "p") }

// ProjectsData holds one directory per project.
func (d Dirs) ProjectsData() string { return filepath.Join(d.Data, "p") }

// ProjectRun is a project's part of the run dir.
func (d Dirs) ProjectRun(name string) string { return filepath.Join(d.Run, "p", name) }

// ProjectData is a project's part of the data dir.
func (d Dirs) ProjectData(name string) string { return filepath.Join(d.Data, "p", name) }

// ProjectLock is held by the project's supervisor.
func (d Dirs) ProjectLock(name string) string { return filepath.Join(d.ProjectRun(name), "lock") }

// CgroupFile is the record of the project's delegated subtree (package delegate).
func (d Dirs) CgroupFile(name string) string { return filepath.Join(d.ProjectRun(name), "cgroup.json") }

// HolderSocket is where a project's holder listens.
func (d Dirs) HolderSocket(name string) string {
	return filepath.Join(d.ProjectRun(name), "holder.sock")
}

// APISocket is where a project's supervisor listens.
func (d Dirs) APISocket(name string) string { return filepath.Join(d.ProjectRun(name), "api.sock") }

// StateFile is what a project's supervisor knows.
func (d Dirs) StateFile(name string) string { return filepath.Join(d.ProjectData(name), "state.json") }

// ContainerData is where a container's logs, writable layer and records are.
func (d Dirs) ContainerData(project, container string) string {
	return filepath.Join(d.ProjectData(project), "c", container)
}

// LogDir holds a container's log segments.
func (d Dirs) LogDir(project, container string) string {
	return filepath.Join(d.ContainerData(project, container), "logs")
}

// RootFS holds the unpacked root file systems.
func (d Dirs) RootFS() string { return filepath.Join(d.Data, "rootfs") }

// Images holds the image store.
func (d Dirs) Images() string { return filepath.Join(d.Data, "images") }

// BaseLayer has the mount points that lie above every image.
func (d Dirs) BaseLayer() string { return filepath.Join(d.Data, "base-1") }

// Volumes holds the named volumes.
func (d Dirs) Volumes() string { return filepath.Join(d.Data, "volumes") }

// MakePrivate makes dir and its missing parents, private to the user, and
// refuses one that belongs to somebody else or that others may write.
func MakePrivate(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	st, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	sys, ok := st.Sys().(*syscall.Stat_t)
	switch {
	case !st.IsDir():
		return fmt.Errorf("%s is no directory: remove it, or choose another with MOCKER_RUNTIME_DIR or MOCKER_DATA_HOME", dir)
	case !ok || int(sys.Uid) != os.Geteuid():
		return fmt.Errorf("%s belongs to somebody else: %w", dir, syscall.EACCES)
	}
	if st.Mode().Perm()&0o077 != 0 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}
