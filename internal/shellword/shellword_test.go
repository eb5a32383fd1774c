package shellword

import (
	"os/exec"
	"testing"
)

func TestQuote(t *testing.T) {
	for in, want := range map[string]string{
		"/a/b-c_1.2": "/a/b-c_1.2", "--from=0": "--from=0", "/für/é": "/für/é", "": "''", "/my dir": "'/my dir'",
		"/it's": `'/it'\''s'`, "/a$(b)": "'/a$(b)'", "~": "'~'", "a\nb": "'a\nb'", "\xff": "'\xff'",
	} {
		if got := Quote(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// A shell reads every character back as it was.
func TestShellReadsIt(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("no sh")
	}
	line := "printf %s"
	all := ""
	for c := byte(1); c < 0x80; c++ {
		word := "x" + string(c) + "y"
		all += word
		line += " " + Quote(word)
	}
	if out, err := exec.CommandContext(t.Context(), "sh", "-c", line).Output(); err != nil || string(out) != all {
		t.Errorf("%q, %v", out, err)
	}
}
