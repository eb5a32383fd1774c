package delegate

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// rooms is a delegated directory, with the test in the part of a supervisor.
type rooms struct {
	t   *testing.T
	h   hierarchy
	dir string
	req Request
}

func newRooms(t *testing.T) *rooms {
	t.Helper()
	dir, ok := testns.Delegated(t)
	if !ok {
		return nil
	}
	h, err := findHierarchy()
	if err != nil {
		t.Skip(err)
	}
	r := &rooms{t: t, h: h, dir: dir}
	before := r.of(os.Getpid())
	t.Cleanup(func() { r.enter(before, os.Getpid()) })
	r.req = Request{Project: "demo", Record: filepath.Join(t.TempDir(), "cgroup.json"), Holder: r.process(), Supervisor: os.Getpid()}
	return r
}

// process starts one that does nothing, and ends with the test.
func (r *rooms) process() int {
	r.t.Helper()
	cmd := exec.CommandContext(r.t.Context(), "sleep", "1000")
	if err := cmd.Start(); err != nil {
		r.t.Skip(err)
	}
	done := make(chan struct{})
	go func() { _ = cmd.Wait(); close(done) }() // it is killed
	r.t.Cleanup(func() { <-done })
	return cmd.Process.Pid
}

func (r *rooms) of(pid int) string {
	r.t.Helper()
	dir, err := r.h.dirOf(pid)
	if err != nil {
		r.t.Fatal(err)
	}
	return dir
}

func (r *rooms) enter(dir string, pid int) {
	r.t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
		r.t.Error(err)
	}
}

func (r *rooms) obtain() Delegation {
	r.t.Helper()
	d, err := Obtain(r.t.Context(), r.req)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, pid := range []int{r.req.Holder, r.req.Supervisor} {
		if got := r.of(pid); got != d.Dir+"/"+Holder {
			r.t.Errorf("process %d is in %s, not in the leaf of %s", pid, got, d.Dir)
		}
	}
	r.empty(d.Dir)
	return d
}

func (r *rooms) empty(dir string) {
	r.t.Helper()
	if b, err := os.ReadFile(filepath.Join(dir, "cgroup.procs")); err != nil || len(b) > 0 {
		r.t.Errorf("in %s itself: %q %v", dir, b, err)
	}
}

func (r *rooms) gone(dir string) {
	r.t.Helper()
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		r.t.Errorf("%s is still there: %v", dir, err)
	}
}

// A directory that was handed over: D is below, is found again, is made anew for the
// next holder, and goes.
func TestHandedOver(t *testing.T) {
	r := newRooms(t)
	if r == nil {
		return
	}
	t.Setenv(HandOver, r.dir)
	from := r.of(os.Getpid())
	d := r.obtain()
	if d.By != ByHandedOver || d.Dir != filepath.Join(r.dir, "mocker-compose-demo") {
		t.Fatalf("%+v", d)
	}
	r.enter(from, os.Getpid()) // the next supervisor is born elsewhere
	if again := r.obtain(); again.Dir != d.Dir || again.Inode != d.Inode {
		t.Errorf("found again: %+v, was %+v", again, d)
	}
	if err := os.Remove(r.req.Record); err != nil {
		t.Fatal(err)
	}
	r.enter(from, os.Getpid())
	if again := r.obtain(); again.Dir != d.Dir || again.Inode != d.Inode {
		t.Errorf("without a record: %+v, was %+v", again, d)
	}
	run := filepath.Join(d.Dir, "web-1.1")
	if err := os.MkdirAll(filepath.Join(run, "below"), 0o755); err != nil {
		t.Fatal(err)
	}
	r.enter(filepath.Join(run, "below"), r.process())
	r.enter(from, os.Getpid())
	r.req.Holder = r.process()
	next := r.obtain()
	if next.Inode == d.Inode {
		t.Error("the directory of a holder that died is used again")
	}
	r.gone(run)
	r.enter(filepath.Join(next.Dir, Holder), r.process()) // a helper that stays behind
	if err := next.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.gone(next.Dir)
	if got := r.of(os.Getpid()); got != from {
		t.Errorf("we are in %s, came from %s", got, from)
	}
	if err := next.Release(t.Context()); err != nil {
		t.Errorf("once more: %v", err)
	}
}

// What nobody released is swept by its record, and only what that is about.
func TestSweep(t *testing.T) {
	r := newRooms(t)
	if r == nil {
		return
	}
	t.Setenv(HandOver, r.dir)
	from := r.of(os.Getpid())
	d := r.obtain()
	r.enter(from, os.Getpid())
	if err := Sweep(r.req.Record); err != nil {
		t.Fatal(err)
	}
	r.gone(d.Dir)
	if err := os.Mkdir(d.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if inode(d.Dir) == d.Inode {
		t.Skip("the kernel gives inodes again")
	}
	if err := Sweep(r.req.Record); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(d.Dir); err != nil {
		t.Errorf("another directory of the same name was swept: %v", err)
	}
	if err := Sweep(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
}

// The current cgroup is divided, and put together again.
func TestCurrent(t *testing.T) {
	r := newRooms(t)
	if r == nil {
		return
	}
	t.Setenv("MOCKER_FORCE_NO_SYSTEMD", "1")
	t.Setenv(HandOver, "")
	r.enter(r.dir, os.Getpid())
	r.enter(r.dir, r.req.Holder)
	d := r.obtain()
	if d.By != ByCurrent || d.Dir != filepath.Join(r.dir, "mocker-compose-demo") {
		t.Fatalf("%+v", d)
	}
	r.empty(r.dir)
	if err := Tidy(); err != nil || r.of(os.Getpid()) != d.Dir+"/"+Holder {
		t.Errorf("a supervisor tidied up: %v", err)
	}
	if err := d.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	leaf := filepath.Join(r.dir, userLeaf)
	if got := r.of(os.Getpid()); got != leaf {
		t.Fatalf("we are in %s, want %s", got, leaf)
	}
	other := filepath.Join(r.dir, "mocker-compose-other")
	if err := os.Mkdir(other, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := Tidy(); err != nil || r.of(os.Getpid()) != leaf {
		t.Errorf("another project's cgroup was pulled down: %v", err)
	}
	if err := os.Remove(other); err != nil {
		t.Fatal(err)
	}
	if err := Tidy(); err != nil {
		t.Fatal(err)
	}
	r.gone(leaf)
	if got := r.of(os.Getpid()); got != r.dir {
		t.Errorf("we are in %s, want %s", got, r.dir)
	}
}

// With somebody else in it the current cgroup stays as it is, for all reasons.
func TestCurrentOfOthers(t *testing.T) {
	r := newRooms(t)
	if r == nil {
		return
	}
	t.Setenv("MOCKER_FORCE_NO_SYSTEMD", "1")
	t.Setenv(HandOver, "")
	refused := func(why string, words ...string) {
		t.Helper()
		_, err := Obtain(t.Context(), r.req)
		var none *NoneError
		if !errors.As(err, &none) {
			t.Fatalf("%s: %v", why, err)
		}
		for _, w := range words {
			if !strings.Contains(none.Cause+none.Remedy, w) {
				t.Errorf("%s: %q is missing in %+v", why, w, none)
			}
		}
		if got := r.of(os.Getpid()); got != r.dir {
			t.Errorf("%s: we were moved to %s", why, got)
		}
	}
	r.enter(r.dir, os.Getpid())
	r.enter(r.dir, r.req.Holder)
	stranger := r.process()
	r.enter(r.dir, stranger)
	refused("a stranger", "sleep, process "+strconv.Itoa(stranger))
	r.enter(filepath.Join(filepath.Dir(r.dir), "testing"), stranger)
	theirs := filepath.Join(r.dir, "theirs")
	if err := os.Mkdir(theirs, 0o755); err != nil {
		t.Fatal(err)
	}
	refused("a group of others", "groups of somebody else in it (theirs)")
	if err := os.Remove(theirs); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(r.dir, "cgroup.subtree_control"), 0o444); err != nil {
		t.Fatal(err)
	}
	refused("not ours", "cgroup.subtree_control is not ours to write")
}

// Nobody answers for systemd: a role that says nothing, rubbish, or ends.
func TestRoleThatFails(t *testing.T) {
	for name, role := range map[string]Starter{
		"silent": func(context.Context, []string, [3]*os.File, bool) (int, error) { return 0, nil },
		"rubbish": func(_ context.Context, _ []string, io [3]*os.File, _ bool) (int, error) {
			io[1].WriteString("{")
			return 0, nil
		},
		"fails": func(_ context.Context, _ []string, io [3]*os.File, _ bool) (int, error) {
			io[1].WriteString("{}")
			return 2, nil
		},
		"cannot": func(context.Context, []string, [3]*os.File, bool) (int, error) { return 0, os.ErrPermission },
	} {
		if a, err := ask(t.Context(), role, Question{}); err == nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if a, err := ask(ctx, func(context.Context, []string, [3]*os.File, bool) (int, error) { return 137, nil }, Question{}); !errors.Is(err, context.Canceled) {
		t.Errorf("killed: %+v %v", a, err)
	}
}
