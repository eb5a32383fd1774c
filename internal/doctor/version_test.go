package doctor

import "testing"

func TestSaidVersion(t *testing.T) {
	for line, want := range map[string]string{
		"pasta unknown version":     "pasta, which does not tell its version",
		"pasta 0.0~git20250503":     "pasta 0.0~git20250503",
		"slirp4netns version 1.2.0": "slirp4netns version 1.2.0",
	} {
		if got := saidVersion("pasta", line); got != want {
			t.Errorf("%q is told as %q, want %q", line, got, want)
		}
	}
}
