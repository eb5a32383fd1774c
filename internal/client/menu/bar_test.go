package menu

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/client/tty/ptytest"
)

var all = []Item{{'w', "Enable Watch"}, {'d', "Detach"}, {'s', "Status"}}

// The line takes what fits, whole items only, and leaves the last column free.
func TestRender(t *testing.T) {
	for _, c := range []struct {
		cols int
		want string
	}{
		{80, "w Enable Watch   d Detach   s Status"}, {37, "w Enable Watch   d Detach   s Status"},
		{36, "w Enable Watch   d Detach"}, {26, "w Enable Watch   d Detach"}, {25, "w Enable Watch"}, {15, "w Enable Watch"},
		{14, ""}, {1, ""}, {0, "w Enable Watch   d Detach   s Status"}, // 0: the terminal does not say
	} {
		text, width := render(all, c.cols, false)
		if text != c.want || width != len(c.want) {
			t.Errorf("%d columns: %q, %d wide; want %q", c.cols, text, width, c.want)
		}
		coloured, cwidth := render(all, c.cols, true)
		v := newVT(200)
		if err := v.write(coloured); err != nil || v.lines()[0] != c.want || cwidth != width {
			t.Errorf("%d columns in colour: %q, %d wide, %v", c.cols, v.lines(), cwidth, err)
		}
	}
}

// awake is a bar that is shown on a terminal of a width, of which nobody types.
func awake(t testing.TB, cols int) (b *Bar, screen func() string) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	b = &Bar{out: w, items: all, begun: true, awake: true, keys: make(chan byte, 16), columns: func() int { return cols }}
	return b, func() string {
		w.Close()
		text, _ := io.ReadAll(r) // that of a pipe without writers ends
		return string(text)
	}
}

// Text that comes in any pieces stands there as it was written, and below it the line, once,
// unless a line of the text has no end yet.
func FuzzWrite(f *testing.F) {
	f.Add("one\ntwo\n", uint8(3), uint8(60))
	f.Add("no end", uint8(2), uint8(20))
	f.Add("a line that is longer than the terminal is wide\nx\n", uint8(5), uint8(17))
	f.Fuzz(func(t *testing.T, text string, step, width uint8) {
		if !utf8.ValidString(text) || len(text) > 2000 || strings.ContainsFunc(text, func(r rune) bool { return r != '\n' && (r < ' ' || r > '~') }) {
			return // who writes makes what steers a terminal visible
		}
		cols := 2 + int(width)
		b, screen := awake(t, cols)
		for rest := text; rest != ""; {
			n := min(len(rest), 1+int(step))
			if _, err := b.Write([]byte(rest[:n])); err != nil {
				t.Fatal(err)
			}
			rest = rest[n:]
		}
		got, want := newVT(cols), newVT(cols)
		if err := got.write(screen()); err != nil {
			t.Fatal(err)
		}
		_ = want.write(text) // it has nothing that could fail
		line, _ := render(all, cols, false)
		if text != "" && strings.HasSuffix(text, "\n") {
			_ = want.write(line)
		}
		if g, w := strings.Join(got.lines(), "\n"), strings.Join(want.lines(), "\n"); g != w {
			t.Errorf("%q in pieces of %d on %d columns shows\n%s\nwant\n%s", text, 1+int(step), cols, g, w)
		}
	})
}

// Keys are handed on in their order; arrows, function keys, Alt and answers of the terminal
// are none, and take no key with them.
func TestTyped(t *testing.T) {
	for typed, want := range map[string]string{
		"wds": "wds", "\x1b[A": "", "\x1b[Aw": "w", "s\x1b[1;5Dd": "sd", "\x1bOPw": "w", "\x1bdw": "w", "\x1b": "", "\x1b[200~d\x1b[201~": "d",
		"\x1b]11;rgb:0/d/w\x07s": "s", "\x1bP1$r0ds\x1b\\w": "w", "\x1b\x1b[Cd": "d", "\x1b]0;d\x1b[w": "", "\r\n": "\r\n", "\x1b[?62;dw": "w",
	} {
		b := &Bar{keys: make(chan byte, 16)}
		b.typed([]byte(typed))
		if got := taken(b); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// The key ESC takes no other with it.
func TestEscapeAlone(t *testing.T) {
	b := &Bar{keys: make(chan byte, 16)}
	for _, read := range []string{"\x1b", "d", "\x1b[", "A", "w"} {
		b.typed([]byte(read))
		b.filter.pause()
	}
	if got := taken(b); got != "dw" {
		t.Errorf("%q, want dw", got)
	}
}

// taken are the keys that were handed on.
func taken(b *Bar) string {
	close(b.keys)
	var got []byte
	for k := range b.keys {
		got = append(got, k)
	}
	return string(got)
}

// In whatever pieces they come, keys are the same; who takes none holds nobody up.
func FuzzTyped(f *testing.F) {
	f.Add([]byte("wds"), uint8(1))
	f.Add([]byte("a\x1b[1;5Ab\x1bOQc\x1b]0;x\x1b\\d"), uint8(2))
	f.Add(bytes.Repeat([]byte("d"), 100), uint8(7))
	f.Fuzz(func(t *testing.T, keys []byte, step uint8) {
		whole, pieces := &Bar{keys: make(chan byte, 16)}, &Bar{keys: make(chan byte, 16)}
		whole.typed(keys)
		for rest := keys; len(rest) > 0; {
			n := min(len(rest), 1+int(step))
			pieces.typed(rest[:n])
			rest = rest[n:]
		}
		one, many := taken(whole), taken(pieces)
		if one != many || strings.Contains(one, "\x1b") {
			t.Errorf("typed %q: %q, in pieces of %d %q", keys, one, 1+int(step), many)
		}
		if !bytes.Contains(keys, []byte{0x1b}) && one != string(keys[:min(len(keys), 16)]) {
			t.Errorf("typed %q, got %q", keys, one)
		}
	})
}

// The states of the terminal: ours while keys are read, as found while we stop and after the
// end; who has closed it does not take it again.
func TestModeOfAnothersTerminal(t *testing.T) {
	_, tty := ptytest.Open(t)
	m, err := newMode(tty)
	if err != nil {
		t.Fatal(err)
	}
	if m.take() {
		t.Error("a terminal that is not ours is taken")
	}
	m.give(true)
	if m.take() {
		t.Error("it is taken while we are about to stop")
	}
	close(m.done)
	m.close()
	if !m.isClosed() || m.take() {
		t.Error("it is taken after its end")
	}
	if _, err := unix.FcntlInt(uintptr(m.wake[0]), unix.F_GETFD, 0); err == nil {
		t.Error("the pipe is left open")
	}
}
