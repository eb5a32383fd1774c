package logs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"
)

func TestPrintMergesByArrival(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	web := addService(t, m, root, "web-1", 4096, 100)
	db := addService(t, m, root, "database-1", 4096, 100)
	var wantOut, wantErr strings.Builder
	for i := range 300 {
		line := fmt.Sprintf("line %d\n", i)
		switch i % 3 {
		case 0:
			put(t, m, web, web.stdout, line)
			wantOut.WriteString("web-1       | " + line)
		case 1:
			put(t, m, db, db.stdout, line)
			wantOut.WriteString("database-1  | " + line)
		case 2:
			put(t, m, db, db.stderr, line)
			wantErr.WriteString("database-1  | " + line)
		}
	}
	out, errOut := printed(t, []Source{sourceOf(web), sourceOf(db)}, Query{Tail: -1}, Format{Prefix: true})
	if out != wantOut.String() {
		t.Errorf("out:\n%s\nwanted:\n%s", out, wantOut.String())
	}
	if errOut != wantErr.String() {
		t.Errorf("errOut:\n%s\nwanted:\n%s", errOut, wantErr.String())
	}
}

func TestFormats(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "web-1", 0, 0)
	put(t, m, s, s.stdout, "plain\n\n\x1b[31mred\x07\tx\r\n\u009b\u202e\xff é\nno end")
	begin, end := Color("web")
	for _, c := range []struct {
		name string
		f    Format
		want string
	}{
		{"none", Format{}, "plain\n\n\x1b[31mred\x07\tx\r\n\u009b\u202e\xff é\nno end\n"},
		{"prefix", Format{Prefix: true}, "web-1  | plain\nweb-1  | \nweb-1  | \x1b[31mred\x07\tx\r\nweb-1  | \u009b\u202e\xff é\nweb-1  | no end\n"},
		{"width", Format{Prefix: true, Width: 7}, "web-1    | plain\nweb-1    | \nweb-1    | \x1b[31mred\x07\tx\r\nweb-1    | \u009b\u202e\xff é\nweb-1    | no end\n"},
		{"terminal", Format{Terminal: true}, "plain\n\n^[[31mred^G\tx\n<U+009B><U+202E>\\xff é\nno end\n"},
		{"color", Format{Prefix: true, Color: true, Terminal: true}, strings.ReplaceAll("@plain\n@\n@^[[31mred^G\tx\n@<U+009B><U+202E>\\xff é\n@no end\n", "@", begin+"web-1  | "+end)},
		{"raw", Format{Raw: true, Prefix: true, Color: true, Timestamps: true, Terminal: true}, "plain\n\n\x1b[31mred\x07\tx\r\n\u009b\u202e\xff é\nno end"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if out, _ := printed(t, []Source{sourceOf(s)}, Query{Tail: -1}, c.f); out != c.want {
				t.Errorf("printed %q, wanted %q", out, c.want)
			}
		})
	}
}

func TestTimestamps(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "web-1", 0, 0)
	before := time.Now()
	put(t, m, s, s.stdout, "one\ntwo\n")
	after := time.Now()
	out, _ := printed(t, []Source{sourceOf(s)}, Query{Tail: -1}, Format{Prefix: true, Timestamps: true})
	for i, line := range strings.Split(strings.TrimSuffix(out, "\n"), "\n") {
		stamp, text, _ := strings.Cut(strings.TrimPrefix(line, "web-1  | "), " ")
		at, err := time.Parse(time.RFC3339Nano, stamp)
		if err != nil || at.Before(before) || at.After(after) || len(stamp) != len("2006-01-02T15:04:05.000000000Z") {
			t.Errorf("stamp %q (%v), wanted one between %v and %v", stamp, err, before, after)
		}
		if want := []string{"one", "two"}[i]; text != want {
			t.Errorf("text %q, wanted %q", text, want)
		}
	}
}

func TestSinceUntilTail(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "web-1", 4096, 1000)
	const n = 300
	var times []time.Time // before line i
	var lines []string
	for i := range n {
		times = append(times, time.Now())
		f := s.stdout
		if i%4 == 3 {
			f = s.stderr
		}
		lines = append(lines, fmt.Sprintf("line %d %s\n", i, strings.Repeat("x", i%50)))
		put(t, m, s, f, lines[i])
		time.Sleep(2 * joinTime) // lines of one record share its stamp
	}
	check := func(q Query, from, to int) {
		t.Helper()
		var out bytes.Buffer
		if err := Print(t.Context(), &out, &out, []Source{sourceOf(s)}, q, Format{}); err != nil {
			t.Fatal(err)
		}
		if want := strings.Join(lines[from:to], ""); out.String() != want {
			t.Errorf("%+v: printed %d bytes, wanted lines %d to %d, %d bytes\n%.300s", q, out.Len(), from, to, len(want), out.String())
		}
	}
	check(Query{Tail: -1}, 0, n)
	for _, i := range []int{0, 1, 7, 100, 299} {
		check(Query{Tail: i}, n-i, n)
		check(Query{Tail: -1, Since: times[i]}, i, n)
		check(Query{Tail: -1, Until: times[i]}, 0, i)
	}
	check(Query{Tail: 10_000}, 0, n)
	check(Query{Tail: 20, Until: times[250]}, 230, 250)
	check(Query{Tail: 20, Since: times[290]}, 290, n)
	check(Query{Tail: -1, Since: times[100], Until: times[200]}, 100, 200)
	check(Query{Tail: -1, Since: time.Now()}, n, n)
}

func TestLongLinesDoNotMix(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	a := addService(t, m, root, "a-1", 1<<30, 0)
	b := addService(t, m, root, "b-1", 1<<30, 0)
	put(t, m, a, a.stdout, strings.Repeat("A", holdSize-10))
	put(t, m, b, b.stdout, "one\n")
	put(t, m, a, a.stdout, "B\n")
	put(t, m, a, a.stdout, strings.Repeat("C", holdSize+10))
	put(t, m, b, b.stdout, "two\n")
	put(t, m, a, a.stdout, "D\nE")
	put(t, m, b, b.stdout, "three\n")
	out, _ := printed(t, []Source{sourceOf(a), sourceOf(b)}, Query{Tail: -1}, Format{Prefix: true})
	want := "b-1  | one\na-1  | " + strings.Repeat("A", holdSize-10) + "B\n" +
		"a-1  | " + strings.Repeat("C", holdSize+10) + "\nb-1  | two\na-1  | D\nb-1  | three\na-1  | E\n"
	if out != want {
		t.Errorf("printed %.2000q", strings.NewReplacer(strings.Repeat("A", 1000), "A*", strings.Repeat("C", 1000), "C*").Replace(out))
	}
}

func TestPrintWithoutLogs(t *testing.T) {
	if out, errOut := printed(t, []Source{{Container: "a-1", Dir: t.TempDir() + "/none"}}, Query{Tail: -1}, Format{}); out+errOut != "" {
		t.Errorf("printed %q", out+errOut)
	}
	printed(t, nil, Query{Tail: -1}, Format{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := Print(ctx, io.Discard, io.Discard, nil, Query{Follow: true}, Format{}); err != context.Canceled {
		t.Errorf("follow ended with %v", err)
	}
}

func TestPrintSaysThatItCannotWrite(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	s := addService(t, m, root, "a-1", 0, 0)
	put(t, m, s, s.stdout, "line\n")
	f, err := os.Open(os.DevNull) // for reading
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := Print(t.Context(), f, f, []Source{sourceOf(s)}, Query{Tail: -1}, Format{}); err == nil {
		t.Error("no error")
	}
}

// Two writers of one file, any mixture of chunks: lines stay whole, in order.
func TestManyStreamsStayWhole(t *testing.T) {
	root := t.TempDir()
	m := openMover(t, root, MoverOptions{})
	rng := rand.New(rand.NewPCG(3, 4))
	var sources []Source
	var services []*service
	for i := range 5 {
		s := addService(t, m, root, fmt.Sprintf("s%d-1", i), 64<<10, 1000)
		services = append(services, s)
		sources = append(sources, sourceOf(s))
	}
	next := make([]int, len(services))
	rest := make([]string, len(services))
	for range 4000 {
		i := rng.IntN(len(services))
		for len(rest[i]) < 2000 {
			rest[i] += fmt.Sprintf("%d %s\n", next[i], strings.Repeat("y", rng.IntN(300)))
			next[i]++
		}
		n := 1 + rng.IntN(1000)
		if _, err := services[i].stdout.WriteString(rest[i][:n]); err != nil {
			t.Fatal(err)
		}
		rest[i] = rest[i][n:]
	}
	for i, s := range services {
		put(t, m, s, s.stdout, rest[i])
	}
	out, _ := printed(t, sources, Query{Tail: -1}, Format{Prefix: true})
	seen := make([]int, len(services))
	for line := range strings.Lines(out) {
		var i, n int
		if _, err := fmt.Sscanf(line, "s%d-1  | %d ", &i, &n); err != nil || n != seen[i] {
			t.Fatalf("line %.80q after %v: %v", line, seen, err)
		}
		seen[i]++
	}
	if fmt.Sprint(seen) != fmt.Sprint(next) {
		t.Errorf("printed %v lines, written %v", seen, next)
	}
}
