package locate

import "testing"

func TestExpand(t *testing.T) {
	vars := map[string]string{"A": "1", "EMPTY": "", "B_2": "two"}
	lookup := func(n string) (string, bool) { v, ok := vars[n]; return v, ok }
	for _, tt := range []struct{ in, want string }{
		{"plain", "plain"}, {"$A", "1"}, {"x${A}y", "x1y"}, {"$B_2-", "two-"}, {"$$A", "$A"}, {"a$", "a$"}, {"$ x", "$ x"}, {"$NONE.", "."},
		{"${NONE:-d}", "d"}, {"${EMPTY:-d}", "d"}, {"${EMPTY-d}", ""}, {"${A:-d}", "1"}, {"${A-d}", "1"},
		{"${A:+r}", "r"}, {"${EMPTY:+r}", ""}, {"${EMPTY+r}", "r"}, {"${NONE+r}", ""},
		{"${NONE:-${EMPTY:-${A}}}!", "1!"}, {"${A:?no}", "1"}, {"${EMPTY?no}", ""},
	} {
		if got, err := Expand(tt.in, lookup); err != nil || got != tt.want {
			t.Errorf("%s: %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
	for in, want := range map[string]string{
		"${NONE:?need $A}": "required variable NONE is missing a value: need 1",
		"${EMPTY:?x}":      "required variable EMPTY is missing a value: x",
		"${A":              "invalid reference ${A: no closing brace",
		"${A B}":           "invalid reference ${A B}",
		"${}":              "invalid reference ${}",
	} {
		if _, err := Expand(in, lookup); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", in, err, want)
		}
	}
}

func FuzzExpand(f *testing.F) {
	f.Add("${A:-${B:?c}}$$")
	f.Fuzz(func(t *testing.T, s string) {
		out, err := Expand(s, func(string) (string, bool) { return "v", true })
		if err == nil && len(out) > 2*len(s)+2 {
			t.Errorf("%q grew to %d bytes", s, len(out))
		}
	})
}

func TestParseEnvErrors(t *testing.T) {
	for in, want := range map[string]string{
		"A=1\nB C=2\n": "line 2: key cannot contain a space",
		"A=1\n\n!=2\n": `line 3: unexpected character '!' in variable name "!=2"`,
		"A='x\n":       "line 1: unterminated quoted value 'x",
	} {
		if _, err := ParseEnv(in, func(string) (string, bool) { return "", false }); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %s", in, err, want)
		}
	}
}
