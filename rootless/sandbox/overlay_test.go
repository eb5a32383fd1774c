package sandbox

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// stack makes n layers below a directory with a long name: each has a file of
// its own, and all have "who".
func stack(t *testing.T, n int) Layers {
	t.Helper()
	base := filepath.Join(t.TempDir(), strings.Repeat("long:name\\", 12), strings.Repeat("d", 200))
	l := Layers{Upper: filepath.Join(base, "upper"), Work: filepath.Join(base, "work")}
	for _, d := range []string{l.Upper, l.Work} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for i := range n {
		dir := filepath.Join(base, fmt.Sprint("layer", i))
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{fmt.Sprint("file", i): "", "who": fmt.Sprint(i)} {
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		l.Lower = append(l.Lower, dir)
	}
	return l
}

// As many layers as docker has, with names longer than fsconfig(2) takes, on
// this kernel and as before Linux 6.7. The topmost wins, a whiteout hides, an
// opaque directory replaces.
func TestManyLayers(t *testing.T) {
	for _, old := range []string{"", "1"} {
		for _, n := range []int{1, 2, 127} {
			t.Run(fmt.Sprintf("old=%s,n=%d", old, n), func(t *testing.T) {
				t.Setenv("MOCKER_FORCE_OLD_OVERLAY", old)
				l := stack(t, n)
				if n > 1 {
					if err := unix.Mknod(filepath.Join(l.Lower[0], fmt.Sprint("file", n-1)), unix.S_IFCHR, 0); err != nil {
						t.Skipf("no whiteouts here: %v", err)
					}
				}
				f, err := Overlay(l)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				root := fmt.Sprintf("/proc/self/fd/%d/", f.Fd())
				if b, err := os.ReadFile(root + "who"); string(b) != "0" {
					t.Errorf("who is %q, %v", b, err)
				}
				entries, err := os.ReadDir(root)
				want := n + 1
				if n > 1 {
					want--
				}
				if err != nil || len(entries) != want {
					t.Errorf("%d entries, want %d, %v", len(entries), want, err)
				}
				if err := os.WriteFile(root+"new", nil, 0o644); err != nil {
					t.Error(err)
				}
				if _, err := os.Lstat(filepath.Join(l.Upper, "new")); err != nil {
					t.Errorf("not in the writable layer: %v", err)
				}
			})
		}
	}
}

// What the old way mounts for a moment is gone afterwards.
func TestOldOverlayLeavesNoMount(t *testing.T) {
	t.Setenv("MOCKER_FORCE_OLD_OVERLAY", "1")
	count := func() int {
		b, err := os.ReadFile("/proc/self/mountinfo")
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(string(b), "\n")
	}
	before := count()
	f, err := Overlay(stack(t, 40))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if after := count(); after != before {
		t.Errorf("%d mounts, before %d", after, before)
	}
}
