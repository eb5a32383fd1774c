package host

import "testing"

// What the container has written into its file stays.
func TestReplaceLines(t *testing.T) {
	for _, c := range []struct {
		text    string
		out, in []string
		want    string
	}{
		{"1 lo\n10.0.0.2 web\n9 own\n", []string{"10.0.0.2 web\n"}, []string{"10.0.0.2 web\n", "10.1.0.2 web\n"}, "1 lo\n10.0.0.2 web\n10.1.0.2 web\n9 own\n"},
		{"1 lo\n10.0.0.2 web\n10.1.0.2 web\n9 own\n", []string{"10.0.0.2 web\n", "10.1.0.2 web\n"}, []string{"10.1.0.2 web\n"}, "1 lo\n10.1.0.2 web\n9 own\n"},
		{"1 lo\n9 own\n", []string{"10.0.0.2 web\n"}, []string{"10.1.0.2 web\n"}, "1 lo\n9 own\n10.1.0.2 web\n"},
		{"", nil, []string{"x\n"}, "x\n"},
		{"a\nb\n", []string{"a\n", "b\n"}, nil, ""},
	} {
		if got := replaceLines(c.text, c.out, c.in); got != c.want {
			t.Errorf("%q without %q, with %q: %q, want %q", c.text, c.out, c.in, got, c.want)
		}
	}
}
