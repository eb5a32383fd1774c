package project

import (
	"fmt"
	"strings"
	"testing"
)

func TestExposedPorts(t *testing.T) {
	for _, c := range []struct{ expose, want string }{
		{"", "80/tcp"},
		{"80", "80/tcp"},
		{"80/tcp 80 443/tcp", "80/tcp 443/tcp"},
		{"53/udp 53", "53/tcp 53/udp 80/tcp"},
		{"8000-8002", "80/tcp 8000/tcp 8001/tcp 8002/tcp"},
		{"7000-7001/udp", "80/tcp 7000/udp 7001/udp"},
		{"x 0 70000 9-8 -1 65535", "80/tcp 65535/tcp"},
	} {
		s := Service{Expose: strings.Fields(c.expose), Ports: []Port{{HostPort: 8080, Target: 80, Protocol: "tcp"}, {HostPort: 8081, Target: 80, Protocol: "tcp"}}}
		var got []string
		for _, p := range s.ExposedPorts() {
			got = append(got, fmt.Sprintf("%d/%s", p.Target, p.Protocol))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("expose %q: %s, want %s", c.expose, text, c.want)
		}
	}
}
