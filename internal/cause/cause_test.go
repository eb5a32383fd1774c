package cause

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

// A cause goes through wraps and over processes: as lines, and as one line.
func TestErrorCarriesItsCause(t *testing.T) {
	e := &Error{"make it", syscall.EPERM, Cause{ID: "x", What: "somebody forbids it", Remedy: []string{"sudo a", "sudo b"}, Note: "then log in again", Keep: "sudo keep", Lost: "everything"}}
	err := fmt.Errorf("start p: %w", e)
	if want := "start p: make it: operation not permitted: somebody forbids it"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if got, want := Line(err), err.Error()+"; mend it with: sudo a && sudo b, then log in again"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !errors.Is(err, syscall.EPERM) {
		t.Error("the kernel's answer is lost")
	}
	var b bytes.Buffer
	Advise(&b, err)
	const want = "  mend   sudo a\n         sudo b\n         then log in again\n  keep   sudo keep\n  lost   everything\n  mocker-compose doctor shows all\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
	if got := Line(syscall.EIO); got != syscall.EIO.Error() {
		t.Errorf("an error without a cause: %q", got)
	}
}

// A command of several lines does not fit into one: the line says who has it.
func TestMendOfSeveralLines(t *testing.T) {
	c := Cause{What: "w", Remedy: []string{"tee x <<'EOF'\ntext\nEOF", "sudo b"}}
	if got := c.String(); got != "w; mend it with: mocker-compose doctor has the commands" {
		t.Errorf("%q", got)
	}
	if got, want := c.Block("  "), "  cause  w\n  mend   tee x <<'EOF'\ntext\nEOF\n         sudo b\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// What the kernel answers is known by itself only where it has one meaning.
func TestKnown(t *testing.T) {
	at := func(op, path string, err error) error { return &os.PathError{Op: op, Path: path, Err: err} }
	for _, c := range []struct {
		err error
		id  string
	}{
		{at("write", "/home/ann/.local/share/mocker-compose/x", syscall.ENOSPC), "disk-full"},
		{at("write", "/home/ann/x", syscall.EDQUOT), "disk-full"},
		{fmt.Errorf("save: %w", at("open", "/x", syscall.EMFILE)), "nofile-low"},
		{at("open", "/x", syscall.ENFILE), "file-max"},
		{at("write", "/sys/fs/cgroup/x/cpuset.cpus", syscall.ENOSPC), ""},
		{os.NewSyscallError("unshare", syscall.ENOSPC), ""},
		{syscall.EAGAIN, ""},
		{errors.New("no"), ""},
	} {
		if got, ok := Known(c.err); got.ID != c.id || ok != (c.id != "") {
			t.Errorf("%v: %q %v, want %q", c.err, got.ID, ok, c.id)
		}
	}
	defer Ours("", "")
	Ours("/run/user/1000/mocker-compose", "/data")
	for path, want := range map[string]string{"/run/user/1000/mocker-compose/x": RuntimeDir, "/data/p/x": DataHome, "/mnt/usb/x": "make room on it"} {
		c, ok := Known(at("write", path, syscall.ENOSPC))
		if !ok || !strings.Contains(c.Note, want) || strings.Contains(strings.Join(c.Remedy, " "), "prune") != (want == DataHome) {
			t.Errorf("%s: %+v", path, c)
		}
	}
}

func TestChrooted(t *testing.T) {
	const machine = "24 1 8:1 / / rw - ext4 a rw\n30 24 0:21 / /proc rw - proc proc rw\n"
	for name, c := range map[string]struct {
		own string
		is  bool
	}{
		"no":              {machine, false},
		"directory":       {"30 24 0:21 / /proc rw - proc proc rw\n", true},
		"mount":           {"50 24 8:3 / / rw - ext4 b rw\n30 50 0:21 / /proc rw - proc proc rw\n", true},
		"other namespace": {"124 1 8:1 / / rw - ext4 a rw\n130 124 0:21 / /proc rw - proc proc rw\n", false},
		"nothing seen":    {"", false},
	} {
		h := aHost(t, map[string]string{"/proc/self/mountinfo": c.own, "/proc/1/mountinfo": machine})
		if got := chrooted(h); got != c.is {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Whatever is in the files, the range that the remedy gives is nobody's yet.
func FuzzFreeRange(f *testing.F) {
	f.Add("ann:100000:65536\nbob:165536:65536\n", "ldap:x:240000:1::/:/bin/sh\n")
	f.Add("a:0:4294967295\n", "")
	f.Add("a:100005:7\nb:100000:200000\n#:1:1\nx\n::\n", "a:b\n:x:-5\n")
	f.Fuzz(func(t *testing.T, subs, users string) {
		h := aHost(t, map[string]string{"/etc/subuid": subs, "/etc/subgid": "", "/etc/passwd": users, "/etc/group": ""})
		free := idSpan{First: freeRange(h), Count: enoughIDs}
		for _, s := range append(spans(subs), accounts(users)...) {
			if free.overlaps(s) {
				t.Errorf("%v is said to be free, but %s has %v", free, s.Who, s)
			}
		}
		c, bad := SubordinateIDs(h)
		if bad && len(c.Remedy) == 0 {
			t.Errorf("no remedy: %+v", c)
		}
	})
}

// What a process of ours has told in words has a cause if there is no room.
func TestTold(t *testing.T) {
	err := Told(errors.New(`copy "/big": no space left on device`), Data("/d"))
	if !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), `copy "/big": no space left on device: `) {
		t.Errorf("%v", err)
	}
	if c, ok := Known(err); !ok || c.ID != "disk-full" {
		t.Errorf("%+v", c)
	}
	other := fmt.Errorf("no space left on device, says the registry: %w", context.Canceled)
	if err := Told(other, Data("/d")); err != other {
		t.Errorf("%v", err)
	}
}
