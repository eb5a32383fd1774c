package settings

import "testing"

func TestCalmSettings(t *testing.T) {
	for host, want := range map[string]int{"": 0, "reno": 0, "cubic": 0, "bbr": 1, "bbr2": 1} {
		if got := Calm(host); len(got) != want {
			t.Errorf("host %q: %v, want %d settings", host, got, want)
		}
	}
}
