package logs

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

// A log that is held before its first byte is whole when its reader comes late.
func TestHoldAll(t *testing.T) {
	root := t.TempDir()
	dir := filepath.Join(root, "c", "a", "logs")
	held, err := HoldAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Close()
	m, err := OpenMover(root, MoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	err = m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r, Bounds: Bounds{MaxSize: 64 << 10, MaxFiles: 1}})
	r.Close()
	if err != nil {
		t.Fatal(err)
	}
	write := func() {
		t.Helper()
		for range 32 {
			if _, err := w.Write(bytes.Repeat([]byte("x"), 32<<10)); err != nil {
				t.Fatal(err)
			}
		}
		if err := m.Drain(t.Context(), dir); err != nil {
			t.Fatal(err)
		}
	}
	first := func() bool {
		_, err := os.Stat(filepath.Join(dir, logFile("stdout", 1)))
		return err == nil
	}
	write()
	if !first() {
		t.Error("the first segment was removed although all are held")
	}
	held.Close()
	write()
	if first() {
		t.Error("the first segment is still there, and nobody holds it")
	}
}
