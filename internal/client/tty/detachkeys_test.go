package tty

import (
	"bytes"
	"testing"
)

func TestParseKeys(t *testing.T) {
	for text, want := range map[string]string{
		"": "\x10\x11", "ctrl-p,ctrl-q": "\x10\x11", "a": "a", "ctrl-a,b": "\x01b", "ctrl-@": "\x00", "ctrl-[": "\x1b", "ctrl-_": "\x1f", "CTRL-a": "",
		"ctrl-": "", "ctrl-ab": "", "ctrl-1": "", "ab": "", "a,,b": "",
	} {
		got, err := ParseKeys(text)
		if (err != nil) != (want == "") || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", text, got, err, want)
		}
	}
}

func TestDetacher(t *testing.T) {
	for _, c := range []struct {
		typed []string
		want  string
		found bool
	}{
		{[]string{"abc"}, "abc", false},
		{[]string{"a\x10b"}, "a\x10b", false},
		{[]string{"a\x10", "b"}, "a\x10b", false},
		{[]string{"a\x10\x11z"}, "a", true},
		{[]string{"a\x10", "\x11"}, "a", true},
		{[]string{"\x10\x10\x11"}, "\x10", true},
		{[]string{"\x11\x10"}, "\x11", false},
	} {
		d := &detacher{keys: []byte("\x10\x11")}
		var out bytes.Buffer
		found := false
		for _, typed := range c.typed {
			var err error
			if found, err = d.pass(&out, []byte(typed)); err != nil {
				t.Fatal(err)
			}
		}
		if out.String() != c.want || found != c.found {
			t.Errorf("%q: %q, %v; want %q, %v", c.typed, out.String(), found, c.want, c.found)
		}
	}
}
