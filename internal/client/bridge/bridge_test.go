package bridge

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// caller has standard files.
type caller struct{ Stdin, Stdout, Stderr *os.File }

// bridged is a caller with regular files, and what stands before them.
func bridged(t *testing.T, sameErr bool) (*caller, *Bridges) {
	t.Helper()
	dir := t.TempDir()
	in := filepath.Join(dir, "in")
	if err := os.WriteFile(in, []byte("given"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := &caller{}
	var err error
	if e.Stdin, err = os.Open(in); err != nil {
		t.Fatal(err)
	}
	if e.Stdout, err = os.Create(filepath.Join(dir, "out")); err != nil {
		t.Fatal(err)
	}
	e.Stderr = e.Stdout
	if !sameErr {
		if e.Stderr, err = os.Create(filepath.Join(dir, "err")); err != nil {
			t.Fatal(err)
		}
	}
	b, err := New(e.Stdin, e.Stdout, e.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return e, b
}

func content(t *testing.T, f *os.File) string {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// No file of the caller's gets into a container, but what is in them passes.
func TestBridge(t *testing.T) {
	e, b := bridged(t, false)
	for n, f := range b.Files {
		if st, err := f.Stat(); err != nil || st.Mode()&os.ModeNamedPipe == 0 {
			t.Errorf("file %d is no pipe: %v %v", n, st.Mode(), err)
		}
		flags, err := unix.FcntlInt(f.Fd(), unix.F_GETFL, 0)
		if err != nil || flags&unix.O_NONBLOCK != 0 {
			t.Errorf("file %d does not block (%#x, %v): programs are not made for that", n, flags, err)
		}
	}
	buf := make([]byte, 10)
	if n, err := b.Files[0].Read(buf); err != nil || string(buf[:n]) != "given" {
		t.Errorf("input %q %v", buf[:n], err)
	}
	if n, err := b.Files[0].Read(buf); n != 0 || err == nil {
		t.Errorf("%d bytes after the end, %v", n, err)
	}
	// More than a pipe holds; and the last of it is there although somebody who
	// was left running keeps the pipe open.
	big := strings.Repeat("0123456789abcdef\n", 20_000)
	fmt.Fprint(b.Files[1], big, "the end")
	fmt.Fprint(b.Files[2], "complaint")
	if err := b.Drain(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, e.Stdout); got != big+"the end" {
		t.Errorf("%d bytes of output, want %d", len(got), len(big)+7)
	}
	if got := content(t, e.Stderr); got != "complaint" {
		t.Errorf("error output %q", got)
	}
}

// One file for both keeps their order.
func TestBridgeOfOneFile(t *testing.T) {
	e, b := bridged(t, true)
	want := ""
	for n := range 1000 {
		line := fmt.Sprintln(n)
		want += line
		fmt.Fprint(b.Files[1+n%2], line)
	}
	if err := b.Drain(); err != nil {
		t.Fatal(err)
	}
	if got := content(t, e.Stdout); got != want {
		t.Errorf("not in order: %d bytes, want %d", len(got), len(want))
	}
}

// Pipes and /dev/null go as they are.
func TestBridgeOfPipes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	b, err := New(null, w, w)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	if b.Files[0] != null || b.Files[1] != w || b.Files[2] != w || len(b.out) != 0 {
		t.Errorf("got %v", b.Files)
	}
}
