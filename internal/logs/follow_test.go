package logs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// screen is an output that a test can wait for.
type screen struct {
	mu   sync.Mutex
	text strings.Builder
	more chan struct{}
	gate chan struct{} // when set, each write takes one value first
}

func newScreen() *screen { return &screen{more: make(chan struct{}, 1)} }

func (s *screen) Write(b []byte) (int, error) {
	if s.gate != nil {
		<-s.gate
	}
	s.mu.Lock()
	s.text.Write(b)
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default:
	}
	return len(b), nil
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait waits until exactly want has been printed.
func (s *screen) wait(t *testing.T, want string) {
	t.Helper()
	limit := time.After(deadline)
	for s.String() != want {
		select {
		case <-s.more:
		case <-limit:
			t.Fatalf("printed %.2000q, wanted %.2000q", s.String(), want)
		}
	}
}

// startFollower runs a follower on one screen for both outputs.
func startFollower(t *testing.T, f Format, out *screen) (*Follower, <-chan error) {
	t.Helper()
	fl, err := NewFollower(out, out, f)
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	var once sync.Once
	go func() { ended <- fl.Run(ctx) }()
	t.Cleanup(func() { once.Do(cancel) })
	return fl, ended
}

func ending(t *testing.T, ended <-chan error) error {
	t.Helper()
	select {
	case err := <-ended:
		return err
	case <-time.After(deadline):
		t.Fatal("the follower does not end")
		return nil
	}
}

func TestFollowSourcesThatComeAndGo(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	out := newScreen()
	f, ended := startFollower(t, Format{Prefix: true}, out)

	web := addService(t, m, root, "web-1", 4096, 1000)
	put(t, m, web, web.stdout, "old\n")
	f.Add(sourceOf(web), Query{Follow: true, Tail: 0})
	f.Say("attached")
	out.wait(t, "attached\n")
	want := "attached\n"
	put(t, m, web, web.stdout, "new\n")
	want += "web-1  | new\n"
	out.wait(t, want)

	// Its directory does not exist yet, nor does the one above.
	late := &service{dir: logDir(root, "db-1")}
	f.Add(sourceOf(late), Query{Follow: true, Tail: -1})
	late = addService(t, m, root, "db-1", 4096, 1000)
	put(t, m, late, late.stderr, "late\n")
	want += "db-1   | late\n"
	out.wait(t, want)

	for i := range 500 { // over many segments
		put(t, m, web, web.stdout, fmt.Sprintf("number %d %s\n", i, strings.Repeat("z", 50)))
		want += fmt.Sprintf("web-1  | number %d %s\n", i, strings.Repeat("z", 50))
		if i%10 == 0 {
			put(t, m, late, late.stderr, "between\n")
			want += "db-1   | between\n"
		}
	}
	put(t, m, web, web.stdout, "last words without end")
	want += "web-1  | last words without end\n"
	await(t, f.Finish(web.dir))
	out.wait(t, want)

	// A second run goes on behind the first.
	put(t, m, web, web.stdout, "\nagain\n")
	f.Add(sourceOf(web), Query{Follow: true, Tail: -1})
	want += "web-1  | \nweb-1  | again\n"
	out.wait(t, want)
	await(t, f.Finish("/no/such/directory"))

	f.Remove(web.dir)
	await(t, f.Finish("/no/such/directory")) // the follower has done it
	put(t, m, web, web.stdout, "not shown\n")
	put(t, m, late, late.stdout, "to the end\n")
	f.FinishAll()
	if err := ending(t, ended); err != nil {
		t.Fatal(err)
	}
	if want += "db-1   | to the end\n"; out.String() != want {
		got, same := out.String(), 0
		for same < min(len(got), len(want)) && got[same] == want[same] {
			same++
		}
		t.Errorf("after %d bytes printed %.500q, wanted %.500q", same, got[same:], want[same:])
	}
	await(t, f.Finish(late.dir)) // nobody runs any more
}

func await(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(deadline):
		t.Fatal("Finish is not answered")
	}
}

func TestFollowPrintsAllThatWasDrained(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	out := newScreen()
	f, ended := startFollower(t, Format{}, out)
	var want strings.Builder
	for i := range 40 {
		s := addService(t, m, root, fmt.Sprintf("s%d-1", i), 4096, 1000)
		f.Add(sourceOf(s), Query{Follow: true, Tail: -1})
		text := strings.Repeat(fmt.Sprintf("line of %d\n", i), 2000)
		want.WriteString(text)
		put(t, m, s, s.stdout, text)
		await(t, f.Finish(s.dir))
		if out.String() != want.String() {
			t.Fatalf("service %d: %d bytes printed when Finish answered, wanted %d", i, len(out.String()), want.Len())
		}
		m.Remove(s.dir)
	}
	f.FinishAll()
	if err := ending(t, ended); err != nil {
		t.Fatal(err)
	}
}

func TestFollowDirectoryMadeAnew(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	out := newScreen()
	f, _ := startFollower(t, Format{}, out)
	s := addService(t, m, root, "a-1", 0, 0)
	f.Add(sourceOf(s), Query{Follow: true, Tail: -1})
	put(t, m, s, s.stdout, "first life\n")
	out.wait(t, "first life\n")
	m.Remove(s.dir)
	if err := os.RemoveAll(filepath.Dir(s.dir)); err != nil {
		t.Fatal(err)
	}
	s = addService(t, m, root, "a-1", 0, 0)
	put(t, m, s, s.stdout, "second life\n")
	out.wait(t, "first life\nsecond life\n")
}

func TestFollowOvertakenByRotation(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	out := newScreen()
	out.gate = make(chan struct{})
	f, ended := startFollower(t, Format{Prefix: true}, out)
	s := addService(t, m, root, "a-1", 4096, 2)
	f.Add(sourceOf(s), Query{Follow: true, Tail: -1})
	put(t, m, s, s.stdout, "one\n")
	// The follower is inside its first write when this arrives.
	out.gate <- struct{}{}
	out.wait(t, "a-1  | one\n")
	put(t, m, s, s.stdout, "two\n")
	text := strings.Repeat(strings.Repeat("q", 99)+"\n", 2000)
	put(t, m, s, s.stdout, text)
	f.FinishAll()
	for {
		select {
		case out.gate <- struct{}{}:
			continue
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
		}
		break
	}
	var skipped, shown int
	for line := range strings.Lines(out.String()) {
		var n int
		if _, err := fmt.Sscanf(line, "a-1  | %d bytes skipped", &n); err == nil {
			skipped += n
		} else {
			shown += len(line) - len("a-1  | ")
		}
	}
	// A line cut by the loss is ended with one line feed of ours.
	if total := len("one\ntwo\n") + len(text); skipped == 0 || skipped+shown < total || skipped+shown > total+3 {
		t.Errorf("%d bytes shown and %d said to be skipped, of %d", shown, skipped, total)
	}
}

func TestFollowUntil(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 0, 0)
	put(t, m, s, s.stdout, "line\n")
	out := newScreen()
	q := Query{Follow: true, Tail: -1, Until: time.Now().Add(50 * time.Millisecond)}
	if err := Print(t.Context(), out, out, []Source{sourceOf(s)}, q, Format{}); err != nil {
		t.Fatal(err)
	}
	if out.String() != "line\n" || time.Now().Before(q.Until) {
		t.Errorf("printed %q", out.String())
	}
}

func TestFollowEndsWithItsContext(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 0, 0)
	put(t, m, s, s.stdout, "whole\npart")
	out := newScreen()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() {
		ended <- Print(ctx, out, out, []Source{sourceOf(s)}, Query{Follow: true, Tail: -1}, Format{})
	}()
	out.wait(t, "whole\n")
	cancel()
	if err := ending(t, ended); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if out.String() != "whole\npart\n" {
		t.Errorf("printed %q", out.String())
	}
}

// The mover dies and another goes on: a follower does not notice.
func TestFollowOverMovers(t *testing.T) {
	root := t.TempDir()
	out := newScreen()
	f, _ := startFollower(t, Format{}, out)
	dir := logDir(root, "a-1")
	f.Add(Source{Container: "a-1", Service: "a", Dir: dir}, Query{Follow: true, Tail: -1})
	r, w, err := NewPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	want := ""
	for i := range 20 {
		m, err := OpenMover(root, MoverOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Add(Stream{Dir: dir, Name: "stdout", Pipe: r, Bounds: Bounds{MaxSize: 4096, MaxFiles: 100}}); err != nil {
			t.Fatal(err)
		}
		text := strings.Repeat(fmt.Sprintf("mover %d\n", i), 100)
		if _, err := w.WriteString(text); err != nil {
			t.Fatal(err)
		}
		want += text
		out.wait(t, want)
		m.Close()
	}
}

// readdir(3) may show a new segment and not the one made before it.
func TestSegmentThatTheListingMissed(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 4096, 10)
	text := string(benchLines(12_000))
	put(t, m, s, s.stdout, text)
	r := &streamReader{dir: s.dir, name: "stdout"}
	defer r.close()
	for _, listed := range [][]int{{1}, {1, 3}} {
		if err := r.refresh(listed); err != nil {
			t.Fatal(err)
		}
	}
	if len(r.segments) != 3 || r.end() != uint64(len(text)) {
		t.Errorf("%d segments with %d bytes, wanted 3 with %d", len(r.segments), r.end(), len(text))
	}
}

func TestAddAfterFinishAll(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 0, 0)
	put(t, m, s, s.stdout, "late\n")
	out := newScreen()
	f, err := NewFollower(out, out, Format{})
	if err != nil {
		t.Fatal(err)
	}
	f.FinishAll()
	f.Add(sourceOf(s), Query{Follow: true, Tail: -1})
	if err := f.Run(t.Context()); err != nil || out.String() != "late\n" {
		t.Errorf("printed %q, %v", out.String(), err)
	}
}

// A directory that is made while the watch looks for it is printed once.
func TestFollowDirectoryMadeMeanwhile(t *testing.T) {
	root := t.TempDir()
	for i := range 200 {
		dir := logDir(root, fmt.Sprintf("s%d-1", i))
		w, err := newWatcher()
		if err != nil {
			t.Fatal(err)
		}
		made := make(chan error, 1)
		go func() { made <- os.MkdirAll(dir, 0o700) }()
		s := &source{Source: Source{Dir: dir}}
		err = w.add(s)
		if e := <-made; err != nil || e != nil {
			t.Fatal(err, e)
		}
		if watched := s.ident != (dirIdent{}); watched == s.gone {
			t.Fatalf("watched %v, gone %v", watched, s.gone)
		}
		if err := unix.Close(w.fd); err != nil {
			t.Fatal(err)
		}
	}
}

// A container that is made, writes and ends before its follower has looked.
func TestFollowShortLives(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	out := newScreen()
	f, _ := startFollower(t, Format{}, out)
	want := ""
	for i := range 100 {
		name := fmt.Sprintf("s%d-1", i)
		f.Add(Source{Container: name, Dir: logDir(root, name)}, Query{Follow: true, Tail: -1})
		s := addService(t, m, root, name, 4096, 100)
		put(t, m, s, s.stdout, name+"\n")
		await(t, f.Finish(s.dir))
		m.Remove(s.dir)
		if want += name + "\n"; out.String() != want {
			t.Fatalf("printed %.1000q, wanted %.1000q", out.String(), want)
		}
	}
}

// Who waits for what was asked for is answered, also when it cannot be followed.
func TestFollowFails(t *testing.T) {
	t.Setenv("MOCKER_FORCE_ERRNO", "inotify=EMFILE")
	out := newScreen()
	f, err := NewFollower(out, out, Format{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	answers := []<-chan struct{}{
		f.AddNow(Source{Dir: dir}, Query{Follow: true}), f.AddNow(Source{Dir: t.TempDir()}, Query{Follow: true}), f.Finish(dir),
	}
	if err := f.Run(t.Context()); !errors.Is(err, unix.EMFILE) {
		t.Errorf("%v", err)
	}
	for n, c := range append(answers, f.Finish(dir)) {
		select {
		case <-c:
		case <-time.After(deadline):
			t.Errorf("request %d is not answered", n+1)
		}
	}
}
