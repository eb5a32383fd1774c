package cgroup

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestLeastPids(t *testing.T) {
	top := t.TempDir()
	put := func(dir, file, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(top, dir), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(top, dir, file), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	put("", "pids.max", "7\n") // no cgroup: not looked at
	for dir, text := range map[string]string{"root": "", "root/slice": "5238\n", "root/slice/user": "max\n", "root/slice/user/scope": "9000\n", "root/other": "max\n"} {
		put(dir, "cgroup.procs", "")
		if text != "" {
			put(dir, "pids.max", text)
		}
	}
	for dir, want := range map[string]int64{"root/slice/user/scope": 5238, "root/slice/user": 5238, "root/other": math.MaxInt64, "root": math.MaxInt64} {
		if got := leastPids(filepath.Join(top, dir)); got != want {
			t.Errorf("%s: %d, want %d", dir, got, want)
		}
	}
}

func TestRoomIsBounded(t *testing.T) {
	tree := &Tree{path: t.TempDir()}
	if got := tree.Room(); got < 100 || got > 1<<22 { // PID_MAX_LIMIT of linux/threads.h
		t.Errorf("room for %d", got)
	}
}
