package show

import (
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/api"
)

func port(ip string, published, target uint16, protocol string) api.Port {
	return api.Port{HostIP: ip, Published: published, Target: target, Protocol: protocol}
}

func TestPorts(t *testing.T) {
	for _, tt := range []struct {
		name  string
		ports []api.Port
		want  string
	}{
		{"none", nil, ""},
		{"both families", []api.Port{port("0.0.0.0", 8080, 80, "tcp"), port("::", 8080, 80, "tcp")}, "0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"},
		{"no address", []api.Port{port("", 8080, 80, "tcp")}, "0.0.0.0:8080->80/tcp"},
		{"exposed only", []api.Port{port("", 0, 80, "tcp")}, "80/tcp"},
		{"range", []api.Port{port("127.0.0.1", 81, 81, "tcp"), port("127.0.0.1", 80, 80, "tcp"), port("127.0.0.1", 83, 83, "tcp")}, "127.0.0.1:80-81->80-81/tcp, 127.0.0.1:83->83/tcp"},
		{"other numbers", []api.Port{port("127.0.0.1", 9001, 81, "tcp"), port("127.0.0.1", 9000, 80, "tcp")}, "127.0.0.1:9000->80/tcp, 127.0.0.1:9001->81/tcp"},
		{"protocols apart", []api.Port{port("", 53, 53, "udp"), port("", 53, 53, "tcp")}, "0.0.0.0:53->53/tcp, 0.0.0.0:53->53/udp"},
		{"exposed range", []api.Port{port("", 0, 80, "tcp"), port("", 0, 81, "tcp")}, "80-81/tcp"},
		{"all kinds", []api.Port{port("::", 8080, 80, "tcp"), port("0.0.0.0", 8080, 80, "tcp"), port("", 0, 99, "tcp"), port("::", 53, 53, "udp"), port("0.0.0.0", 53, 53, "udp")},
			"0.0.0.0:53->53/udp, [::]:53->53/udp, 99/tcp, 0.0.0.0:8080->80/tcp, [::]:8080->80/tcp"},
	} {
		if got := Ports(tt.ports); got != tt.want {
			t.Errorf("%s: Ports = %q, want %q", tt.name, got, tt.want)
		}
	}
}
