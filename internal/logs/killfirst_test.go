package logs

import (
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"
)

// TestKillAtTheFirstByte kills movers while they make the first files of
// streams that already have bytes.
func TestKillAtTheFirstByte(t *testing.T) {
	kills := 60
	if s := os.Getenv("LOGS_TEST_KILLS"); s != "" {
		kills, _ = strconv.Atoi(s)
	}
	t.Setenv(childMaxFiles, "1000000")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	unfinished := 0
	for range kills {
		if killAtFirstByte(t, rng) < len(killStreams) {
			unfinished++
		}
	}
	t.Logf("%d of %d kills were before the last log was made", unfinished, kills)
}

// killAtFirstByte returns how many logs the killed mover had made.
func killAtFirstByte(t *testing.T, rng *rand.Rand) int {
	root := t.TempDir()
	var reads []*os.File
	for i := range killStreams {
		r, w, err := NewPipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		defer w.Close()
		for n := range 3 {
			if _, err := w.Write(numbered(nil, i, n)); err != nil {
				t.Fatal(err)
			}
		}
		reads = append(reads, r)
	}
	killOne(t, root, reads, rng, 4*time.Millisecond)
	made := countLogs(t, root)
	m := openMover(t, root, MoverOptions{})
	defer m.Close()
	for i, r := range reads {
		if err := m.Add(killStream(root, i, r)); err != nil {
			t.Fatal(err)
		}
	}
	seqs := map[uint64]string{}
	for _, s := range killSources(root) {
		drainAll(t, m, s.Dir)
		checkIndexes(t, s.Dir, seqs)
	}
	for i, s := range killStreams {
		compareNumbered(t, stored(t, logDir(root, s.Dir), s.Name), i, 3)
	}
	return made
}

func countLogs(t *testing.T, root string) (n int) {
	t.Helper()
	for _, s := range killSources(root) {
		streams, err := listFiles(s.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, have := range streams {
			n += len(have.logs)
		}
	}
	return n
}

// beginnings are states of a directory in which the first byte has not come
// into a file.
var beginnings = []struct {
	name  string
	leave func(t *testing.T, dir string)
}{
	{"directory made", func(*testing.T, string) {}},
	{"index made", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 1), "")
	}},
	{"index allocated", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 1), string(make([]byte, windowSize)))
	}},
	{"header half stored", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 1), string(record{wall: 5}.encode()))
	}},
	{"header stored", func(t *testing.T, dir string) {
		writeFile(t, dir+"/"+indexFile("stdout", 1), string(record{seq: indexMagic}.encode())+string(make([]byte, windowSize-recordSize)))
	}},
	{"log made", func(t *testing.T, dir string) {
		first := record{seq: 7, wall: 1}
		writeFile(t, dir+"/"+indexFile("stdout", 1), string(record{seq: indexMagic}.encode())+string(first.encode()))
		writeFile(t, dir+"/"+logFile("stdout", 1), "")
	}},
}

func TestAdoptsABeginning(t *testing.T) {
	for _, c := range beginnings {
		t.Run(c.name, func(t *testing.T) {
			root := t.TempDir()
			dir := logDir(root, "a-1")
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			c.leave(t, dir)
			m := openMover(t, root, MoverOptions{})
			s := addService(t, m, root, "a-1", 0, 0)
			put(t, m, s, s.stdout, "one\n")
			put(t, m, s, s.stderr, "two\n")
			put(t, m, s, s.stdout, "three\n")
			out, errOut := printed(t, []Source{sourceOf(s)}, Query{Tail: -1}, Format{})
			if out != "one\nthree\n" || errOut != "two\n" {
				t.Errorf("printed %q and %q", out, errOut)
			}
			checkIndexes(t, dir, map[uint64]string{})
		})
	}
}
