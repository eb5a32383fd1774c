package lookcmd

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/mocker-compose/mocker-compose/internal/api"
	"github.com/mocker-compose/mocker-compose/internal/client"
	"github.com/mocker-compose/mocker-compose/internal/client/clienttest"
)

func TestPort(t *testing.T) {
	w := clienttest.New(t)
	one, two, quiet := clienttest.Running("demo", "web"), clienttest.Running("demo", "web"), clienttest.Running("demo", "db")
	one.Ports = []api.Port{
		{HostIP: "127.0.0.1", Published: 8080, Target: 80, Protocol: "tcp"},
		{HostIP: "0.0.0.0", Published: 9090, Target: 80, Protocol: "tcp"},
		{Target: 7, Protocol: "tcp"},
		{HostIP: "::", Published: 53, Target: 53, Protocol: "udp"},
	}
	two.Name, two.Number, two.Ports = "demo-web-2", 2, []api.Port{{Published: 8081, Target: 80, Protocol: "tcp"}}
	gone := clienttest.Running("demo", "gone")
	gone.State = "exited"
	w.Serve("demo", clienttest.Script(map[api.Op][]api.Answer{api.OpPS: {{PS: []api.Container{two, one, quiet, gone}}}}))
	for _, tt := range []struct {
		args, out, err string
	}{
		{"web 80", "0.0.0.0:9090\n", ""},
		{"--index 2 web 80", "0.0.0.0:8081\n", ""},
		{"--protocol UDP web 53", "[::]:53\n", ""},
		{"web", "53/udp -> [::]:53\n80/tcp -> 0.0.0.0:9090\n80/tcp -> 127.0.0.1:8080\n", ""},
		{"--protocol udp web", "53/udp -> [::]:53\n", ""},
		{"db", "", ""},
		{"db 5432", "", "no port 5432/tcp for container demo-db-1: it publishes none"},
		{"web 53", "", "no port 53/tcp for container demo-web-1: 53/udp, 80/tcp"},
		{"web 7", "", "port 7/tcp of container demo-web-1 is exposed and not published: 53/udp, 80/tcp"},
		{"web http", "", `invalid port "http"`},
		{"web 0", "", `invalid port "0"`},
		{"web 65536", "", `invalid port "65536"`},
		{"--protocol sctp web 80", "", `invalid --protocol "sctp"`},
		{"--index 3 web 80", "", `service "web" is not running container #3`},
		{"gone 80", "", `no container found for service "gone"`},
		{"nope 80", "", "no such service: nope"},
	} {
		t.Run(tt.args, func(t *testing.T) {
			before := clienttest.Printed(t, w.Out)
			fs, o := pflag.NewFlagSet("", pflag.ContinueOnError), &PortOptions{}
			o.Register(fs)
			if err := fs.Parse(strings.Fields(tt.args)); err != nil {
				t.Fatal(err)
			}
			err := Port(clienttest.Bounded(t), w.Env, client.Target{Name: "demo"}, o, fs.Args())
			if out := strings.TrimPrefix(clienttest.Printed(t, w.Out), before); out != tt.out {
				t.Errorf("%q, want %q", out, tt.out)
			}
			if (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %v, want %q", err, tt.err)
			}
		})
	}
}
