package settings

import "testing"

func TestLastGroup(t *testing.T) {
	for text, want := range map[string]uint32{
		"         0       1001          1\n":                                   0,
		"         0       1001          1\n         1     100000      65536\n": 65536,
		"         1     100000      65536\n         0       1001          1\n": 65536,
		"         0          0 4294967295\n":                                   4294967294,
		"         5       1001          1\n":                                   0,
		"":                                                                     0,
	} {
		if got := lastGroupOf(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}
