package ownfiles

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/project"
)

// needsRoot skips where files cannot be given to others. As a plain user, with
// subordinate ids, the scenarios of e2e show the same.
func needsRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root gives files to other ids")
	}
}

// world is an image with a user "server" (999:998), whose /data is that user's, and
// directories of the user's of which "theirs" was written by 999.
type world struct {
	t    *testing.T
	top  string
	root *os.File
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, top: t.TempDir()}
	w.dir("image/etc", 0)
	w.file("image/etc/passwd", "root:x:0:0::/:/bin/sh\nserver:x:999:998::/:/bin/sh\n")
	w.file("image/etc/group", "server:x:998:\n")
	w.dir("image/data", 999)
	w.dir("image/logs", 999)
	w.dir("image/other", 1234)
	w.dir("image/app", 0)
	dirs := map[string]int{"mine": 0, "theirs": 999, "mixed": 0, "mixed/a": 999, "mixed/b": 0, "mixed/c": 0, "deep": 0, "deep/x": 0, "deep/x/y": 999, "deep/x/y/z": 999, "deep/x/y/z/1": 999, "below": 0, "below/x": 0, "below/y": 0, "below/x/z": 999, "system": 7}
	for _, dir := range slices.Sorted(maps.Keys(dirs)) {
		w.dir(dir, dirs[dir])
	}
	w.file("file", "x")
	f, err := os.Open(filepath.Join(w.top, "image"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	w.root = f
	return w
}

func (w *world) dir(name string, uid int) {
	w.t.Helper()
	path := filepath.Join(w.top, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.Chown(path, uid, uid); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) file(name, text string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(w.top, name), []byte(text), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// data reads "SOURCE:TARGET[:ro]"; a source with a "@" is a volume, "-" does not exist.
func (w *world) data(mounts string) (list []Data, of []project.Mount) {
	for m := range strings.FieldsSeq(mounts) {
		parts := strings.Split(m, ":")
		source, volume := strings.CutPrefix(parts[0], "@")
		d := Data{Target: parts[1], Path: filepath.Join(w.top, source), Shown: source, Volume: volume, Write: len(parts) < 3}
		kind := project.MountBind
		if volume {
			kind = project.MountVolume
		}
		if source == "-" {
			d.Path = ""
		}
		list, of = append(list, d), append(of, project.Mount{Type: kind, Source: source, Target: parts[1]})
	}
	return list, of
}

func says(words ...string) func(*project.Service) {
	return func(s *project.Service) { s.Command = words }
}

// decide is what comes of a service that has nothing in common with others.
func decide(w *Wanted) (exchange.IDs, string, error) {
	x, says, err := w.Wish()
	if err != nil {
		return x, says, err
	}
	x, more, err := w.Check(x)
	return x, cmp.Or(more, says), err
}

func TestDecide(t *testing.T) {
	needsRoot(t)
	w := newWorld(t)
	entry := []string{"/entrypoint"}
	for _, c := range []struct {
		name          string
		asked         string
		user, ofImage string
		entrypoint    []string
		mounts        string
		change        func(*project.Service)
		want          string // ids, "0:0" = none
		says          string
		fails         string
	}{
		// Somebody else than root from the beginning.
		{name: "user", user: "server", mounts: "mine:/app", want: "999:998"},
		{name: "number", user: "1000", mounts: "mine:/app", want: "1000:0"},
		{name: "number with group", user: "1000:1001", mounts: "mine:/app", want: "1000:1001"},
		{name: "of the image", ofImage: "server", mounts: "mine:/app:ro", want: "999:998"},
		{name: "a file", user: "server", mounts: "file:/app/file", want: "999:998"},
		{name: "to be made", user: "server", mounts: "-:/app", want: "999:998"},
		{name: "nothing of the user's", user: "server", mounts: "system:/app", want: "0:0"},
		{name: "a volume", user: "server", mounts: "@mine:/app", want: "0:0"},
		{name: "unknown user", user: "nobody-here", mounts: "mine:/app", want: "0:0"},
		{name: "network rights", user: "server", mounts: "mine:/app", change: func(s *project.Service) { s.CapAdd = []string{"NET_ADMIN"} }, want: "0:0", says: `cap_add NET_ADMIN is not possible with x-mocker.own_files. If it can do without: x-mocker: {own_files: "server"}`},
		{name: "raw sockets", user: "server", mounts: "mine:/app", change: func(s *project.Service) { s.CapAdd = []string{"cap_net_raw"} }, want: "0:0", says: "cap_add NET_RAW"},
		{name: "to trace its own", user: "server", mounts: "mine:/app", change: func(s *project.Service) { s.CapAdd = []string{"SYS_PTRACE"} }, want: "999:998"},
		{name: "devices of a user", user: "server", mounts: "mine:/app", change: func(s *project.Service) { s.Devices = []project.Device{{}} }, want: "999:998"},
		{name: "devices of root", entrypoint: entry, mounts: "mine:/data", change: func(s *project.Service) { s.Devices = []project.Device{{}} }, want: "0:0", says: "devices is not possible"},
		{name: "rights of one that reads", user: "server", mounts: "mine:/app:ro", change: func(s *project.Service) { s.CapAdd = []string{"NET_ADMIN"} }, want: "0:0"},
		{name: "foreign pids", user: "server", mounts: "mine:/app", change: func(s *project.Service) { s.PID = "service:x" }, want: "0:0", says: "pid: service:x"},
		{name: "privileged", user: "server", mounts: "mine:/app", change: func(s *project.Service) { s.Privileged = true }, want: "0:0", says: "privileged is not possible with x-mocker.own_files"},
		// Root that steps down.
		{name: "database", entrypoint: entry, mounts: "mine:/data", want: "999:998"},
		{name: "database, missing", entrypoint: entry, mounts: "-:/data", want: "999:998"},
		{name: "database with scripts", entrypoint: entry, mounts: "mine:/data mine:/docker-entrypoint-initdb.d mine:/etc/x file:/app/f", want: "999:998"},
		{name: "database, two places", entrypoint: entry, mounts: "mine:/data mine:/logs", want: "999:998"},
		{name: "database, two users", entrypoint: entry, mounts: "mine:/data mine:/other", want: "0:0"},
		{name: "root writes elsewhere", entrypoint: entry, mounts: "mine:/data mine:/app", want: "0:0"},
		{name: "root reads elsewhere", entrypoint: entry, mounts: "mine:/data mine:/app:ro", want: "999:998"},
		{name: "no entrypoint", mounts: "mine:/data", want: "0:0"},
		{name: "another entrypoint", entrypoint: entry, mounts: "mine:/data", change: func(s *project.Service) { s.Entrypoint = []string{"sh"} }, want: "0:0"},
		{name: "root by the file", entrypoint: entry, user: "0", mounts: "mine:/data", want: "0:0"},
		{name: "read only", entrypoint: entry, mounts: "mine:/data:ro", want: "0:0"},
		// Root that gives them away.
		{name: "chown", mounts: "mine:/app", change: says("sh", "-c", "chown -R server:server /app && exec su server"), want: "999:998"},
		{name: "chown by number", mounts: "mine:/app", change: says("sh", "-c", "mkdir -p /app/x; chown -R 1000:1001 /app"), want: "1000:1001"},
		{name: "chown of more", mounts: "mine:/srv/app", change: says("/bin/chown", "-R", "server", "/srv"), want: "999:998"},
		{name: "chown of what is in it", mounts: "mine:/app", change: says("sh", "-c", "(chown -R 'server' /app/*)"), want: "999:998"},
		{name: "chown of a part", mounts: "mine:/app", change: says("chown", "server", "/app/part"), want: "0:0"},
		{name: "chown of one of two", mounts: "mine:/app mine:/other", change: says("chown", "server", "/app"), want: "0:0"},
		{name: "chown to two", mounts: "mine:/app mine:/other", change: says("sh", "-c", "chown server /app; chown 1000 /other"), want: "0:0"},
		{name: "chown to root", mounts: "mine:/app", change: says("chown", "root", "/app"), want: "0:0"},
		{name: "chown to a group", mounts: "mine:/app", change: says("chown", ":1000", "/app"), want: "0:0"},
		{name: "chown to a variable", mounts: "mine:/app", change: says("sh", "-c", "chown $PUID /app"), want: "0:0"},
		{name: "chown to nobody known", mounts: "mine:/app", change: says("chown", "ghost", "/app"), want: "0:0"},
		{name: "chown of something else", mounts: "mine:/app", change: says("sh", "-c", "chown server /tmp; ls /app"), want: "0:0"},
		{name: "chown, not wanted", asked: "false", mounts: "mine:/app", change: says("chown", "server", "/app"), want: "0:0"},
		// Asked for.
		{name: "asked by name", asked: "server", mounts: "mine:/app", want: "999:998"},
		{name: "asked by number", asked: "999", mounts: "mine:/app", want: "999:998"},
		{name: "asked of nothing", asked: "server", want: "999:998"},
		{name: "asked, root", asked: "root", mounts: "mine:/app", fails: "whose files are yours"},
		{name: "asked, unknown", asked: "postgres", mounts: "mine:/app", fails: "postgres"},
		{name: "asked, found", asked: "true", mounts: "mine:/data", want: "999:998"},
		{name: "asked, not found", asked: "true", mounts: "mine:/app", fails: "name the user"},
		{name: "asked, with rights", asked: "server", mounts: "mine:/app", change: func(s *project.Service) { s.CapAdd = []string{"CAP_NET_ADMIN"} }, want: "999:998", says: "cap_add NET_ADMIN has no effect"},
		{name: "not wanted", asked: "false", user: "server", want: "0:0"},
		// Data that is there.
		{name: "written without, asked", asked: "server", mounts: "theirs:/app", fails: "chown -R --from=999 0:0"},
		{name: "written without", user: "server", mounts: "theirs:/app", want: "0:0", says: "chown -R --from=999 0:0"},
		{name: "database written without", entrypoint: entry, mounts: "theirs:/data", want: "0:0", says: "rm -sf s &&"},
		{name: "volume written without", asked: "server", mounts: "@theirs:/data", fails: "volume theirs"},
		{name: "volume that is root's", asked: "server", mounts: "@theirs:/app", want: "999:998"},
		{name: "most of it, deep", user: "server", mounts: "deep:/app", want: "0:0", says: "deep was written without"},
		{name: "most of it, asked", asked: "server", mounts: "deep:/app", fails: "chown -R --from=999 0:0"},
		{name: "some of it, deep", user: "server", mounts: "below:/app", want: "999:998", says: `"x/z", and maybe more`},
		{name: "deep, to be read", user: "server", mounts: "mine:/app deep:/b:ro", want: "999:998"},
		{name: "partly", user: "server", mounts: "mixed:/app", want: "999:998", says: `"a", and maybe more`},
		{name: "written with", asked: "false", user: "server", mounts: "theirs:/app", want: "0:0"},
		{name: "given up", asked: "false", user: "server", mounts: "mixed:/app", want: "0:0", says: "sees what is in mixed as root's"},
	} {
		svc := project.Service{Name: "s", Image: "i", OwnFiles: c.asked, User: c.user, Entrypoint: c.entrypoint}
		if c.user == "" {
			svc.User = c.ofImage
		}
		data, mounts := w.data(c.mounts)
		svc.Mounts = mounts
		if c.change != nil {
			c.change(&svc)
		}
		want := Wanted{Service: &svc, Config: &image.Config{User: c.ofImage, Entrypoint: c.entrypoint, Volumes: []string{"/data", "/logs/"}}, Root: w.root, Data: data}
		var x exchange.IDs
		var says string
		var err error
		if Candidate(&svc) {
			x, says, err = decide(&want)
		}
		switch {
		case c.fails != "":
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s: %v, want an error with %q", c.name, err, c.fails)
			}
		case err != nil || x.String() != c.want || c.says == "" && says != "" || !strings.Contains(says, c.says):
			t.Errorf("%s: %s %q %v, want %s %q", c.name, x, says, err, c.want, c.says)
		}
	}
}

// What was written while ids were exchanged is root's without: it is said how the user
// gets it.
func TestGivenUp(t *testing.T) {
	needsRoot(t)
	w := newWorld(t)
	w.file("mine/x", "x")
	data, mounts := w.data("mine:/app")
	svc := project.Service{Name: "s", Image: "i", OwnFiles: project.OwnFilesOff, User: "server", Mounts: mounts}
	want := Wanted{Service: &svc, Config: &image.Config{}, Root: w.root, Data: data}
	x, says, err := decide(&want)
	if err != nil || !x.None() || !strings.Contains(says, "chown -R --from=0 999:998 "+filepath.Join(w.top, "mine")) {
		t.Errorf("%v %q %v", x, says, err)
	}
}

// says fails unless a service of user "server" with these mounts has ids exchanged, and
// this is said.
func (w *world) says(t *testing.T, mounts, want string) {
	t.Helper()
	data, list := w.data(mounts)
	svc := project.Service{Name: "s", Image: "i", User: "server", Mounts: list}
	x, says, err := decide(&Wanted{Service: &svc, Config: &image.Config{}, Root: w.root, Data: data})
	if err != nil || x.None() || !strings.Contains(says, want) {
		t.Errorf("%s: %v %q %v, want %q", mounts, x, says, err, want)
	}
}
