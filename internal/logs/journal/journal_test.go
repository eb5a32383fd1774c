package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/logs"
	"github.com/mocker-compose/mocker-compose/internal/logs/tag"
	"github.com/mocker-compose/mocker-compose/project"
)

// deadline bounds what hangs.
const deadline = 30 * time.Second

// sender in the environment makes this binary a forwarder of the directory it names,
// until it is killed.
const sender = "JOURNAL_TEST_SEND"

func TestMain(m *testing.M) {
	if dir := os.Getenv(sender); dir != "" {
		New(func(string) {}).Add(dir, web())
		select {}
	}
	os.Exit(m.Run())
}

// fakeJournal keeps the entries that it gets.
type fakeJournal struct {
	conn *net.UnixConn
	mu   sync.Mutex
	got  []map[string]string
}

func listen(t *testing.T, path string) *fakeJournal {
	t.Helper()
	t.Setenv(socketVar, path)
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	j := &fakeJournal{conn: conn}
	t.Cleanup(j.close)
	go j.read()
	return j
}

func (j *fakeJournal) close() { j.conn.Close() }

func (j *fakeJournal) read() {
	b, oob := make([]byte, 1<<20), make([]byte, 128)
	for {
		n, oobn, _, _, err := j.conn.ReadMsgUnix(b, oob)
		if err != nil {
			return
		}
		entry := b[:n]
		if oobn > 0 {
			entry = fromFile(oob[:oobn])
		}
		e, err := parseEntry(entry)
		if err != nil {
			e = map[string]string{"BROKEN": err.Error()}
		}
		j.mu.Lock()
		j.got = append(j.got, e)
		j.mu.Unlock()
	}
}

// fromFile reads a large entry, which must be sealed.
func fromFile(oob []byte) []byte {
	msgs, _ := unix.ParseSocketControlMessage(oob)
	fds, _ := unix.ParseUnixRights(&msgs[0])
	f := os.NewFile(uintptr(fds[0]), "entry")
	defer f.Close()
	if seals, err := unix.FcntlInt(f.Fd(), unix.F_GET_SEALS, 0); err != nil || seals&unix.F_SEAL_WRITE == 0 {
		return []byte("NOT SEALED")
	}
	st, _ := f.Stat()
	b := make([]byte, st.Size())
	_, _ = f.ReadAt(b, 0)
	return b
}

// parseEntry reads the native protocol.
func parseEntry(b []byte) (map[string]string, error) {
	e := map[string]string{}
	for len(b) > 0 {
		i := bytes.IndexAny(b, "=\n")
		if i < 0 {
			return nil, fmt.Errorf("no value in %q", b)
		}
		name := string(b[:i])
		if b[i] == '=' {
			v, rest, ok := bytes.Cut(b[i+1:], []byte("\n"))
			if !ok {
				return nil, fmt.Errorf("%s has no end", name)
			}
			e[name], b = string(v), rest
			continue
		}
		n := int(binary.LittleEndian.Uint64(b[i+1:]))
		v := b[i+9:]
		if len(v) <= n || v[n] != '\n' {
			return nil, fmt.Errorf("%s: wrong length", name)
		}
		e[name], b = string(v[:n]), v[n+1:]
	}
	return e, nil
}

// wait waits for n entries and returns all.
func (j *fakeJournal) wait(t *testing.T, n int) []map[string]string {
	t.Helper()
	for end := time.Now().Add(deadline); ; time.Sleep(5 * time.Millisecond) {
		j.mu.Lock()
		got := slices.Clone(j.got)
		j.mu.Unlock()
		if len(got) >= n {
			return got
		}
		if time.Now().After(end) {
			t.Fatalf("%d entries, want %d", len(got), n)
		}
	}
}

func web() *Container {
	return &Container{
		Project: "demo", Service: "web", Number: 1,
		Facts:   tag.Facts{ID: strings.Repeat("0123456789abcdef", 4), Name: "demo-web-1", Image: "nginx:1"},
		Logging: project.Logging{Tag: "{{.Name}}/{{.ID}}", Labels: []string{"com.example.a"}, EnvRegex: "^APP_"},
		Labels:  map[string]string{"com.example.a": "x", "other": "y"},
		Env:     []string{"APP_MODE=test", "HOME=/"},
	}
}

// stream is a stream with its mover.
func stream(t *testing.T, root string, max int64) (dir string, w *os.File, m *logs.Mover) {
	t.Helper()
	m, err := logs.OpenMover(root, logs.MoverOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	dir = root + "/c/web-1/logs"
	for _, name := range []string{"stderr", "stdout"} {
		r, out, err := logs.NewPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Add(logs.Stream{Dir: dir, Name: name, Pipe: r, Bounds: logs.Bounds{MaxSize: max}}); err != nil {
			t.Fatal(err)
		}
		r.Close()
		t.Cleanup(func() { out.Close() })
		if w = out; name == "stderr" {
			if _, err := out.WriteString("aside\n"); err != nil {
				t.Fatal(err)
			}
		}
	}
	return dir, w, m
}

// Every field of an entry, of a line of each stream, with any bytes, and of one that is
// too large for a datagram.
func TestEntries(t *testing.T) {
	j := listen(t, filepath.Join(t.TempDir(), "socket"))
	dir, w, _ := stream(t, t.TempDir(), 0)
	f := New(func(s string) { t.Log(s) })
	defer f.Close()
	f.Add(dir, web())
	j.wait(t, 1)
	long := strings.Repeat("long", 100_000)
	if _, err := w.WriteString("one\nbad \xff\x00\r\n" + long + "\nno end"); err != nil {
		t.Fatal(err)
	}
	got := j.wait(t, 4)
	f.Finish(dir)
	got = append(got[:4:4], j.wait(t, 5)[4:]...)
	id := web().Facts.ID
	for i, want := range []struct{ message, priority, at string }{
		{"aside", "3", "stderr 6"}, {"one", "6", "stdout 4"}, {"bad \xff\x00\r", "6", "stdout 12"}, {long, "6", "stdout 400013"}, {"no end", "6", "stdout 400019"},
	} {
		e := got[i]
		if _, err := time.Parse(time.RFC3339Nano, e["SYSLOG_TIMESTAMP"]); err != nil {
			t.Error(err)
		}
		delete(e, "SYSLOG_TIMESTAMP")
		if e["MESSAGE"] != want.message || e["PRIORITY"] != want.priority || e["MOCKER_LOG_POSITION"] != want.at {
			t.Errorf("entry %d: %.60q, priority %s, at %s", i, e["MESSAGE"], e["PRIORITY"], e["MOCKER_LOG_POSITION"])
		}
		for _, k := range []string{"MESSAGE", "PRIORITY", "MOCKER_LOG_POSITION"} {
			delete(e, k)
		}
		if fields := map[string]string{
			"CONTAINER_ID": id[:12], "CONTAINER_ID_FULL": id, "CONTAINER_NAME": "demo-web-1", "CONTAINER_TAG": "demo-web-1/" + id[:12],
			"SYSLOG_IDENTIFIER": "demo-web-1/" + id[:12], "IMAGE_NAME": "nginx:1", "COM_EXAMPLE_A": "x", "APP_MODE": "test",
			"COM_DOCKER_COMPOSE_PROJECT": "demo", "COM_DOCKER_COMPOSE_SERVICE": "web", "COM_DOCKER_COMPOSE_CONTAINER_NUMBER": "1",
		}; !reflect.DeepEqual(e, fields) {
			t.Errorf("entry %d: fields %v", i, e)
		}
	}
}

// A journal that is not there, comes, goes and comes again: every line is there once.
func TestJournalComesAndGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "socket")
	t.Setenv(socketVar, path)
	dir, w, _ := stream(t, t.TempDir(), 0)
	said := make(chan string, 100)
	f := New(func(s string) { said <- s })
	defer f.Close()
	f.Add(dir, web())
	if s := <-said; !strings.Contains(s, "lines stay in the files") {
		t.Errorf("said %q", s)
	}
	all := 0
	for round := range 3 {
		j := listen(t, path)
		for n := range 50 {
			if _, err := fmt.Fprintf(w, "round %d line %d\n", round, n); err != nil {
				t.Fatal(err)
			}
		}
		want := 50
		if round == 0 {
			want++ // of stderr
		}
		got := j.wait(t, want)
		if len(got) != want {
			t.Errorf("round %d: %d entries, want %d", round, len(got), want)
		}
		all += len(got)
		j.close()
		os.Remove(path)
	}
	if all != 151 {
		t.Errorf("%d entries", all)
	}
}

// A forwarder that is closed at once has sent what was there.
func TestCloseSendsTheRest(t *testing.T) {
	j := listen(t, filepath.Join(t.TempDir(), "socket"))
	dir, w, m := stream(t, t.TempDir(), 0)
	const lines = 2000
	for n := range lines {
		if _, err := fmt.Fprintf(w, "line %d\n", n); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Drain(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	f := New(func(s string) { t.Error(s) })
	f.Add(dir, web())
	f.Close()
	if got := j.wait(t, lines+1); got[len(got)-1]["MESSAGE"] == "" {
		t.Errorf("%d entries, the last %v", len(got), got[len(got)-1])
	}
}

// Where nothing listens Close does not wait for it.
func TestCloseWithoutAJournal(t *testing.T) {
	t.Setenv(socketVar, filepath.Join(t.TempDir(), "none"))
	dir, _, _ := stream(t, t.TempDir(), 0)
	said := make(chan string, 10)
	f := New(func(s string) { said <- s })
	f.Add(dir, web())
	f.Close()
	if s := <-said; !strings.Contains(s, "lines stay in the files") {
		t.Errorf("said %q", s)
	}
}

// Forwarders that are killed at any moment: no line is missing, and at most one is there
// twice for each kill, which its position tells.
func TestKilledForwarders(t *testing.T) {
	j := listen(t, filepath.Join(t.TempDir(), "socket"))
	dir, w, _ := stream(t, t.TempDir(), 0)
	const lines = 4000
	go func() {
		for n := range lines {
			fmt.Fprintf(w, "line %d\n", n)
			if n%20 == 0 {
				time.Sleep(time.Millisecond)
			}
		}
	}()
	kills := 0
	count := func() int { j.mu.Lock(); defer j.mu.Unlock(); return len(j.got) }
	for count() < lines+1 && kills < 200 {
		c := exec.Command("/proc/self/exe")
		c.Env = append(os.Environ(), sender+"="+dir)
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(30+kills%7*10) * time.Millisecond)
		_ = c.Process.Kill()
		_ = c.Wait()
		kills++
	}
	f := New(func(s string) { t.Log(s) })
	defer f.Close()
	f.Add(dir, web())
	seen, twice := map[string]string{}, 0
	for end := time.Now().Add(deadline); len(seen) < lines+1 && time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		seen, twice = map[string]string{}, 0
		for _, e := range j.wait(t, lines+1) {
			if _, again := seen[e["MOCKER_LOG_POSITION"]]; again {
				twice++
			}
			seen[e["MOCKER_LOG_POSITION"]] = e["MESSAGE"]
		}
	}
	at := 0
	for n := range lines {
		line := "line " + strconv.Itoa(n)
		at += len(line) + 1
		if got := seen["stdout "+strconv.Itoa(at)]; got != line {
			t.Fatalf("at %d: %q, want %q", at, got, line)
		}
	}
	if twice > 2*kills { // one of each stream
		t.Errorf("%d lines twice after %d kills", twice, kills)
	}
	t.Logf("%d kills, %d lines twice", kills, twice)
}

func TestFieldName(t *testing.T) {
	for in, want := range map[string]string{"com.docker.a-b": "COM_DOCKER_A_B", "_x": "X", "1a": "A", "é": "", "...": "", strings.Repeat("a", 99): strings.Repeat("A", 64)} {
		if got := fieldName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
