package logs

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestParseTime(t *testing.T) {
	now := time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)
	local := func(h, m, s, ns int) time.Time { return time.Date(2026, 1, 2, h, m, s, ns, time.Local) }
	for text, want := range map[string]time.Time{
		"10m":                            now.Add(-10 * time.Minute),
		"1h30m":                          now.Add(-90 * time.Minute),
		"1.5s":                           now.Add(-1500 * time.Millisecond),
		"1767366245":                     time.Unix(1767366245, 0),
		"1767366245.5":                   time.Unix(1767366245, 500_000_000),
		"1767366245.000000001":           time.Unix(1767366245, 1),
		"0":                              time.Unix(0, 0),
		"2026-01-02T15:04:05Z":           time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC),
		"2026-01-02T15:04:05.123456789Z": time.Date(2026, 1, 2, 15, 4, 5, 123456789, time.UTC),
		"2026-01-02T15:04:05+02:00":      time.Date(2026, 1, 2, 13, 4, 5, 0, time.UTC),
		"2026-01-02T15:04Z":              time.Date(2026, 1, 2, 15, 4, 0, 0, time.UTC),
		"2026-01-02Z":                    time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC),
		"2026-01-02T15:04:05":            local(15, 4, 5, 0),
		"2026-01-02T15:04:05.5":          local(15, 4, 5, 500_000_000),
		"2026-01-02T15:04":               local(15, 4, 0, 0),
		"2026-01-02T15":                  local(15, 0, 0, 0),
		"2026-01-02":                     local(0, 0, 0, 0),
		"2026-01-02 15:04:05":            local(15, 4, 5, 0),
	} {
		if got, err := ParseTime(text, now); err != nil || !got.Equal(want) {
			t.Errorf("ParseTime(%q) = %v, %v; wanted %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "yesterday", "10", "1.", "1.0000000001", "2026-13-01", "10x", "1.-5", "m"} {
		if got, err := ParseTime(text, now); err == nil && text != "10" {
			t.Errorf("ParseTime(%q) = %v, wanted an error", text, got)
		}
	}
}

func TestParseFile(t *testing.T) {
	for _, n := range []int{1, 42, 99_999_999, 100_000_000} {
		for _, stream := range []string{"stdout", "stderr", "a-b"} {
			if s, m, index, ok := parseFile(logFile(stream, n)); s != stream || m != n || index || !ok {
				t.Errorf("log %s %d is parsed as %s %d %v %v", stream, n, s, m, index, ok)
			}
			if s, m, index, ok := parseFile(indexFile(stream, n)); s != stream || m != n || !index || !ok {
				t.Errorf("index %s %d is parsed as %s %d %v %v", stream, n, s, m, index, ok)
			}
		}
	}
	for _, file := range []string{"", ".log", "stdout.log", "stdout-1.log", "-00000001.log", "stdout-00000000.log", "stdout-0000000x.log", "stdout-00000001.txt", "stdout-00000001"} {
		if _, _, _, ok := parseFile(file); ok {
			t.Errorf("%q is taken for a log file", file)
		}
	}
}

func TestColor(t *testing.T) {
	used := map[string]bool{}
	for i := range 100 {
		begin, end := Color(fmt.Sprint("service", i))
		again, _ := Color(fmt.Sprint("service", i))
		if begin != again || !strings.HasPrefix(begin, "\x1b[") || end != "\x1b[0m" {
			t.Fatalf("%q %q %q", begin, again, end)
		}
		used[begin] = true
	}
	if len(used) != len(palette) {
		t.Errorf("100 services use %d of %d colours", len(used), len(palette))
	}
	// Names keep their colours from one version to the next.
	if begin, _ := Color("web"); begin != "\x1b[36m" {
		t.Errorf("the colour of web is now %q", begin)
	}
}

func TestEventString(t *testing.T) {
	for k := Rotated; k <= Degraded; k++ {
		e := Event{Kind: k, Dir: "/logs", Name: "stdout", Bytes: 5, Err: os.ErrPermission}
		if s := e.String(); k.String() == "" || !strings.Contains(s, "/logs/stdout: ") {
			t.Errorf("event %d %q: %q", k, k, s)
		}
	}
}

func FuzzSafe(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[31m\x00\x7f\r\n\r", "\u009b\u202e\xc2", "é\u2066€\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out := appendSafe(nil, b)
		if !utf8.Valid(out) {
			t.Fatalf("%q is shown as %q: no UTF-8", b, out)
		}
		for _, r := range string(out) {
			if (r < ' ' && r != '\n' && r != '\t') || r == 0x7f || steersTerminal(r) {
				t.Fatalf("%q is shown as %q", b, out)
			}
		}
		if bytes.Count(out, []byte("\n")) != bytes.Count(b, []byte("\n")) {
			t.Fatalf("%q is shown as %q: other lines", b, out)
		}
		if again := appendSafe(nil, out); !bytes.Equal(again, out) {
			t.Fatalf("%q is shown as %q, and that as %q", b, out, again)
		}
	})
}

// However the bytes are cut into chunks, the lines look the same.
func FuzzPrinter(f *testing.F) {
	f.Add([]byte("one\ntwo\r\n\x1b[0m€\n"), uint16(3), uint8(7))
	f.Add(bytes.Repeat([]byte("\xe2\x82\xac\r"), 9000), uint16(5000), uint8(15))
	f.Fuzz(func(t *testing.T, b []byte, size uint16, how uint8) {
		format := Format{Prefix: how&1 > 0, Timestamps: how&2 > 0, Terminal: how&4 > 0, Raw: how&8 > 0}
		whole := feedAll(format, b, len(b)+1)
		if cut := feedAll(format, b, int(size)+1); !bytes.Equal(whole, cut) {
			t.Fatalf("%+v: in one piece %.300q, in pieces of %d %.300q", format, whole, size+1, cut)
		}
		if format.Raw && !bytes.Equal(whole, b) {
			t.Fatalf("raw: %q printed as %q", b, whole)
		}
	})
}

func feedAll(format Format, b []byte, size int) []byte {
	var out bytes.Buffer
	o, e := newSinks(&out, &out)
	p := &printer{format: format, out: o, err: e}
	src := &source{Source: Source{Container: "a-1"}, query: Query{Tail: -1}}
	s := src.newStream("stdout", p)
	for len(b) > 0 {
		n := min(size, len(b), readSize)
		p.feed(s, b[:n], chunk{wall: 1})
		b = b[n:]
	}
	p.finish(s)
	o.flush()
	return out.Bytes()
}

// An index is a file that anybody can spoil: the reader must still end, and
// print every byte of the segment once.
func FuzzIndex(f *testing.F) {
	good := record{seq: indexMagic}.encode()
	good = append(good, record{seq: 1, offset: 0}.encode()...)
	good = append(good, record{seq: 2, offset: 5}.encode()...)
	f.Add(good, []byte("12345678"))
	f.Add(append(good, record{seq: 1, offset: 3}.encode()...), []byte("12345678"))
	f.Add([]byte("short"), []byte("12345678"))
	f.Fuzz(func(t *testing.T, index, text []byte) {
		dir := t.TempDir()
		writeFile(t, dir+"/"+logFile("stdout", 1), string(text))
		writeFile(t, dir+"/"+indexFile("stdout", 1), string(index))
		out, _ := printed(t, []Source{{Container: "a", Dir: dir}}, Query{Tail: -1}, Format{Raw: true})
		if out != string(text) {
			t.Fatalf("printed %q of %q", out, text)
		}
		printed(t, []Source{{Container: "a", Dir: dir}}, Query{Tail: 2, Since: time.Unix(0, 1)}, Format{})
	})
}
