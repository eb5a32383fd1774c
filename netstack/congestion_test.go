package netstack

import (
	"os"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/netstack/settings"
)

// Where the host paces, containers do not.
func TestContainersDoNotPace(t *testing.T) {
	if !isolated(t) {
		return
	}
	s := open(t, newNamespace(t), newHolder(t))
	if host := settings.HostCongestion(); host == "" || len(s.calm) != len(settings.Calm(host)) {
		t.Errorf("the host's is %q, settings %v", host, s.calm)
	}
	s.calm = settings.Calm("bbr")
	ensure(t, s, Network{Name: "n"})
	visit(t, service(t, s, "web-1", "n").NS(), func() error {
		b, err := os.ReadFile("/proc/sys/net/ipv4/tcp_congestion_control")
		if got := strings.TrimSpace(string(b)); got != "reno" {
			t.Errorf("congestion control is %q", got)
		}
		return err
	})
}
