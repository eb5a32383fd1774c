package usage

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/processes"
)

func TestParseStat(t *testing.T) {
	line := "7 (a) S 1 (b) S 4 5 6 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 3 0 1000 9 9\n"
	cpu, tasks, err := parseStat([]byte(line))
	if err != nil || cpu != 2150*time.Millisecond || tasks != 3 {
		t.Errorf("%v, %d, %v; want 2.15s of 3 threads", cpu, tasks, err)
	}
	for _, bad := range []string{"", "7 (x", "7 (x) S 1 2 3", "7 (x) S 4 5 6 0 -1 4194560 1 2 3 4 150 -50 7 8 20 0 3 0", "7 (x) S 4 5 6 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 three"} {
		if cpu, tasks, err := parseStat([]byte(bad)); err == nil {
			t.Errorf("%q: %v, %d, want an error", bad, cpu, tasks)
		}
	}
}

func TestParseStatm(t *testing.T) {
	page := uint64(os.Getpagesize())
	private, shared, err := parseStatm([]byte("1000 300 100 5 0 80 0\n"))
	if err != nil || private != 200*page || shared != 100*page {
		t.Errorf("%d, %d, %v", private, shared, err)
	}
	// The kernel does not read both at the same instant.
	if private, shared, err := parseStatm([]byte("1000 300 301 5 0 80 0\n")); err != nil || private != 0 || shared != 300*page {
		t.Errorf("%d, %d, %v", private, shared, err)
	}
	for _, bad := range []string{"", "1 2", "1 x 3"} {
		if _, _, err := parseStatm([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func TestParseIO(t *testing.T) {
	text := "rchar: 1\nwchar: 2\nsyscr: 3\nsyscw: 4\nread_bytes: 4096\nwrite_bytes: 8192\ncancelled_write_bytes: 5\n"
	if read, written, err := parseIO([]byte(text)); err != nil || read != 4096 || written != 8192 {
		t.Errorf("%d, %d, %v", read, written, err)
	}
	for _, bad := range []string{"", "read_bytes: 1\n", "read_bytes: 1\nwrite_bytes: x\n"} {
		if _, _, err := parseIO([]byte(bad)); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

// Shared pages count once, private ones of each; a process whose bytes are hidden
// makes the sum of them unknown, and nothing else; one that has ended adds nothing.
func TestSumOfProcesses(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	stat := "7 (x) S 4 5 6 0 -1 4194560 1 2 3 4 10 20 30 40 20 0 2 0 1000 9 9\n"
	io := "read_bytes: 100\nwrite_bytes: 200\n"
	write("7/stat", stat)
	write("7/statm", "100 30 10 1 0 1 0\n")
	write("7/io", io)
	write("8/stat", stat)
	write("8/statm", "100 25 20 1 0 1 0\n")
	write("8/io", io)
	write("9/stat", stat)
	fs, buf := processes.FS(dir), make([]byte, 512)
	var s sum
	for pid, ok := range map[int]bool{7: true, 8: true, 9: false, 10: false} {
		if err := s.add(fs, pid, buf); (err == nil) != ok {
			t.Errorf("process %d: %v", pid, err)
		}
	}
	page := uint64(os.Getpagesize())
	if again := sumOf(fs, []int{7, 8, 9, 10}, buf); again != s {
		t.Errorf("two that have ended: %+v, want %+v", again, s)
	}
	want := sum{cpu: 2 * time.Second, private: 25 * page, shared: 20 * page, tasks: 4, read: 200, written: 400}
	if s != want || s.memory() != 45*page {
		t.Errorf("got  %+v\nwant %+v", s, want)
	}
	write("9/statm", "1 1 1 1 0 1 0\n")
	if err := s.add(fs, 9, buf); err != nil || !s.hidden || s.read != 200 || s.tasks != 6 {
		t.Errorf("a process without bytes: %v, %+v", err, s)
	}
}

// TestSelf: what the kernel really writes can be read, and work shows.
func TestSelf(t *testing.T) {
	read := func() (s sum) {
		t.Helper()
		if err := s.add(processes.Host, os.Getpid(), make([]byte, bufferSize)); err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := read()
	held := make([]byte, 64<<20)
	for i := range held {
		held[i] = byte(i)
	}
	for end := time.Now().Add(60 * time.Millisecond); time.Now().Before(end); {
		held[0]++
	}
	after := read()
	if after.cpu <= before.cpu || after.memory() < before.memory()+(32<<20) || after.tasks < 2 || after.hidden {
		t.Errorf("before %+v\nafter  %+v", before, after)
	}
	runtime.KeepAlive(held)
}

// A meter that is asked twice does not say that bytes were unread, and begins anew
// with another run.
func TestBytesOnlyGrow(t *testing.T) {
	m := &Meter{}
	read := func(run string, bytes uint64) uint64 {
		u := api.Usage{Name: "a", Run: run}
		m.fill(&u, &sum{tasks: 1, read: bytes}, time.Second)
		return *u.Read
	}
	if read("a/1", 100) != 100 || read("a/1", 40) != 100 || read("a/1", 120) != 120 || read("a/2", 5) != 5 {
		t.Error("a process that ended took its bytes with it, or a run its predecessor's")
	}
	if m.forget(nil); len(m.most) != 0 {
		t.Errorf("%d containers that do not run are remembered", len(m.most))
	}
	u := api.Usage{Name: "a", Run: "a/2"}
	m.fill(&u, &sum{tasks: 1, hidden: true}, time.Second)
	if u.Read != nil || u.Written != nil || !slices.Equal(u.Summed, []string{"cpu", "memory", "pids"}) {
		t.Errorf("bytes that are hidden: %+v", u)
	}
}

// What a cgroup has counted stays as it is.
func TestSumsFillGaps(t *testing.T) {
	m := &Meter{}
	cpu, pids := time.Minute, uint64(3)
	u := api.Usage{Name: "a", Run: "a/1", At: time.Hour, CPU: &cpu, PIDs: &pids}
	m.fill(&u, &sum{tasks: 9, cpu: 1, private: 7}, time.Second)
	if *u.CPU != time.Minute || u.At != time.Hour || *u.PIDs != 3 || *u.Memory != 7 || !slices.Equal(u.Summed, []string{"memory", "io"}) {
		t.Errorf("%+v", u)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("7 (a) S 4 5 6 0 -1 4194560 1 2 3 4 150 50 7 8 20 0 3 0 1000 9 9\n"))
	f.Add([]byte("read_bytes: 100\nwrite_bytes: 200\n"))
	f.Add([]byte("1000 300 100 5 0 80 0\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if cpu, _, err := parseStat(b); err == nil && cpu < 0 {
			t.Errorf("negative time of %q", b)
		}
		_, _, _ = parseStatm(b)
		_, _, _ = parseIO(b)
	})
}
