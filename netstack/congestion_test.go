package netstack

import (
	"os"
	"strings"
	"testing"
)

func TestCalmSettings(t *testing.T) {
	for host, want := range map[string]int{"": 0, "reno": 0, "cubic": 0, "bbr": 1, "bbr2": 1} {
		if got := calmSettings(host); len(got) != want {
			t.Errorf("host %q: %v, want %d settings", host, got, want)
		}
	}
}

// Where the host paces, containers do not.
func TestContainersDoNotPace(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	if host := hostCongestion(); host == "" || len(s.calm) != len(calmSettings(host)) {
		t.Errorf("the host's is %q, settings %v", host, s.calm)
	}
	s.calm = calmSettings("bbr")
	ensure(t, s, Network{Name: "n"})
	visit(t, service(t, s, "web-1", "n").NS(), func() error {
		b, err := os.ReadFile("/proc/sys/net/" + congestionKey)
		if got := strings.TrimSpace(string(b)); got != "reno" {
			t.Errorf("congestion control is %q", got)
		}
		return err
	})
}
