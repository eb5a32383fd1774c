package logs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// deadline bounds what hangs; nothing is asserted about speed.
const deadline = 60 * time.Second

// eventLog collects a mover's events.
type eventLog struct {
	mu     sync.Mutex
	events []Event
	more   chan struct{}
}

func newEventLog() *eventLog { return &eventLog{more: make(chan struct{}, 1)} }

func (l *eventLog) add(e Event) {
	l.mu.Lock()
	l.events = append(l.events, e)
	l.mu.Unlock()
	select {
	case l.more <- struct{}{}:
	default:
	}
}

func (l *eventLog) count(k EventKind) (n int, bytes uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if e.Kind == k {
			n++
			bytes += e.Bytes
		}
	}
	return n, bytes
}

// wait waits until there are n events of kind k.
func (l *eventLog) wait(t *testing.T, k EventKind, n int) {
	t.Helper()
	l.until(t, func() bool { have, _ := l.count(k); return have >= n })
}

// waitAny waits for an event of either kind.
func (l *eventLog) waitAny(t *testing.T, a, b EventKind) {
	t.Helper()
	l.until(t, func() bool {
		n, _ := l.count(a)
		m, _ := l.count(b)
		return n+m > 0
	})
}

func (l *eventLog) until(t *testing.T, enough func() bool) {
	t.Helper()
	limit := time.After(deadline)
	for {
		if enough() {
			return
		}
		select {
		case <-l.more:
		case <-limit:
			t.Fatalf("the event did not come; have %v", l.events)
		}
	}
}

func openMover(t testing.TB, root string, o MoverOptions) *Mover {
	t.Helper()
	m, err := OpenMover(root, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// service is a container whose outputs the test writes.
type service struct {
	dir            string
	stdout, stderr *os.File
}

func logDir(root, name string) string { return filepath.Join(root, "c", name, "logs") }

func addStream(t testing.TB, m *Mover, s Stream) *os.File {
	t.Helper()
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	s.Pipe = r
	if err := m.Add(s); err != nil {
		t.Fatal(err)
	}
	return w
}

func addService(t testing.TB, m *Mover, root, name string, maxSize int64, maxFiles int) *service {
	t.Helper()
	s := &service{dir: logDir(root, name)}
	s.stdout = addStream(t, m, Stream{Dir: s.dir, Name: "stdout", Bounds: Bounds{MaxSize: maxSize, MaxFiles: maxFiles}})
	s.stderr = addStream(t, m, Stream{Dir: s.dir, Name: "stderr", Bounds: Bounds{MaxSize: maxSize, MaxFiles: maxFiles}})
	return s
}

func drainAll(t testing.TB, m *Mover, dir string) {
	t.Helper()
	if err := m.Drain(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
}

// put writes and waits for the files, so that the next put arrives later.
func put(t testing.TB, m *Mover, s *service, f *os.File, text string) {
	t.Helper()
	if _, err := f.WriteString(text); err != nil {
		t.Fatal(err)
	}
	drainAll(t, m, s.dir)
}

// stored is a stream as it is on disk, all segments together.
func stored(t testing.TB, dir, name string) []byte {
	t.Helper()
	streams, err := listFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, n := range streams[name].logs {
		b, err := os.ReadFile(filepath.Join(dir, logFile(name, n)))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	return all
}

// checkIndexes compares every index of dir with its log.
func checkIndexes(t testing.TB, dir string, seqs map[uint64]string) {
	t.Helper()
	streams, err := listFiles(dir)
	if err != nil {
		t.Fatal(err)
	}
	for name, have := range streams {
		if fmt.Sprint(have.logs) != fmt.Sprint(have.indexes) {
			t.Errorf("%s/%s: logs %v, indexes %v", dir, name, have.logs, have.indexes)
		}
		var last, position uint64
		for i, n := range have.logs {
			g, err := openSegment(dir, name, n, 0)
			if err != nil || g == nil {
				t.Fatalf("open %s/%s %d: %v", dir, name, n, err)
			}
			if err := g.look(); err != nil {
				t.Fatal(err)
			}
			if i > 0 && g.base != position {
				t.Errorf("%s/%s %d: base %d, the stream is at %d", dir, name, n, g.base, position)
			}
			position = g.end()
			checkRecords(t, g, fmt.Sprintf("%s/%s/%d", dir, name, n), &last, seqs)
			g.close()
		}
	}
}

func checkRecords(t testing.TB, g *segmentReader, name string, last *uint64, seqs map[uint64]string) {
	t.Helper()
	var offset uint64
	for i := 0; ; i++ {
		r, ok := g.index.at(i)
		if !ok {
			if i == 0 && g.size > 0 {
				t.Errorf("%s: %d bytes without a record", name, g.size)
			}
			return
		}
		if i == 0 && r.offset != 0 {
			t.Errorf("%s: the first record begins at %d", name, r.offset)
		}
		if i > 0 && r.offset <= offset {
			t.Errorf("%s: record %d at %d, the one before at %d", name, i, r.offset, offset)
		}
		if r.offset > g.size {
			t.Errorf("%s: record %d at %d, behind the end %d", name, i, r.offset, g.size)
		}
		offset = r.offset
		if r.offset == g.size {
			continue // no bytes yet: it will be written over
		}
		if r.seq <= *last {
			t.Errorf("%s: record %d has seq %d after %d", name, i, r.seq, *last)
		}
		*last = r.seq
		if other := seqs[r.seq]; other != "" {
			t.Errorf("seq %d is in %s and in %s", r.seq, other, name)
		}
		seqs[r.seq] = name
	}
}

// printed is what Print writes.
func printed(t testing.TB, sources []Source, q Query, f Format) (out, errOut string) {
	t.Helper()
	var o, e bytes.Buffer
	if err := Print(t.Context(), &o, &e, sources, q, f); err != nil {
		t.Fatal(err)
	}
	return o.String(), e.String()
}

func sourceOf(s *service) Source {
	name := filepath.Base(filepath.Dir(s.dir))
	return Source{Container: name, Service: strings.Split(name, "-")[0], Dir: s.dir}
}
