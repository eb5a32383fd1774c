package logs

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The child of the kill test is this binary with these in its environment.
const (
	childRoot = "LOGS_TEST_MOVER_ROOT"
	childPipe = 3 // the first pipe's descriptor
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
	{Dir: "a-1", Name: "stdout", MaxSize: 64 << 10},
	{Dir: "a-1", Name: "stderr", MaxSize: 8 << 10},
	{Dir: "b-1", Name: "stdout", MaxSize: 1 << 20},
	{Dir: "b-1", Name: "stderr", MaxSize: 1 << 30},
	{Dir: "c-1", Name: "stdout", MaxSize: 1 << 30},
	{Dir: "d-1", Name: "stdout", MaxSize: 4 << 10},
}

// killPaces are how they are written: the most lines at once, and the longest
// pause after a write in microseconds. No pause would leave the mover no time.
var killPaces = []struct{ lines, pause int }{{500, 4000}, {5, 2000}, {500, 4000}, {2, 20}, {3, 10}, {5, 2000}}

func killStream(root string, i int, pipe *os.File) Stream {
	s := killStreams[i]
	s.Dir, s.Pipe, s.MaxFiles = logDir(root, s.Dir), pipe, 1<<30
	return s
}

func moverChild(root string) {
	m, err := OpenMover(root, MoverOptions{Report: func(e Event) { fmt.Fprintln(os.Stderr, e) }})
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

// TestKill kills the mover at random moments while services write, and then
// compares every byte. LOGS_TEST_KILLS is the number of kills.
func TestKill(t *testing.T) {
	kills := 100
	if s := os.Getenv("LOGS_TEST_KILLS"); s != "" {
		kills, _ = strconv.Atoi(s)
	} else if testing.Short() {
		kills = 20
	}
	root := t.TempDir()
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
		defer r.Close()
		defer w.Close()
		reads = append(reads, r)
		writers.Go(func() { written[i] = writeNumbered(t, w, i, stop) })
	}
	rng := rand.New(rand.NewPCG(seed, 0))
	for range kills {
		killOne(t, root, reads, rng)
	}
	close(stop)
	// The writers may hang in full pipes: somebody has to move.
	m := openMover(t, root, MoverOptions{})
	for i, r := range reads {
		if err := m.Add(killStream(root, i, r)); err != nil {
			t.Fatal(err)
		}
	}
	writers.Wait()
	seqs := map[uint64]string{}
	for _, name := range []string{"a-1", "b-1", "c-1", "d-1"} {
		drainAll(t, m, logDir(root, name))
		checkIndexes(t, logDir(root, name), seqs)
	}
	total := 0
	for i, s := range killStreams {
		compareNumbered(t, stored(t, logDir(root, s.Dir), s.Name), i, written[i])
		total += written[i]
	}
	t.Logf("%d lines, %d records", total, len(seqs))
	comparePrinted(t, root, written)
}

// killOne runs a mover and kills it, at times before it is up.
func killOne(t *testing.T, root string, pipes []*os.File, rng *rand.Rand) {
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
	time.Sleep(time.Duration(rng.IntN(30_000)) * time.Microsecond)
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

// comparePrinted checks that the reader shows the same lines.
func comparePrinted(t *testing.T, root string, lines []int) {
	t.Helper()
	var sources []Source
	for _, name := range []string{"a-1", "b-1", "c-1", "d-1"} {
		sources = append(sources, Source{Container: name, Service: name, Dir: filepath.Join(root, "c", name, "logs")})
	}
	out, errOut := printed(t, sources, Query{Tail: -1}, Format{Prefix: true})
	seen := make([]int, len(lines))
	for line := range strings.Lines(out + errOut) {
		_, text, _ := strings.Cut(line, "  | ")
		var i, n int
		if _, err := fmt.Sscanf(text, "%d:%d:", &i, &n); err != nil || seen[i] != n {
			t.Fatalf("printed %.100q after line %v (%v)", line, seen, err)
		}
		seen[i]++
	}
	if fmt.Sprint(seen) != fmt.Sprint(lines) {
		t.Errorf("printed %v lines, written %v", seen, lines)
	}
}
