package lowports

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/netstack/ports"
	"github.com/mocker-compose/mocker-compose/project"
)

func TestFlag(t *testing.T) {
	if ports.Floor() <= 80 {
		t.Skipf("on this machine everybody may bind ports from %d upwards: sysctl net.ipv4.ip_unprivileged_port_start", ports.Floor())
	}
	for _, tt := range []struct {
		args, env string
		auto      bool
		err       string
	}{
		{"", "", false, ""},
		{"--ports auto", "", true, ""},
		{"", "auto", true, ""},
		{"--ports exact", "auto", false, ""},
		{"--ports some", "", false, `invalid --ports "some"`},
		{"", "some", false, `invalid MOCKER_PORTS "some"`},
	} {
		var f Flag
		fs := pflag.NewFlagSet("", pflag.ContinueOnError)
		f.Register(fs)
		if err := fs.Parse(strings.Fields(tt.args)); err != nil {
			t.Fatal(err)
		}
		s := &project.Service{Ports: []project.Port{{HostPort: 80, Target: 80}, {HostPort: 60000, Target: 81}, {Target: 82},
			{HostPort: 70, HostPortEnd: 79, Target: 83}, {HostPort: 70, HostPortEnd: 60000, Target: 84}}}
		err := f.Apply(func(string) string { return tt.env }, s)
		if (err != nil) != (tt.err != "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%q, %q: error %v, want %q", tt.args, tt.env, err, tt.err)
		}
		if s.Ports[0].Auto != tt.auto || s.Ports[1].Auto || s.Ports[2].Auto || s.Ports[3].Auto != tt.auto || s.Ports[4].Auto {
			t.Errorf("%q, %q: %+v", tt.args, tt.env, s.Ports)
		}
	}
}
