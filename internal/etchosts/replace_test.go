package etchosts

import "testing"

// What the container has written into its file stays.
func TestReplace(t *testing.T) {
	for _, c := range []struct{ text, out, in, want string }{
		{"1 lo\n10.0.0.2 web\n9 own\n", "1 lo\n10.0.0.2 web\n", "1 lo\n10.0.0.2 web\n10.1.0.2 web\n", "1 lo\n10.0.0.2 web\n10.1.0.2 web\n9 own\n"},
		{"8 own\n10.0.0.2 web\n10.1.0.2 web\n9 own\n", "10.0.0.2 web\n10.1.0.2 web\n", "10.1.0.2 web\n", "8 own\n10.1.0.2 web\n9 own\n"},
		{"9 own\n", "10.0.0.2 web\n", "10.1.0.2 web\n", "9 own\n10.1.0.2 web\n"},
		{"", "", "x\n", "x\n"},
		{"a\nb\n", "a\nb\n", "", ""},
	} {
		if got := Replace(c.text, c.out, c.in); got != c.want {
			t.Errorf("%q without %q, with %q: %q, want %q", c.text, c.out, c.in, got, c.want)
		}
	}
}
