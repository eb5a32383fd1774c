package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// ownerIDs skips where there is one id only: then everything is the caller's anyway.
func ownerIDs(t *testing.T) {
	t.Helper()
	for _, env := range []string{"MOCKER_FORCE_SINGLE_ID", "MOCKER_FORCE_PORTABLE", "MOCKER_FORCE_NO_OVERLAY", "MOCKER_FORCE_FUSE"} {
		if os.Getenv(env) != "" {
			t.Skipf("%s: ids are not exchanged", env)
		}
	}
}

// serverImage is an image in the manner of the official databases: it has a user of its
// own, to whom the place of the data belongs.
func (s *scenario) serverImage(c imagetest.Config, more ...imagetest.File) {
	s.t.Helper()
	files := []imagetest.File{
		{Name: "etc/"}, {Name: "etc/passwd", Text: "root:x:0:0:root:/root:/bin/sh\nserver:x:999:998:server:/data:/bin/sh\nother:x:1234:1234::/:/bin/sh\n"},
		{Name: "etc/group", Text: "root:x:0:\nserver:x:998:\nother:x:1234:\n"},
		{Name: "root/", Mode: 0o700}, {Name: "tmp/", Mode: 0o1777}, {Name: "usr/"}, {Name: "usr/share/"}, {Name: "usr/share/text", Text: "from the image\n", Mode: 0o644},
		{Name: "data/", Mode: 0o700, UID: 999, GID: 998}, {Name: "srv/", Mode: 0o755, UID: 1234, GID: 1234}, {Name: "srv/theirs", Text: "x", UID: 1234, GID: 1234},
	}
	s.image("server.tar", "server:1", c, append(files, more...))
}

// ids are "user:group" of a file on the host, as the caller sees it.
func ids(t *testing.T, path string) string {
	t.Helper()
	st, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	sys := st.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", sys.Uid, sys.Gid)
}

func myIDs() string { return fmt.Sprintf("%d:%d", os.Getuid(), os.Getgid()) }

// A server that begins as root and goes on as a user of its image: nobody has to say
// anything for its files to be the caller's. Inside everything is as with docker.
func TestOwnFilesOfServer(t *testing.T) {
	ownerIDs(t)
	s := begin(t, `
services:
  db:
    image: docker-archive:server.tar
    command: [sh, -c, 'id -u; chown server:server /data && exec su server -s /bin/sh -c "umask 077; mkdir -p /data/deep; echo x > /data/deep/file; id -u; id -g; touch /data/ready; exec sleep 1000"']
    volumes: ["./data:/data", "./init:/docker-entrypoint-initdb.d"]
    stop_grace_period: 0s
`)
	s.serverImage(imagetest.Config{})
	s.must("up", "-d")
	s.eventually("its file", func() bool { _, err := os.Stat(filepath.Join(s.dir, "data/ready")); return err == nil })
	for _, path := range []string{"data", "data/deep", "data/deep/file", "data/ready"} {
		if got := ids(t, filepath.Join(s.dir, path)); got != myIDs() {
			t.Errorf("%s belongs to %s on the host, want %s", path, got, myIDs())
		}
	}
	if got := s.logLines("db"); strings.Join(got, " ") != "0 999 998" {
		t.Errorf("ids inside: %q", got)
	}
	inside := s.must("exec", "-T", "db", "stat", "-c", "%n %u:%g", "/", "/usr/share/text", "/etc", "/etc/hosts", "/etc/passwd", "/root", "/tmp", "/dev", "/dev/fd", "/dev/shm", "/data", "/data/ready", "/srv", "/srv/theirs", "/docker-entrypoint-initdb.d", "/proc/1")
	want := "/ 0:0\n/usr/share/text 0:0\n/etc 0:0\n/etc/hosts 0:0\n/etc/passwd 0:0\n/root 0:0\n/tmp 0:0\n/dev 0:0\n/dev/fd 0:0\n/dev/shm 0:0\n/data 999:998\n/data/ready 999:998\n/srv 1234:1234\n/srv/theirs 1234:1234\n/docker-entrypoint-initdb.d 999:998\n/proc/1 999:998\n"
	if inside != want {
		t.Errorf("inside:\n%swant:\n%s", inside, want)
	}
	if err := exec.Command("rm", "-rf", filepath.Join(s.dir, "data/deep")).Run(); err != nil {
		t.Errorf("a plain rm: %v", err)
	}
}
