package rootless

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/state"
	"github.com/mocker-compose/mocker-compose/internal/wire"
	"github.com/mocker-compose/mocker-compose/rootless/program"
)

// background is for the fake supervisor, which no test's context reaches.
var background = context.Background()

// world is a run and data dir with one project up in it.
type world struct {
	t    *testing.T
	dirs state.Dirs
	said []string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	dir, err := os.MkdirTemp("", "holders")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, dirs: state.Dirs{Run: dir + "/run", Data: dir + "/data"}}
	t.Cleanup(func() {
		w.endAll()
		os.RemoveAll(dir)
	})
	return w
}

func (w *world) ensure(project string) error {
	err := EnsureProject(w.t.Context(), w.dirs, project, func(s string) { w.said = append(w.said, s) })
	if err != nil {
		skipWithoutUserNamespaces(w.t, err)
	}
	return err
}

func (w *world) up(project string) *HolderClient {
	w.t.Helper()
	if err := w.ensure(project); err != nil {
		w.t.Fatal(err)
	}
	h, err := ConnectHolder(w.t.Context(), w.dirs, project)
	if err != nil {
		w.t.Fatal(err)
	}
	return h
}

// endAll ends every holder and waits for the user holder's end.
func (w *world) endAll() {
	entries, _ := os.ReadDir(w.dirs.ProjectsRun())
	for _, e := range entries {
		if f := listener(w.dirs.HolderSocket(e.Name())); f != nil {
			_ = sendSignal(f, unix.SIGKILL)
			waitReadable(f)
			f.Close()
		}
	}
	if f := listener(w.dirs.UserSocket()); f != nil {
		waitReadable(f)
		f.Close()
	}
}

func kill(t *testing.T, socket string) *os.File {
	t.Helper()
	f := listener(socket)
	if f == nil {
		t.Fatalf("nobody listens on %s", socket)
	}
	if err := sendSignal(f, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitReadable(f)
	return f
}

// eventually waits for ok, bounded far beyond what it takes.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("not within 10 s: %s", what)
}

// start launches a shell line in a pid namespace of its own.
func start(t *testing.T, h *HolderClient, name, line string, out *os.File) *Child {
	t.Helper()
	var p program.Program
	p.Do("close", unix.SYS_CLOSE_RANGE, 3, uint32(0xffffffff), unix.CLOSE_RANGE_CLOEXEC)
	p.Do("execute", unix.SYS_EXECVE, "/bin/sh", []string{"sh", "-c", line}, []string{"PATH=/bin:/usr/bin"})
	img, err := p.Image(4, UsePortable())
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	if out == nil {
		out = null
	}
	c, err := h.Start(Launch{Name: name, Files: []*os.File{null, out, null, img, null}, Clone: unix.CLONE_NEWPID, Portable: UsePortable()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestStoreAndTableOutliveTheSupervisor(t *testing.T) {
	w := newWorld(t)
	h := w.up("p1")
	r, wr, _ := os.Pipe()
	defer r.Close()
	if err := h.Keep("log/a", wr); err != nil {
		t.Fatal(err)
	}
	wr.Close()
	living := start(t, h, "a/1", "sleep 1000", nil)
	ended := start(t, h, "b/1", "exit 3", nil)
	if info := <-ended.Done; ExitCode(unix.WaitStatus(info.Status)) != 3 {
		t.Errorf("exit told: %+v", info)
	}
	h.Close()
	kill(t, w.dirs.APISocket("p1")).Close()
	eventually(t, "the supervisor was started again", func() bool { return w.ensure("p1") == nil && listener(w.dirs.APISocket("p1")) != nil })

	h = w.up("p1")
	defer h.Close()
	kept, err := h.Kept()
	if err != nil {
		t.Fatal(err)
	}
	if kept["log/a"] == nil || kept[RouterName] == nil {
		t.Errorf("kept: %v", kept)
	}
	list, err := h.Children()
	if err != nil {
		t.Fatal(err)
	}
	names := func(living bool) (out []string) {
		for _, c := range list {
			if (c.Pidfd != nil) == living {
				out = append(out, c.Name)
			}
		}
		return out
	}
	if !slices.Equal(names(true), []string{"a/1"}) || !slices.Equal(names(false), []string{"b/1"}) {
		t.Errorf("living %v, ended %v", names(true), names(false))
	}
	if err := h.Forget("b/1"); err != nil {
		t.Error(err)
	}
	for _, c := range list {
		if c.Name == "a/1" {
			_ = c.Signal(unix.SIGKILL)
			if info := <-c.Done; ExitCode(unix.WaitStatus(info.Status)) != 137 {
				t.Errorf("adopted child's exit: %+v", info)
			}
		}
	}
	living.Pidfd.Close()
	if list, err := h.Children(); err != nil || len(list) != 1 {
		t.Errorf("table after forget: %v %v", list, err)
	}
	if err := h.Drop("log/a"); err != nil {
		t.Error(err)
	}
	if kept, _ := h.Kept(); kept["log/a"] != nil {
		t.Error("still kept after drop")
	}
	kept["log/a"].Close()
	if _, err := r.Read(make([]byte, 1)); err == nil || err.Error() != "EOF" {
		t.Errorf("an end of the pipe is still open somewhere: %v", err)
	}
}

func TestHolderDeathEndsEverything(t *testing.T) {
	w := newWorld(t)
	h := w.up("p2")
	defer h.Close()
	children := make([]*Child, 0, 8)
	for i := range 8 {
		children = append(children, start(t, h, string(rune('a'+i))+"/1", "trap '' TERM HUP; (setsid sleep 1000 &); sleep 1000", nil))
	}
	kill(t, w.dirs.HolderSocket("p2")).Close()
	for _, c := range children {
		waitReadable(c.Pidfd) // returns when the kernel has killed it
		c.Pidfd.Close()
	}
	<-h.Gone()
	if err := h.Drop("x"); !errors.Is(err, ErrHolderGone) {
		t.Errorf("a call to a dead holder: %v", err)
	}
	eventually(t, "the run dir is clean", func() bool {
		_, err := os.Stat(w.dirs.ProjectRun("p2"))
		return os.IsNotExist(err)
	})
	if err := w.ensure("p2"); err != nil {
		t.Errorf("after the holder's death: %v", err)
	}
}

func TestUserHolderDeathEndsNothing(t *testing.T) {
	w := newWorld(t)
	h := w.up("p3")
	defer h.Close()
	c := start(t, h, "a/1", "sleep 1000", nil)
	defer c.Pidfd.Close()
	before := userNamespaceOf(t, w.dirs.UserSocket())
	kill(t, w.dirs.UserSocket()).Close()
	w.said = nil
	if err := w.ensure("p3"); err != nil {
		t.Fatal(err)
	}
	if len(w.said) != 1 || !strings.Contains(w.said[0], "taken over") {
		t.Errorf("said %q", w.said)
	}
	if after := userNamespaceOf(t, w.dirs.UserSocket()); after != before {
		t.Errorf("user namespace %s, was %s", after, before)
	}
	kill(t, w.dirs.APISocket("p3")).Close()
	eventually(t, "the new user holder watches the survivor", func() bool { return listener(w.dirs.APISocket("p3")) != nil })
	if err := c.Signal(0); err != nil {
		t.Errorf("the child did not survive: %v", err)
	}
	if err := w.ensure("p4"); err != nil {
		t.Errorf("another project in the same user namespace: %v", err)
	}
}

func userNamespaceOf(t *testing.T, socket string) string {
	t.Helper()
	c, err := wire.Dial(t.Context(), socket)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	pid, err := c.PeerPID()
	if err != nil {
		t.Fatal(err)
	}
	link, err := os.Readlink("/proc/" + itoa(pid) + "/ns/user")
	if err != nil {
		t.Skipf("cannot see the user namespace of a process of ours: %v", err)
	}
	return link
}

func TestEndLeavesNothing(t *testing.T) {
	w := newWorld(t)
	h := w.up("p5")
	start(t, h, "a/1", "sleep 1000", nil).Pidfd.Close()
	user := listener(w.dirs.UserSocket())
	if err := h.End(); err != nil {
		t.Fatal(err)
	}
	h.Close()
	waitReadable(user) // the last project has ended, so it ends
	user.Close()
	if _, err := os.Stat(w.dirs.UserSocket()); !os.IsNotExist(err) {
		t.Errorf("the user holder's socket is left: %v", err)
	}
}

func TestErrorsReachTheCommand(t *testing.T) {
	w := newWorld(t)
	if err := w.ensure("broken"); err == nil || !strings.Contains(err.Error(), "no such luck") {
		t.Errorf("got %v", err)
	}
}

func TestBadLaunch(t *testing.T) {
	w := newWorld(t)
	h := w.up("p6")
	defer h.Close()
	for name, l := range map[string]Launch{
		"no files":   {Name: "x"},
		"no name":    {Files: []*os.File{os.Stdin, os.Stdin, os.Stdin, os.Stdin}},
		"bad image":  {Name: "x", Files: []*os.File{os.Stdin, os.Stdin, os.Stdin, os.Stderr}},
		"bad socket": {Name: "x", Files: []*os.File{os.Stdin, os.Stdin, os.Stdin, os.Stdin}, HandOver: 9},
	} {
		if c, err := h.Start(l); err == nil {
			t.Errorf("%s: started %+v", name, c.ChildInfo)
		}
	}
	c := start(t, h, "a/1", "sleep 1000", nil)
	defer c.Pidfd.Close()
	if _, err := h.Start(Launch{Name: "a/1", Files: []*os.File{os.Stdin, os.Stdin, os.Stdin, os.Stdin}}); err == nil {
		t.Error("two children of one name")
	}
}

func TestFilesAreLentToOthers(t *testing.T) {
	w := newWorld(t)
	h := w.up("p1")
	defer h.Close()
	r, wr, _ := os.Pipe()
	defer r.Close()
	if err := h.Keep("x/a", wr); err != nil {
		t.Fatal(err)
	}
	wr.Close()
	if err := h.Drop("nothing"); err != nil { // keeping does not wait
		t.Fatal(err)
	}
	files, lives, err := Borrow(t.Context(), w.dirs, "p1", "x/a", "x/b", RouterName)
	if err != nil || !lives || len(files) != 2 || files["x/a"] == nil || files[RouterName] == nil {
		t.Fatalf("%v, %v, %v", files, lives, err)
	}
	if _, err := files["x/a"].Write([]byte("x")); err != nil {
		t.Error(err)
	}
	closeFiles([]*os.File{files["x/a"], files[RouterName]})
	if files, lives, err := Borrow(t.Context(), w.dirs, "p2", "x/a"); len(files) > 0 || lives || err != nil {
		t.Errorf("of a project that is not there: %v, %v, %v", files, lives, err)
	}
}
