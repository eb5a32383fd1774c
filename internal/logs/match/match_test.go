package match

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/logs/level"
)

func must(t testing.TB, patterns []string, invert bool, levels string) *Filter {
	t.Helper()
	f, err := New(patterns, invert, levels)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRequired(t *testing.T) {
	for p, want := range map[string]literal{
		"error":            {text: "error"},
		`GET /a\.b`:        {text: "GET /a.b"},
		"a.*longer":        {text: "longer"},
		"(x|y)z+abc":       {text: "abc"},
		"(abc)+":           {text: "abc"},
		"^start":           {text: "start"},
		"(?i)Error":        {text: "error", fold: true, rare: 3},
		"(?i)kind":         {},
		"a|b":              {},
		"x?":               {},
		"":                 {},
		"(?i:vowel)number": {text: "number"},
	} {
		if got, _ := required(p); got.text != want.text || got.fold != want.fold || got.fold && strings.IndexByte(frequent, got.text[got.rare]) > strings.IndexByte(frequent, got.text[want.rare]) {
			t.Errorf("%q: %+v, want %+v", p, got, want)
		}
	}
}

// Whatever the pattern and the text: Skip leaves out no line that matches, and a line
// is wanted if and only if package regexp matches it.
func FuzzSkip(f *testing.F) {
	f.Add("err.r", "one\nerror two\nthree\n")
	f.Add("(?i)FATAL", "one\nfAtal two\n\n")
	f.Add("^x", "x\nax\nx")
	f.Add("a\\sb", "a\nb\n")
	f.Add("(?i)ſtraße", "STRASSE\n")
	f.Fuzz(func(t *testing.T, p, text string) {
		re, err := regexp.Compile(p)
		if err != nil {
			return
		}
		filter := must(t, []string{p}, false, "")
		b := []byte(text)
		n := filter.Skip(b)
		if n > len(b) || n > 0 && b[n-1] != '\n' {
			t.Fatalf("%q in %q: skip to %d, within a line", p, text, n)
		}
		at := 0
		for line := range bytes.Lines(b) {
			bare := bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
			want := re.Match(bare)
			if got := filter.WantsText(line); got != want {
				t.Fatalf("%q: %q is wanted: %v, and matches: %v", p, line, got, want)
			}
			if want && at < n {
				t.Fatalf("%q in %q: %q was skipped", p, text, line)
			}
			at += len(line)
		}
	})
}

func TestWants(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		invert   bool
		levels   string
		line     string
		want     bool
	}{
		{[]string{"a", "b"}, false, "", "xbx\n", true},
		{[]string{"a", "b"}, false, "", "x\n", false},
		{[]string{"a", "b"}, true, "", "x\n", true},
		{[]string{"a", "b"}, true, "", "xb\n", false},
		{[]string{"end$"}, false, "", "the end\r\n", true},
		{nil, false, "warn", "[error] x", true},
		{nil, false, "warn", "[info] x", false},
		{nil, false, "warn", "x", false},
		{nil, false, "debug..info", "[error] x", false},
		{nil, false, "info..debug", "[debug] x", true},
		{nil, false, "notice..", "[error] x", true},
		{[]string{"x"}, false, "error", "[error] x", true},
		{[]string{"y"}, false, "error", "[error] x", false},
	} {
		f := must(t, c.patterns, c.invert, c.levels)
		line := []byte(c.line)
		if got := f.WantsText(line) && f.WantsLevel(f.Level(line, level.None)); got != c.want {
			t.Errorf("%q %v %q: %q is wanted: %v", c.patterns, c.invert, c.levels, c.line, got)
		}
	}
	if f := must(t, nil, false, ""); f != nil {
		t.Error("a filter for all lines")
	}
}

func TestRefused(t *testing.T) {
	for _, c := range []struct {
		patterns []string
		invert   bool
		levels   string
		says     string
	}{
		{[]string{"("}, false, "", `--grep "("`},
		{nil, true, "", "--invert needs --grep"},
		{nil, false, "loud", "trace, debug, info, notice, warn, error, fatal"},
		{nil, false, "info..loud", "--level"},
	} {
		if _, err := New(c.patterns, c.invert, c.levels); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

func TestSpans(t *testing.T) {
	f := must(t, []string{"a+", "aab", "z*"}, false, "")
	if got := f.Spans([]byte("xaaby a")); !reflect.DeepEqual(got, [][2]int{{1, 4}, {6, 7}}) {
		t.Errorf("%v", got)
	}
	if got := must(t, []string{"a"}, true, "").Spans([]byte("a")); got != nil {
		t.Errorf("inverted: %v", got)
	}
}

func BenchmarkSkip(b *testing.B) {
	var text bytes.Buffer
	for n := 0; text.Len() < 64<<10; n++ {
		fmt.Fprintf(&text, "2026-01-02T15:04:05.000000Z  INFO app::server: request %d served in 12 ms from cache, status=200\n", n)
	}
	for _, p := range []string{"panic", "(?i)panic", "timeout after [0-9]+", "status=5..", `5\d\d$`} {
		b.Run(p, func(b *testing.B) {
			f := must(b, []string{p}, false, "")
			b.SetBytes(int64(text.Len()))
			for b.Loop() {
				for rest := text.Bytes(); len(rest) > 0; {
					if n := f.Skip(rest); n > 0 {
						rest = rest[n:]
						continue
					}
					end := bytes.IndexByte(rest, '\n') + 1
					if end == 0 {
						break
					}
					f.WantsText(rest[:end])
					rest = rest[end:]
				}
			}
		})
	}
}
