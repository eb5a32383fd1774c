package copycmd

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
	"github.com/mocker-compose/mocker-compose/internal/copytar"
	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// world is one with files in its containers.
type world struct {
	*clienttest.World
	t *testing.T
}

// cpWorld has two containers of web, whose file systems are directories.
func cpWorld(t *testing.T) (w *world, roots map[string]string) {
	w = &world{World: clienttest.New(t), t: t}
	roots = map[string]string{}
	var cs []api.Container
	for n, name := range []string{"demo-web-1", "demo-web-2"} {
		c := clienttest.Running("demo", "web")
		c.Name, c.Number = name, n+1
		cs = append(cs, c)
		roots[name] = t.TempDir()
		put(t, filepath.Join(roots[name], "etc/conf"), "of "+name)
	}
	cs[1].State = "exited"
	once := clienttest.Running("demo", "web")
	once.Name, once.OneOff = "demo-web-run-1", true
	cs = append([]api.Container{once}, cs...)
	roots[once.Name] = t.TempDir()
	put(t, filepath.Join(roots[once.Name], "etc/conf"), "of "+once.Name)
	w.Serve("demo", func(c *wire.Conn, r *api.Request, files []*os.File) {
		if r.Op != api.OpCopy {
			_ = c.Send(api.Answer{PS: cs, Done: true})
			return
		}
		err := w.containerSide(roots[r.Copy.Container], r.Copy, files[0])
		files[0].Close()
		a := api.Answer{Done: true}
		if err != nil {
			a.Error = &api.Error{Message: err.Error()}
		}
		_ = c.Send(a)
	})
	return w, roots
}

func (w *world) containerSide(dir string, req *api.CopyRequest, stream *os.File) error {
	root, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	if !req.In {
		return copytar.Pack(w.t.Context(), stream, root, req.Path, req.Follow)
	}
	_, err = copytar.Unpack(w.t.Context(), stream, root, req.Path, copytar.Options{Archive: req.Archive})
	return err
}

func put(t *testing.T, path, text string) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = os.WriteFile(path, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func wantFile(t *testing.T, path, want string) {
	t.Helper()
	if b, err := os.ReadFile(path); err != nil || string(b) != want {
		t.Errorf("%s: %q, %v; want %q", path, b, err, want)
	}
}

func (w *world) cp(o *Options, args ...string) error {
	w.t.Helper()
	return Copy(clienttest.Bounded(w.t), w.Env, client.Target{Name: "demo"}, o, args)
}

func TestCopyOut(t *testing.T) {
	w, _ := cpWorld(t)
	t.Chdir(t.TempDir())
	for _, err := range []error{
		w.cp(&Options{}, "web:/etc/conf", "one"),
		w.cp(&Options{Index: 2}, "web:etc/conf", "./two:2"),
		w.cp(&Options{}, "web:/etc", "."),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	wantFile(t, "one", "of demo-web-1")
	wantFile(t, "two:2", "of demo-web-2")
	wantFile(t, "etc/conf", "of demo-web-1")
	clienttest.WantOutput(t, "stderr", w.Err, ` Container demo-web-1  Copying demo-web-1:/etc/conf to one
 Container demo-web-1  Copied demo-web-1:/etc/conf to one
 Container demo-web-2  Copying demo-web-2:etc/conf to ./two:2
 Container demo-web-2  Copied demo-web-2:etc/conf to ./two:2
 Container demo-web-1  Copying demo-web-1:/etc to .
 Container demo-web-1  Copied demo-web-1:/etc to .
`)
}

func TestCopyIn(t *testing.T) {
	w, roots := cpWorld(t)
	here := t.TempDir()
	t.Chdir(here)
	put(t, "conf", "new")
	if err := w.cp(&Options{}, "conf", "web:/etc/conf"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, roots["demo-web-1"]+"/etc/conf", "new")
	wantFile(t, roots["demo-web-2"]+"/etc/conf", "new")
	put(t, "conf", "newer")
	if err := w.cp(&Options{Index: 2, Archive: true}, here+"/conf", "web:/etc/"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, roots["demo-web-1"]+"/etc/conf", "new")
	wantFile(t, roots["demo-web-2"]+"/etc/conf", "newer")
	if all := w.Asked(api.OpCopy); !all[len(all)-1].Copy.Owners || all[0].Copy.Owners {
		t.Errorf("asked for owners: %+v, then %+v", all[0].Copy, all[len(all)-1].Copy)
	}
}

// TestCopyStream: "-" is an archive, and every replica gets all of it.
func TestCopyStream(t *testing.T) {
	w, roots := cpWorld(t)
	if err := w.cp(&Options{}, "web:/etc", "-"); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Stdin.WriteString(clienttest.Printed(t, w.Out)); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Stdin.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	for _, dir := range roots {
		if err := os.Mkdir(filepath.Join(dir, "srv"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.cp(&Options{}, "-", "web:/srv"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, roots["demo-web-1"]+"/srv/etc/conf", "of demo-web-1")
	wantFile(t, roots["demo-web-2"]+"/srv/etc/conf", "of demo-web-1")
	once := roots["demo-web-run-1"] + "/srv/etc/conf"
	if _, err := os.Stat(once); err == nil {
		t.Error("a container that run made was given the files without --all")
	}
	if _, err := w.Stdin.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	if err := w.cp(&Options{All: true}, "-", "web:/srv"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, once, "of demo-web-1")
}

func TestCopyRefuses(t *testing.T) {
	w, roots := cpWorld(t)
	t.Chdir(t.TempDir())
	put(t, "file", "x")
	if err := os.Mkdir("dir", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		src, dst string
		o        Options
		err      string
	}{
		{src: "web:/etc", dst: "web:/srv", err: "copying between services is not supported"},
		{src: "file", dst: "other", err: "unknown copy direction"},
		{src: "file", dst: "web:", err: "a path must follow"},
		{src: "file", dst: "nope:/etc", err: "no such service: nope"},
		{src: "file", dst: "web:/etc", o: Options{Index: 3}, err: `service "web" is not running container #3`},
		{src: "missing", dst: "web:/etc", err: "could not find the file"},
		{src: "dir", dst: "web:/etc/conf", err: "which is a file"},
		{src: "file", dst: "web:/no/such", err: "the directory of destination"},
		{src: "web:/missing", dst: "out", err: "could not find the file /missing"},
		{src: "web:/etc", dst: "file", err: "which is a file"},
		{src: "web:/etc/conf", dst: "no/such", err: "the directory of destination"},
		{src: "web:/etc/conf", dst: "new/", err: "does not exist"},
	} {
		if err := w.cp(&tt.o, tt.src, tt.dst); err == nil || !strings.Contains(err.Error(), tt.err) {
			t.Errorf("cp %s %s: error %v, want %q", tt.src, tt.dst, err, tt.err)
		}
	}
	if err := w.cp(&Options{}, "file"); !errors.Is(err, client.ErrUnread) {
		t.Errorf("one argument: %v", err)
	}
	wantFile(t, roots["demo-web-1"]+"/etc/conf", "of demo-web-1")
	wantFile(t, "file", "x")
}

func TestSides(t *testing.T) {
	for arg, want := range map[string]side{
		"web:/etc": {"web", "/etc"}, "web:etc:x": {"web", "etc:x"}, "-": {"", "-"}, "/a:b": {"", "/a:b"},
		"./a:b": {"", "./a:b"}, "../a:b": {"", "../a:b"}, "file": {"", "file"}, "web:": {"web", ""},
	} {
		if got := parseSide(arg); got != want {
			t.Errorf("%s: %+v, want %+v", arg, got, want)
		}
	}
	t.Chdir("/tmp")
	for path, want := range map[string]string{".": "/tmp/.", "a/": "/tmp/a/", "a/.": "/tmp/a/.", "a": "/tmp/a", "/": "/", "..": "/", "/x/../y": "/y"} {
		if got, err := absolute(path); got != want || err != nil {
			t.Errorf("%s is %s, %v; want %s", path, got, err, want)
		}
	}
}

func TestSpool(t *testing.T) {
	f, err := spool(bytes.NewReader([]byte("archive")))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := os.Lstat(f.Name()); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s is left", f.Name())
	}
}
