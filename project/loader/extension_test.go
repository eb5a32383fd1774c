package loader_test

import (
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/project"
)

func TestExtension(t *testing.T) {
	const service = "services: { a: { image: x } }\n"
	for text, want := range map[string]project.Uplink{
		"":                                      "",
		"x-mocker: { uplink: pasta }\n":         project.UplinkPasta,
		"x-mocker: { uplink: none }\n":          project.UplinkNone,
		"x-mocker: { uplink: '${U:-relay}' }\n": project.UplinkRelay,
		"x-mocker: { uplink: '' }\n":            "",
		"x-mocker:\n":                           "",
		"x-other: { uplink: no-such-uplink }\n": "",
	} {
		p := mustLoad(t, tree(t, "compose.yaml", service+text)).Project
		if p.Uplink != want {
			t.Errorf("%q: uplink %q, want %q", text, p.Uplink, want)
		}
	}
}

func TestExtensionFaults(t *testing.T) {
	for text, want := range map[string]string{
		"x-mocker:\n  uplink: slirp\n":       `compose.yaml:3: x-mocker.uplink: "slirp" is not an uplink: use relay, pasta, slirp4netns, gvisor, none`,
		"x-mocker:\n  uplink: [pasta]\n":     "compose.yaml:3: x-mocker.uplink",
		"x-mocker:\n  up-link: pasta\n":      `compose.yaml:3: x-mocker.up-link: unknown key (did you mean "uplink"?)`,
		"x-mocker: pasta\n":                  "compose.yaml:2: x-mocker is not a mapping",
		"x-mocker:\n  host_loopback: true\n": "compose.yaml:3: x-mocker.host_loopback: it is a service's",
	} {
		e := fault(t, tree(t, "compose.yaml", "services: { a: { image: x } }\n"+text))
		if !strings.Contains(e.Error(), want) {
			t.Errorf("%q: %v, want %s", text, e, want)
		}
	}
}
