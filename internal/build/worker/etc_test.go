package worker_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// What is mounted over, or was made to be mounted on, is in no layer; what the program
// writes beside it is.
func TestMountPointsAreInNoLayer(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "etc/", Mode: 0o750}, imagetest.File{Name: "etc/hostname", Text: "of the image"})
	if s == nil {
		return
	}
	secret := func(j *build.RunJob) {
		j.Run.Mounts = []build.Mount{{Type: "secret", ID: "a", Target: "/run/secrets/a"}, {Type: "secret", ID: "b", Target: "/run/secrets/b"}}
		j.Mounts = []build.Mounted{{Secret: []byte("1")}, {Secret: []byte("2")}}
	}
	for _, c := range []struct {
		script, want string
		change       func(*build.RunJob)
	}{
		{"true", "", nil},
		{"cat /etc/hosts /etc/resolv.conf /etc/hostname", "", nil},
		{"echo x >/etc/hosts || true; rm -f /etc/resolv.conf || true", "", nil},
		{"echo mine >/etc/hostname", "etc etc/hostname", nil},
		{"echo x >/etc/new", "etc etc/new", nil},
		{"mkdir -p /dev/x; echo >/dev/shm/y", "", nil},
		{"test -e /run/secrets/a", "", secret},
		{"echo x >/run/secrets/c", "run run/secrets run/secrets/c", secret},
		{"umount /run/secrets/a 2>/dev/null; rm -rf /run 2>/dev/null; true", "", secret},
		{"mkdir /proc/x /sys/x 2>/dev/null; true", "", nil},
	} {
		l, out, err := s.run(c.script, c.change)
		if err != nil {
			t.Errorf("%s: %v: %s", c.script, err, out)
			continue
		}
		if got := s.layerOf(l); got != c.want {
			t.Errorf("%s: the layer has %q, want %q", c.script, got, c.want)
		}
	}
}

// A directory that was copied up from our own base looks as the image has it.
func TestEtcLooksAsInTheImage(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "etc/", Mode: 0o751}, imagetest.File{Name: "etc/dir/", Mode: 0o755})
	if s == nil {
		return
	}
	l, _ := s.must("echo x >/etc/dir/f", nil)
	at := func(key string) os.FileInfo {
		info, err := os.Stat(filepath.Join(s.dirs.Images(), "layers", key, "fs", "etc"))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	was, is := at(s.lower[len(s.lower)-1]), at(l.Key)
	if is.Mode() != was.Mode() || !is.ModTime().Equal(was.ModTime().Truncate(time.Second)) {
		t.Errorf("/etc is %v of %v, in the image %v of %v", is.Mode(), is.ModTime(), was.Mode(), was.ModTime())
	}
}

// The same step gives the same layer, whatever the clock says.
func TestEpoch(t *testing.T) {
	s := newSite(t)
	if s == nil {
		return
	}
	epoch := time.Unix(1_600_000_000, 0)
	var ids []string
	for range 2 {
		l, _ := s.must("mkdir -p /a/b; echo x >/a/b/c; echo y >/etc/d; ln -s c /a/b/e", func(j *build.RunJob) { j.Epoch = &epoch })
		ids = append(ids, l.DiffID)
		time.Sleep(1100 * time.Millisecond) // times in a layer are whole seconds
	}
	if ids[0] != ids[1] {
		t.Errorf("%s and %s", ids[0], ids[1])
	}
}

func TestUserAndDirectory(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "etc/passwd", Text: "root:x:0:0::/root:/bin/sh\napp:x:1000:1001::/home/app:/bin/sh\n"},
		imagetest.File{Name: "etc/group", Text: "app:x:1001:\nmore:x:1002:app\n"})
	if s.manyIDs() == nil {
		return
	}
	_, out := s.must("id -u; id -G; pwd; echo $HOME; echo >&1 open; echo x >/dev/stdout; echo y >/proc/self/fd/2", func(j *build.RunJob) {
		j.Run.User, j.Run.Dir, j.Run.Env = "app", "/work/dir", []string{"A=1"}
	})
	if want := "1000\n1001 1002\n/work/dir\n/home/app\nopen\nx\ny"; out != want {
		t.Errorf("it says %q, want %q", out, want)
	}
	if _, _, err := s.run("true", func(j *build.RunJob) { j.Run.User = "nobody-here" }); err == nil {
		t.Error("an unknown user is somebody")
	}
}

func TestWorkdir(t *testing.T) {
	s := newSite(t, imagetest.File{Name: "etc/passwd", Text: "app:x:1000:1001::/home/app:/bin/sh\n"})
	if s.manyIDs() == nil {
		return
	}
	make := func(path, user string, lower ...string) build.Layer {
		t.Helper()
		l, err := s.w.MakeDir(t.Context(), &build.MakeDirJob{Lower: append(s.lower, lower...), MakeDir: &build.MakeDir{Path: path, User: user}})
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	l := make("/a/b", "app")
	if l.Empty || s.layerOf(l) != "a a/b" {
		t.Errorf("it has %q", s.layerOf(l))
	}
	_, out := s.must("stat -c '%u:%g %a' /a/b", s.above(l))
	if out != "1000:1001 755" {
		t.Errorf("it belongs to %s", out)
	}
	if l := make("/a/b", "", l.Key); !l.Empty {
		t.Error("a directory that is there is a layer")
	}
}
