package logs

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The child of the kill test is this binary with these in its environment.
const (
	childRoot     = "LOGS_TEST_MOVER_ROOT"
	childMaxFiles = "LOGS_TEST_MOVER_FILES"
	childPipe     = 3 // the first pipe's descriptor
)

func TestMain(m *testing.M) {
	if root := os.Getenv(childRoot); root != "" {
		moverChild(root)
		return
	}
	if spec := os.Getenv(benchWrite); spec != "" {
		benchWriter(spec)
		return
	}
	os.Exit(m.Run())
}

// killStreams: some rotate so often that kills hit rotations, some get single
// lines so fast that kills hit the growth of an index.
var killStreams = []Stream{
	{Dir: "a-1", Name: "stdout", Bounds: Bounds{MaxSize: 64 << 10}},
	{Dir: "a-1", Name: "stderr", Bounds: Bounds{MaxSize: 8 << 10}},
	{Dir: "b-1", Name: "stdout", Bounds: Bounds{MaxSize: 1 << 20}},
	{Dir: "b-1", Name: "stderr", Bounds: Bounds{MaxSize: 1 << 30}},
	{Dir: "c-1", Name: "stdout", Bounds: Bounds{MaxSize: 1 << 30}},
	{Dir: "d-1", Name: "stdout", Bounds: Bounds{MaxSize: 4 << 10}},
}

// killPaces are how they are written: the most lines at once, and the longest
// pause after a write in microseconds. No pause would leave the mover no time.
var killPaces = []struct{ lines, pause int }{{500, 4000}, {5, 2000}, {500, 4000}, {2, 20}, {3, 10}, {5, 2000}}

func killStream(root string, i int, pipe *os.File) Stream {
	s := killStreams[i]
	s.Dir, s.Pipe = logDir(root, s.Dir), pipe
	s.MaxFiles, _ = strconv.Atoi(os.Getenv(childMaxFiles))
	return s
}

func moverChild(root string) {
	m, err := OpenMover(root, MoverOptions{Report: func(e Event) {
		if e.Kind == Degraded {
			fmt.Fprintln(os.Stderr, e)
		}
	}})
	for i := 0; err == nil && i < len(killStreams); i++ {
		err = m.Add(killStream(root, i, os.NewFile(uintptr(childPipe+i), "pipe")))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println("ready")
	select {}
}

// TestKill kills the mover at random moments while services write and a
// follower reads, and then compares every byte. LOGS_TEST_KILLS is the number
// of kills.
func TestKill(t *testing.T) {
	root := t.TempDir()
	out := newScreen()
	f, ended := startFollower(t, Format{Prefix: true}, out)
	for _, s := range killSources(root) {
		f.Add(s, Query{Follow: true, Tail: -1})
	}
	written := killWhileWriting(t, root, 100, 1<<30, func() {})
	for i, s := range killStreams {
		got := stored(t, logDir(root, s.Dir), s.Name)
		compareNumbered(t, got, i, written[i])
	}
	f.FinishAll()
	if err := ending(t, ended); err != nil {
		t.Fatal(err)
	}
	comparePrinted(t, "followed", out.String(), written)
	o, e := printed(t, killSources(root), Query{Tail: -1}, Format{Prefix: true})
	comparePrinted(t, "printed", o+e, written)
}

// The same with segments being removed: what is left must be the end of what
// was written, and what is gone must be counted.
func TestKillWhileSegmentsAreRemoved(t *testing.T) {
	root := t.TempDir()
	compareEnds(t, root, killWhileWriting(t, root, 30, 2, func() {}))
}

// The same on a disk that is always full.
func TestKillOnFullDisk(t *testing.T) {
	if !inside(t, ownMounts()) {
		return
	}
	root := smallDisk(t, "size=3m")
	written := killWhileWriting(t, root, 30, 1<<30, func() {
		// The rest needs some space: several streams have one segment each.
		if err := unix.Mount("", root, "", unix.MS_REMOUNT, "size=64m"); err != nil {
			t.Fatal(err)
		}
	})
	compareEnds(t, root, written)
}

// compareEnds compares the kept segments with the end of what was written.
func compareEnds(t *testing.T, root string, written []int) {
	t.Helper()
	for i, s := range killStreams {
		var want []byte
		for n := range written[i] {
			want = numbered(want, i, n)
		}
		dir := logDir(root, s.Dir)
		got := stored(t, dir, s.Name)
		if !bytes.HasSuffix(want, got) {
			t.Errorf("stream %d: what is left is not the end of what was written", i)
		}
		streams, err := listFiles(dir)
		if err != nil {
			t.Fatal(err)
		}
		g, err := openSegment(dir, s.Name, streams[s.Name].logs[0], 0)
		if err != nil || g == nil {
			t.Fatal("the oldest segment:", err)
		}
		if g.base+uint64(len(got)) != uint64(len(want)) {
			t.Errorf("stream %d: %d bytes counted as gone and %d left, of %d", i, g.base, len(got), len(want))
		}
		g.close()
	}
}

func killSources(root string) (sources []Source) {
	for _, name := range []string{"a-1", "b-1", "c-1", "d-1"} {
		sources = append(sources, Source{Container: name, Service: name, Dir: logDir(root, name)})
	}
	return sources
}

// killWhileWriting returns how many lines each stream has got. relief is called
// after the last kill.
func killWhileWriting(t *testing.T, root string, kills, maxFiles int, relief func()) []int {
	if s := os.Getenv("LOGS_TEST_KILLS"); s != "" {
		kills, _ = strconv.Atoi(s)
	} else if testing.Short() {
		kills = 10
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d kills", seed, kills)
	var reads []*os.File
	stop := make(chan struct{})
	written := make([]int, len(killStreams))
	var writers sync.WaitGroup
	for i := range killStreams {
		r, w, err := NewPipe()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close(); w.Close() })
		reads = append(reads, r)
		writers.Go(func() { written[i] = writeNumbered(t, w, i, stop) })
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	t.Setenv(childMaxFiles, strconv.Itoa(maxFiles))
	for range kills {
		killOne(t, root, reads, rng, 30*time.Millisecond)
	}
	close(stop)
	relief()
	// The writers may hang in full pipes: somebody has to move.
	m := openMover(t, root, MoverOptions{})
	for i, r := range reads {
		if err := m.Add(killStream(root, i, r)); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
	seqs := map[uint64]string{}
	for _, s := range killSources(root) {
		drainAll(t, m, s.Dir)
		checkIndexes(t, s.Dir, seqs)
	}
	t.Logf("%d lines, %d records", written, len(seqs))
	return written
}

// killOne runs a mover and kills it, at times before it is up, else within a
// time after that.
func killOne(t *testing.T, root string, pipes []*os.File, rng *rand.Rand, within time.Duration) {
	t.Helper()
	c := exec.Command("/proc/self/exe")
	c.Env = append(os.Environ(), childRoot+"="+root)
	c.ExtraFiles = pipes
	var complaints bytes.Buffer
	c.Stderr = &complaints
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if rng.IntN(5) > 0 {
		if _, err := bufio.NewReader(out).ReadString('\n'); err != nil && err != io.EOF {
			t.Error(err)
		}
	}
	time.Sleep(time.Duration(rng.Int64N(int64(within))))
	if err := c.Process.Kill(); err != nil {
		t.Error(err)
	}
	_ = c.Wait() // "killed"
	if complaints.Len() > 0 {
		t.Fatalf("the mover said: %s", complaints.String())
	}
}

// numbered is line n of stream i.
func numbered(b []byte, i, n int) []byte {
	b = fmt.Appendf(b, "%d:%d:", i, n)
	for range n * 7 % 90 {
		b = append(b, byte('a'+n%26))
	}
	return append(b, '\n')
}

// writeNumbered writes lines, singly or many at once, until told to stop, and
// returns how many.
func writeNumbered(t *testing.T, w io.Writer, i int, stop <-chan struct{}) int {
	rng := rand.New(rand.NewPCG(uint64(i), 7))
	n := 0
	var b []byte
	for {
		select {
		case <-stop:
			return n
		default:
		}
		lines := 1 + rng.IntN(killPaces[i].lines)
		b = b[:0]
		for range lines {
			b = numbered(b, i, n)
			n++
		}
		if _, err := w.Write(b); err != nil {
			t.Error(err)
			return n
		}
		time.Sleep(time.Duration(rng.IntN(killPaces[i].pause)) * time.Microsecond)
	}
}

func compareNumbered(t *testing.T, got []byte, i, lines int) {
	t.Helper()
	var want []byte
	at := 0
	for n := range lines {
		want = numbered(want[:0], i, n)
		if !bytes.HasPrefix(got[at:], want) {
			t.Errorf("stream %d, line %d of %d: %.120q, wanted %.120q", i, n, lines, got[at:min(len(got), at+120)], want)
			return
		}
		at += len(want)
	}
	if at != len(got) {
		t.Errorf("stream %d: %d bytes too many: %.120q", i, len(got)-at, got[at:])
	}
}

// comparePrinted checks that a reader has shown the same lines.
func comparePrinted(t *testing.T, how, text string, lines []int) {
	t.Helper()
	seen := make([]int, len(lines))
	for line := range strings.Lines(text) {
		_, text, _ := strings.Cut(line, "  | ")
		var i, n int
		if _, err := fmt.Sscanf(text, "%d:%d:", &i, &n); err != nil || seen[i] != n {
			t.Fatalf("%s: %.100q after lines %v (%v)", how, line, seen, err)
		}
		seen[i]++
	}
	if fmt.Sprint(seen) != fmt.Sprint(lines) {
		t.Errorf("%s: %v lines, written %v", how, seen, lines)
	}
}
