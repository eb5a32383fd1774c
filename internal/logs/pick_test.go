package logs

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/logs/match"
)

func filterFor(t testing.TB, levels string, patterns ...string) *match.Filter {
	t.Helper()
	return filterOf(t, levels, false, patterns...)
}

func filterOf(t testing.TB, levels string, invert bool, patterns ...string) *match.Filter {
	t.Helper()
	f, err := match.New(patterns, invert, levels)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// talk is what one service has written, in all the ways that lines come.
const talk = "INFO start\nGET /a 200\r\nERROR broken\n\tat main\n\tat run\nINFO done\nGET /b 500\nbad \xff\xfe byte\n\nno end"

func TestFilters(t *testing.T) {
	m := openMover(t, t.TempDir(), MoverOptions{})
	s := addService(t, m, t.TempDir(), "web-1", 0, 0)
	for part := range strings.SplitSeq(talk, "x") {
		put(t, m, s, s.stdout, part)
	}
	put(t, m, s, s.stderr, "WARN aside\n")
	for _, c := range []struct {
		name   string
		q      Query
		f      Format
		out, e string
	}{
		{"one pattern", Query{Tail: -1, Filter: filterOf(t, "", false, "GET")}, Format{}, "GET /a 200\r\nGET /b 500\n", ""},
		{"two patterns", Query{Tail: -1, Filter: filterOf(t, "", false, "200$", "^no")}, Format{Prefix: true}, "web-1  | GET /a 200\r\nweb-1  | no end\n", ""},
		{"inverted", Query{Tail: -1, Filter: filterOf(t, "", true, "[A-Z]", "at")}, Format{}, "bad \xff\xfe byte\n\nno end\n", ""},
		{"level", Query{Tail: -1, Filter: filterOf(t, "warn", false)}, Format{}, "ERROR broken\n\tat main\n\tat run\n", "WARN aside\n"},
		{"span", Query{Tail: -1, Filter: filterOf(t, "info..info", false)}, Format{}, "INFO start\nINFO done\n", ""},
		{"level and pattern", Query{Tail: -1, Filter: filterOf(t, "error", false, "run|done")}, Format{}, "\tat run\n", ""},
		{"tail counts what matches", Query{Tail: 2, Filter: filterOf(t, "", false, "GET|INFO")}, Format{}, "INFO done\nGET /b 500\n", ""},
		{"tail within a trace", Query{Tail: 2, Filter: filterOf(t, "error", false)}, Format{}, "\tat main\n\tat run\n", ""},
		{"tail over both streams", Query{Tail: 3, Filter: filterOf(t, "warn", false)}, Format{}, "\tat main\n\tat run\n", "WARN aside\n"},
		{"raw", Query{Tail: -1, Filter: filterOf(t, "", false, "200|bad|no")}, Format{Raw: true, Prefix: true}, "GET /a 200\r\nbad \xff\xfe byte\nno end", ""},
		{"highlight", Query{Tail: -1, Filter: filterOf(t, "", false, "b.?d", "byte")}, Format{Highlight: true, Terminal: true}, "\x1b[1;31mbad\x1b[0m \\xff\\xfe \x1b[1;31mbyte\x1b[0m\n", ""},
		{"nothing", Query{Tail: 5, Filter: filterOf(t, "", false, "absent")}, Format{Prefix: true}, "", ""},
	} {
		out, errOut := printed(t, []Source{sourceOf(s)}, c.q, c.f)
		if out != c.out || errOut != c.e {
			t.Errorf("%s: out %q, err %q; want %q, %q", c.name, out, errOut, c.out, c.e)
		}
	}
}

// TestJSON: the schema, byte for byte but for the times.
func TestJSON(t *testing.T) {
	m := openMover(t, t.TempDir(), MoverOptions{})
	s := addService(t, m, t.TempDir(), "web-1", 0, 0)
	put(t, m, s, s.stdout, "ERROR \"quoted\" \\ \t\u2028é<&>\r\n\tat x\nbad \xff \x00\x1b\n")
	put(t, m, s, s.stderr, "no end")
	src := sourceOf(s)
	src.Name = "demo-web-1"
	out, errOut := printed(t, []Source{src}, Query{Tail: -1}, Format{JSON: true, Prefix: true, Timestamps: true, Color: true})
	if errOut != "" {
		t.Errorf("on the error output: %q", errOut)
	}
	want := []string{
		`"position":28,"service":"web","container":"demo-web-1","stream":"stdout","level":"error","line":"ERROR \"quoted\" \\ \t\u2028é<&>\r"}`,
		`"position":34,"service":"web","container":"demo-web-1","stream":"stdout","level":"error","line":"\tat x"}`,
		`"position":43,"service":"web","container":"demo-web-1","stream":"stdout","line":"bad ` + "\ufffd" + ` \u0000\u001b","bytes":"YmFkIP8gABs="}`,
		`"position":6,"service":"web","container":"demo-web-1","stream":"stderr","line":"no end"}`,
	}
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if len(lines) != len(want) {
		t.Fatalf("%d lines:\n%s", len(lines), out)
	}
	last := uint64(0)
	for i, line := range lines {
		var v struct {
			Time     time.Time
			Sequence uint64
		}
		if err := json.Unmarshal([]byte(line), &v); err != nil || time.Since(v.Time) > time.Hour || v.Sequence < max(last, 1) {
			t.Errorf("%s: %v", line, err)
		}
		last = v.Sequence
		if _, rest, _ := strings.Cut(line, `,"sequence":`+fmt.Sprint(v.Sequence)+`,`); rest != want[i] {
			t.Errorf("line %d:\n got %s\nwant %s", i, rest, want[i])
		}
	}
}

// TestJSONOrder: sequence and position are an order of all lines without two that are equal,
// and a line has the same ones in whichever way it comes to be read.
func TestJSONOrder(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	a, b := addService(t, m, root, "web-1", 4<<10, 100), addService(t, m, root, "db-1", 4<<10, 100)
	for n := range 60 {
		put(t, m, a, a.stdout, strings.Repeat(fmt.Sprintf("one %d\ntwo\n\n", n), 1+n%7))
		put(t, m, b, b.stderr, fmt.Sprintf("ERROR %d\nno end", n))
	}
	type place struct{ Sequence, Position uint64 }
	read := func(q Query) (order []place, lines map[place]string) {
		t.Helper()
		lines = map[place]string{}
		out, _ := printed(t, []Source{sourceOf(a), sourceOf(b)}, q, Format{JSON: true})
		for text := range strings.Lines(out) {
			var v place
			if err := json.Unmarshal([]byte(text), &v); err != nil {
				t.Fatal(err)
			}
			order, lines[v] = append(order, v), text
		}
		return order, lines
	}
	order, all := read(Query{Tail: -1})
	if len(all) != len(order) || len(order) < 500 {
		t.Fatalf("%d lines have %d places", len(order), len(all))
	}
	if !slices.IsSortedFunc(order, func(x, y place) int {
		return cmp.Or(cmp.Compare(x.Sequence, y.Sequence), cmp.Compare(x.Position, y.Position))
	}) {
		t.Error("they are not printed in their order")
	}
	for _, q := range []Query{{Tail: 7}, {Tail: 300}, {Tail: -1, Filter: filterOf(t, "", false, "one 4")}, {Tail: 20, Filter: filterOf(t, "error", false)}} {
		some, lines := read(q)
		if len(some) == 0 {
			t.Fatalf("%+v finds nothing", q)
		}
		for at, line := range lines {
			if level := `,"level":"error"`; strings.ReplaceAll(all[at], level, "") != strings.ReplaceAll(line, level, "") {
				t.Errorf("%+v: %+v is %q, and read whole %q", q, at, line, all[at])
			}
		}
	}
}

// TestPickIsExact: any bytes, in any pieces, over rotations: JSON gives back each, and
// the last lines that match are those of all that match.
func TestPickIsExact(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "web-1", 4<<10, 100)
	var all bytes.Buffer
	for range 400 {
		line := make([]byte, rand.IntN(300))
		for i := range line {
			line[i] = "abc E\t\xffé"[rand.IntN(9)]
		}
		line = append(line, []string{"", "\n", "\n", "\r\n", "\n\n"}[rand.IntN(5)]...)
		if rand.IntN(3) == 0 {
			line = append([]byte(" ERROR "), line...)
		}
		all.Write(line)
		put(t, m, s, s.stdout, string(line))
	}
	var back bytes.Buffer
	out, _ := printed(t, []Source{sourceOf(s)}, Query{Tail: -1}, Format{JSON: true})
	for line := range strings.Lines(out) {
		var v struct{ Line, Bytes string }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		text := []byte(v.Line)
		if v.Bytes != "" {
			text, _ = base64.StdEncoding.DecodeString(v.Bytes)
		}
		back.Write(append(text, '\n'))
	}
	if want := append(bytes.TrimSuffix(all.Bytes(), []byte("\n")), '\n'); !bytes.Equal(back.Bytes(), want) {
		t.Errorf("%d bytes came back of %d", back.Len(), len(want))
	}
	for _, f := range []*match.Filter{filterOf(t, "", false, "a.b"), filterOf(t, "error", false), filterOf(t, "error", false, "E E"), filterOf(t, "", true, "a")} {
		whole, _ := printed(t, []Source{sourceOf(s)}, Query{Tail: -1, Filter: f}, Format{})
		lines := slices.Collect(strings.Lines(whole))
		for _, n := range []int{0, 1, 2, 17, len(lines) - 1, len(lines), len(lines) + 5} {
			want := strings.Join(lines[max(0, len(lines)-max(n, 0)):], "")
			if got, _ := printed(t, []Source{sourceOf(s)}, Query{Tail: max(n, 0), Filter: f}, Format{}); got != want {
				t.Fatalf("the last %d of %d: %d bytes, want %d", n, len(lines), len(got), len(want))
			}
		}
	}
}

// TestLongLinesInPieces: a line longer than what is held is judged by its beginning.
func TestLongLinesInPieces(t *testing.T) {
	m := openMover(t, t.TempDir(), MoverOptions{})
	s := addService(t, m, t.TempDir(), "web-1", 0, 0)
	long := strings.Repeat("y", 2*holdMost+holdMost/2)
	put(t, m, s, s.stdout, "x"+long+"\nshort\n"+long+"x\n")
	if out, _ := printed(t, []Source{sourceOf(s)}, Query{Tail: -1, Filter: filterOf(t, "", false, "x")}, Format{}); out != "x"+long+"\n" {
		t.Errorf("%d bytes, want the first line alone", len(out))
	}
	out, _ := printed(t, []Source{sourceOf(s)}, Query{Tail: -1}, Format{JSON: true})
	var partial []bool
	for line := range strings.Lines(out) {
		var v struct{ Partial bool }
		if err := json.Unmarshal([]byte(line), &v); err != nil {
			t.Fatal(err)
		}
		partial = append(partial, v.Partial)
	}
	if want := []bool{true, true, false, false, true, true, false}; !reflect.DeepEqual(partial, want) {
		t.Errorf("pieces %v, want %v", partial, want)
	}
}

// TestEach: lines are handed on with the position to go on at; an error ends it.
func TestEach(t *testing.T) {
	m := openMover(t, t.TempDir(), MoverOptions{})
	s := addService(t, m, t.TempDir(), "web-1", 0, 0)
	put(t, m, s, s.stdout, "one\ntwo\nthree")
	var got []string
	err := Print(context.Background(), &bytes.Buffer{}, &bytes.Buffer{}, []Source{sourceOf(s)}, Query{Tail: -1}, Format{Each: func(l *Line) error {
		got = append(got, fmt.Sprintf("%s %s %d", l.Stream, l.Text, l.Position))
		return nil
	}})
	if want := []string{"stdout one 4", "stdout two 8", "stdout three 13"}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%q, %v", got, err)
	}
	err = Print(context.Background(), &bytes.Buffer{}, &bytes.Buffer{}, []Source{sourceOf(s)}, Query{Tail: -1}, Format{Each: func(*Line) error { return fmt.Errorf("full") }})
	if err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("error %v", err)
	}
}
