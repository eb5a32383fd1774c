package solve

import (
	"errors"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/build"
)

// A Dockerfile gives itself nothing that who builds has not allowed, and nothing of it
// runs then.
func TestAllowed(t *testing.T) {
	for _, c := range []struct {
		name     string
		insecure bool
		network  string
		machine  build.Machine
		allow    []string
		lacks    string
	}{
		{"nothing asked", false, "", build.Machine{}, nil, ""},
		{"none is less", false, "none", build.Machine{}, nil, ""},
		{"all capabilities", true, "", build.Machine{}, nil, "security.insecure"},
		{"allowed", true, "", build.Machine{}, []string{"security.insecure"}, ""},
		{"the build has them", true, "", build.Machine{Privileged: true}, nil, ""},
		{"another is allowed", true, "", build.Machine{Network: "host"}, []string{"network.host"}, "security.insecure"},
		{"the host's network", false, "host", build.Machine{}, nil, "network.host"},
		{"allowed network", false, "host", build.Machine{}, []string{"network.host"}, ""},
		{"the build has it", false, "host", build.Machine{Network: "host"}, nil, ""},
		{"privileged is not the network", true, "host", build.Machine{Privileged: true}, nil, "network.host"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tb := newBuild(t)
			tb.req.Machine, tb.req.Allow = c.machine, c.allow
			first, asks := run("first"), run("asks")
			asks.Run.Insecure, asks.Run.Network = c.insecure, c.network
			_, ran, err := tb.build(t.Context(), graph(stage("", first, asks)))
			var e *Error
			switch {
			case c.lacks == "":
				if err != nil || len(ran) != 2 {
					t.Errorf("%v, made %q", err, ran)
				}
			case !errors.As(err, &e) || e.Text != asks.Text || !strings.Contains(err.Error(), "entitlements: ["+c.lacks+"]") || len(ran) > 0:
				t.Errorf("%v, made %q", err, ran)
			}
		})
	}
}
