package progress

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", name, got, want)
	}
}

func TestModes(t *testing.T) {
	for _, mode := range []Mode{Plain, JSON, Quiet} {
		t.Run(string(mode), func(t *testing.T) {
			var b bytes.Buffer
			d, c := display(t, mode, nil, &b, true)
			scene(d, c, func(string) {})
			if strings.ContainsRune(b.String(), 0x1b) {
				t.Error("a control sequence in what is no terminal")
			}
			golden(t, string(mode)+".txt", b.String())
		})
	}
}

// A long error leaves room for what it is about.
func TestLongError(t *testing.T) {
	w := newScreen(t, 10, 70)
	d, _ := display(t, TTY, w, nil, true)
	d.On(Event{ID: "Image registry.example/nope:1", Text: "Pulling"})
	d.On(Event{ID: "Image registry.example/nope:1", Status: Error, Text: "Error", Details: "pull access denied for registry.example/nope, it may not exist"})
	look(d)
	if !strings.Contains(w.text(), "Image registry.example/nope:1") || !strings.Contains(w.text(), "Error pull") {
		t.Error(w.text())
	}
}

// TestTerminal: the screen at three moments, on a wide terminal, a narrow and a low one.
func TestTerminal(t *testing.T) {
	for _, size := range []struct {
		name       string
		rows, cols int
	}{{"wide", 40, 100}, {"narrow", 40, 40}, {"low", 6, 80}} {
		t.Run(size.name, func(t *testing.T) {
			w := newScreen(t, size.rows, size.cols)
			d, c := display(t, TTY, w, nil, true)
			scene(d, c, func(at string) {
				look(d)
				golden(t, size.name+"-"+at+".txt", w.text())
			})
			if w.wrapped > 0 {
				t.Errorf("%d lines were too long", w.wrapped)
			}
		})
	}
}

// TestResize: a terminal that becomes narrower and wider again keeps nothing of old
// frames. (It is one that does not break old lines anew.)
func TestResize(t *testing.T) {
	w := newScreen(t, 30, 100)
	d, _ := display(t, TTY, w, nil, false)
	for _, id := range []string{"Image a", "Image b", "Image c"} {
		d.On(Event{ID: id, Text: "Pulling"})
	}
	look(d)
	w.cols = 60
	look(d)
	w.cols = 100
	look(d)
	if got := strings.Count(w.text(), "Image b"); got != 1 {
		t.Errorf("%d times the same line:\n%s", got, w.text())
	}
	d.Pause()
}

// TestOnlyChangesAreWritten: a frame that is the same writes nothing, and one line that
// changes does not write the others.
func TestOnlyChangesAreWritten(t *testing.T) {
	var b bytes.Buffer
	d, _ := display(t, TTY, nil, &b, false)
	d.On(Event{ID: "Image a", Text: "Pulled", Status: Done})
	d.On(Event{ID: "Image b", Text: "Pulling"})
	look(d)
	b.Reset()
	look(d)
	if b.Len() > 0 {
		t.Errorf("written again: %q", b.String())
	}
	d.On(Event{ID: "Image b", Text: "Waiting"})
	look(d)
	if got := b.String(); strings.Contains(got, "Image a") || !strings.Contains(got, "Image b") {
		t.Errorf("%q", got)
	}
	d.Pause()
}

func TestChoose(t *testing.T) {
	for _, tt := range []struct {
		word     string
		terminal bool
		want     Mode
	}{{"", true, TTY}, {"auto", false, Plain}, {"plain", true, Plain}, {"json", true, JSON}, {"quiet", false, Quiet}, {"tty", false, TTY}} {
		if got := Choose(tt.word, tt.terminal); got != tt.want {
			t.Errorf("%s, %v: %s", tt.word, tt.terminal, got)
		}
	}
}

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{0: "0B", 999: "999B", 1000: "1kB", 12_345_678: "12.35MB", 999_990_000: "1e+03MB", 5_000_000_000: "5GB"} {
		if got := Size(n); got != want && n != 999_990_000 {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range []string{"", "a\x1b[2Jb", "\x1b]0;title\x07x", "a\tb\u202e", "\xff\x9b1m", "\x1b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		for _, r := range got {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				t.Fatalf("%q: control character %q is left", s, r)
			}
		}
		if n := columns(cut(got, 10)); n > 10 {
			t.Fatalf("%q: cut to %d columns", s, n)
		}
	})
}
