package fifo

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bounded is a context against hangs.
func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// All that the writer writes is read, although he comes late; a file is a file.
func TestOpen(t *testing.T) {
	path := pipe(t)
	go func() {
		time.Sleep(20 * time.Millisecond) // he would have to wait himself otherwise
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer w.Close()
		_, _ = w.WriteString("one ")
		time.Sleep(20 * time.Millisecond)
		_, _ = w.WriteString("two")
	}()
	plain := filepath.Join(t.TempDir(), "plain")
	if err := os.WriteFile(plain, []byte("one two"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, plain} {
		f, err := Open(bounded(t), name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if b, err := io.ReadAll(f); err != nil || string(b) != "one two" {
			t.Errorf("%s: %q, %v", name, b, err)
		}
	}
	if _, err := Open(bounded(t), path+"x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
}

// Without a writer the context ends it, and with one that says nothing every read.
func TestOpenEnds(t *testing.T) {
	path := pipe(t)
	ctx, cancel := context.WithCancel(bounded(t))
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := Open(ctx, path); !errors.Is(err, context.Canceled) {
		t.Fatalf("without a writer: %v", err)
	}
	silent, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	if _, err := silent.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel = context.WithCancel(bounded(t))
	f, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	time.AfterFunc(20*time.Millisecond, cancel)
	if b, err := io.ReadAll(f); err == nil || string(b) != "x" {
		t.Errorf("from a silent writer: %q, %v", b, err)
	}
}

// A process that gets the file can read it as any other.
func TestOpenForAProcess(t *testing.T) {
	path := pipe(t)
	go func() {
		w, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return
		}
		defer w.Close()
		_, _ = w.WriteString("one ")
		time.Sleep(50 * time.Millisecond)
		_, _ = w.WriteString("two")
	}()
	f, err := ForProcess(bounded(t), path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c := exec.Command("cat")
	c.Stdin = f
	if out, err := c.Output(); err != nil || string(out) != "one two" {
		t.Errorf("%q, %v", out, err)
	}
}
