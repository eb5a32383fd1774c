package logs

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// Sixty services with two streams each, in one thread, all rotating.
func TestManyStreams(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	const n, lines = 60, 2000
	services := make([]*service, n)
	var writers sync.WaitGroup
	for i := range services {
		services[i] = addService(t, m, root, fmt.Sprintf("s%d-1", i), 32<<10, 1000)
		for k, w := range []io.Writer{services[i].stdout, services[i].stderr} {
			writers.Go(func() {
				var b []byte
				for line := range lines {
					if b = numbered(b, 2*i+k, line); len(b) > 4000 || line == lines-1 {
						if _, err := w.Write(b); err != nil {
							t.Error(err)
						}
						b = b[:0]
					}
				}
			})
		}
	}
	writers.Wait()
	seqs := map[uint64]string{}
	for i, s := range services {
		drainAll(t, m, s.dir)
		compareNumbered(t, stored(t, s.dir, "stdout"), 2*i, lines)
		compareNumbered(t, stored(t, s.dir, "stderr"), 2*i+1, lines)
		checkIndexes(t, s.dir, seqs)
	}
}

// So many pipes that a plain user's limit is passed: the later ones are
// smaller, and work. (Root has no limit; then the test runs as another user.)
func TestPipesOverTheLimit(t *testing.T) {
	if os.Getuid() == 0 {
		const plain = 64_999 // nobody's, so its limit is not used up
		attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: plain, Gid: plain}}
		if !inside(t, attr) {
			return
		}
	}
	soft := readNumber(t, "/proc/sys/fs/pipe-user-pages-soft")
	if soft == 0 || soft > 16384 {
		t.Skipf("/proc/sys/fs/pipe-user-pages-soft is %d pages, too many to use up", soft)
	}
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	n := soft*os.Getpagesize()/pipeSize + 20
	if raiseFiles(t) < uint64(8*n) {
		t.Skipf("%d pipes need %d open files: raise 'ulimit -n'", n, 8*n)
	}
	smallest := pipeSize
	for i := range n {
		dir := logDir(root, fmt.Sprintf("s%d-1", i))
		w := addStream(t, m, Stream{Dir: dir, Name: "stdout"})
		size, err := unix.FcntlInt(w.Fd(), unix.F_GETPIPE_SZ, 0)
		if err != nil {
			t.Fatal(err)
		}
		smallest = min(smallest, size)
		put(t, m, &service{dir: dir}, w, "works\n")
		if got := string(stored(t, dir, "stdout")); got != "works\n" {
			t.Fatalf("pipe %d of %d bytes: stored %q", i, size, got)
		}
	}
	if smallest == pipeSize {
		t.Errorf("%d pipes of %d bytes: the limit of %d pages was not reached", n, pipeSize, soft)
	}
}

func readNumber(t *testing.T, path string) int {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Skipf("no limit to be read: %v", err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func raiseFiles(t *testing.T) uint64 {
	t.Helper()
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	l.Cur = l.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		t.Fatal(err)
	}
	return l.Cur
}

// A line without end must not be collected by anybody. LOGS_TEST_LINE is its
// length in MiB.
func TestLongLineInLittleMemory(t *testing.T) {
	mib := 128
	if s := os.Getenv("LOGS_TEST_LINE"); s != "" {
		mib, _ = strconv.Atoi(s)
	}
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	long := addService(t, m, root, "long-1", 0, 1000)
	short := addService(t, m, root, "short-1", 0, 1000)
	block := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for i := range mib {
		if _, err := long.stdout.Write(block); err != nil {
			t.Fatal(err)
		}
		if i == mib/2 {
			drainAll(t, m, long.dir)
			put(t, m, short, short.stdout, "a short line\n")
		}
	}
	put(t, m, long, long.stdout, "\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, f := range []Format{{Prefix: true}, {Terminal: true, Prefix: true}, {Raw: true}} {
		out := &digest{}
		if err := Print(t.Context(), out, out, []Source{sourceOf(long), sourceOf(short)}, Query{Tail: -1}, f); err != nil {
			t.Fatal(err)
		}
		if !f.Raw && (out.longBytes != mib<<20 || out.lines != 3) {
			t.Errorf("%+v: printed %d bytes of the long line, %d lines", f, out.longBytes, out.lines)
		}
	}
	runtime.ReadMemStats(&after)
	// In all, not at once: three readers of four streams with their buffers.
	if used := after.TotalAlloc - before.TotalAlloc; used > 16<<20 {
		t.Errorf("printing took %d MiB of memory", used>>20)
	}
}

// digest counts instead of keeping.
type digest struct{ longBytes, lines int }

func (d *digest) Write(b []byte) (int, error) {
	d.lines += bytes.Count(b, []byte("\n"))
	for _, line := range bytes.Split(b, []byte("\n")) {
		if bytes.HasPrefix(line, []byte("short-1")) {
			continue
		}
		d.longBytes += len(bytes.TrimPrefix(line, []byte("long-1   | ")))
	}
	return len(b), nil
}
