package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/wire"
)

// What a killed process has left of a probe goes; what is in use stays.
func TestSweepProbes(t *testing.T) {
	dir := t.TempDir()
	left, used := filepath.Join(dir, probeName+"1"), filepath.Join(dir, probeName+"2")
	for _, d := range []string{filepath.Join(left, "work", "work"), used, filepath.Join(dir, "other")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(filepath.Join(left, "work", "work"), 0); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Open(used)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	if err := unix.Flock(wire.FD(lock), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	SweepProbes(dir)
	for name, want := range map[string]bool{left: false, used: true, filepath.Join(dir, "other"): true} {
		if _, err := os.Stat(name); (err == nil) != want {
			t.Errorf("%s: there is %t, want %t", name, err == nil, want)
		}
	}
}
