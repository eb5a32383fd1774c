package loader_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

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

func TestReady(t *testing.T) {
	for text, want := range map[string]project.Ready{
		"{tcp: 5432}":                                              {TCP: 5432},
		"{tcp: '${P:-80}', retries: 4}":                            {TCP: 80, Retries: 4},
		"{log: 'ready|up', timeout: 1s}":                           {Log: "ready|up", Timeout: time.Second},
		"{notify: true, start_period: 1m30s, start_interval: 5ms}": {Notify: true, StartPeriod: 90 * time.Second, StartInterval: 5 * time.Millisecond},
		"{notify: false, tcp: 1, interval: '${I:-2s}'}":            {TCP: 1, Interval: 2 * time.Second},
		"{http: 'https://localhost/a?b=c'}":                        {HTTP: &project.ReadyHTTP{Scheme: "https", Port: 443, Path: "/a?b=c"}},
		"{http: http://:8080}":                                     {HTTP: &project.ReadyHTTP{Scheme: "http", Port: 8080, Path: "/"}},
		"{http: {port: 81, path: /h, scheme: https, status: 204, header: {Host: a.b, X-N: 4}}}": {HTTP: &project.ReadyHTTP{
			Scheme: "https", Port: 81, Path: "/h", Status: "204", Header: map[string]string{"Host": "a.b", "X-N": "4"}}},
	} {
		p := mustLoad(t, tree(t, "compose.yaml", "services: { a: { image: x, x-mocker: {ready: "+text+"} } }\n")).Project
		if got := p.Services[0].Ready; got == nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %+v, want %+v", text, got, want)
		}
	}
}

// What is below x-mocker of a service goes with it through every way that files are put
// together, and a fault is told at the line where it stands.
func TestReadyThroughFiles(t *testing.T) {
	dir := tree(t, "compose.yaml", `
include: [sub.yaml]
x-common: &common
  x-mocker: {ready: {tcp: 9}}
services:
  base: {image: x, x-mocker: {ready: {tcp: 1, interval: 1s}}}
  near: {extends: {service: base}, x-mocker: {ready: {tcp: '${P:-77}'}}}
  far: {extends: {file: other.yaml, service: o}, x-mocker: {memory_high: 10m}}
  merged: {<<: *common, image: x}
  off: {image: x}
  other: {image: x, x-mocker: {ready: {tcp: 1}}}
`, "sub.yaml", "services: {s: {image: x, x-mocker: {ready: {log: '${L:-abc}'}}}}\n",
		"other.yaml", "services: {o: {image: x, x-mocker: {ready: {notify: '${N:-true}'}}}}\n",
		"compose.override.yaml", `
services:
  s: {x-mocker: {ready: {timeout: 1s}}}
  off: {x-mocker: {ready: !reset {}}}
  other: {x-mocker: {ready: !override {http: http://:2}}}
`)
	p := mustLoad(t, dir).Project
	for name, want := range map[string]*project.Ready{
		"base": {TCP: 1, Interval: time.Second}, "near": {TCP: 77, Interval: time.Second}, "far": {Notify: true}, "merged": {TCP: 9}, "off": nil,
		"s": {Log: "abc", Timeout: time.Second}, "other": {HTTP: &project.ReadyHTTP{Scheme: "http", Port: 2, Path: "/"}},
	} {
		if s, _ := p.Service(name); !reflect.DeepEqual(s.Ready, want) {
			t.Errorf("%s: %+v, want %+v", name, s.Ready, want)
		}
	}
}

func TestServiceExtensionFaults(t *testing.T) {
	for text, want := range map[string]string{
		"    x-mocker:\n      redy: {tcp: 1}\n":                                                `compose.yaml:5: services.web.x-mocker.redy: unknown key (did you mean "ready"?)`,
		"    x-mocker:\n      uplink: pasta\n":                                                 "compose.yaml:5: services.web.x-mocker.uplink: it is the project's (write it below x-mocker at the top level)",
		"    x-mocker:\n      tcp: 1\n":                                                        "compose.yaml:5: services.web.x-mocker.tcp: unknown key (write it below ready)",
		"    ready: {tcp: 1}\n":                                                                "compose.yaml:4: services.web.ready: unknown key (it is ours: write x-mocker: {ready: { tcp: 5432 }})",
		"    build:\n      context: .\n      x-mocker: {a: b}\n":                               "compose.yaml:6: services.web.build.x-mocker: it has no meaning here (write it at the top level, in a service or in a model",
		"    x-mocker:\n      ready: {}\n":                                                     "compose.yaml:5: services.web.x-mocker.ready: one of tcp, http, log, notify is missing (write for example ready: { tcp: 5432 })",
		"    x-mocker:\n      ready: 5432\n":                                                   "compose.yaml:5: services.web.x-mocker.ready: it is a mapping (write for example ready: { tcp: 5432 })",
		"    x-mocker:\n      ready:\n        tcp: 1\n        log: x\n":                        "compose.yaml:5: services.web.x-mocker.ready: tcp and log exclude each other (keep one of them",
		"    x-mocker:\n      ready:\n        tcp: 70000\n":                                    "compose.yaml:6: services.web.x-mocker.ready.tcp: 70000 is not a number from 1 to 65535",
		"    x-mocker:\n      ready:\n        tcp: ${P:-no}\n":                                 "compose.yaml:6: services.web.x-mocker.ready.tcp: no is not a number",
		"    x-mocker:\n      ready:\n        log: '('\n":                                      "compose.yaml:6: services.web.x-mocker.ready.log: error parsing regexp",
		"    x-mocker:\n      ready:\n        log: ((a{500}){500}){500}\n":                     "compose.yaml:6: services.web.x-mocker.ready.log: error parsing regexp",
		"    x-mocker:\n      ready:\n        log: x\n        interval: 5\n":                   "compose.yaml:7: services.web.x-mocker.ready.interval: 5 is not a duration (write it with its unit",
		"    x-mocker:\n      ready:\n        notify: maybe\n":                                 "compose.yaml:6: services.web.x-mocker.ready.notify: maybe is neither true nor false",
		"    x-mocker:\n      ready:\n        http: http://example.com/\n":                     `compose.yaml:6: services.web.x-mocker.ready.http: "http://example.com/" names example.com, and the request goes to the service itself (write http://:PORT/PATH`,
		"    x-mocker:\n      ready:\n        http: {path: /}\n":                               "compose.yaml:6: services.web.x-mocker.ready.http: port is missing",
		"    x-mocker:\n      ready:\n        http: {port: 1, path: a}\n":                      `compose.yaml:6: services.web.x-mocker.ready.http.path: "a" is not the path of a URL`,
		"    x-mocker:\n      ready:\n        http: {port: 1, status: 20}\n":                   "compose.yaml:6: services.web.x-mocker.ready.http.status",
		"    x-mocker:\n      ready:\n        http: {port: 1, scheme: htps}\n":                 `compose.yaml:6: services.web.x-mocker.ready.http.scheme: "htps" is not possible (did you mean "http"?)`,
		"    x-mocker:\n      ready:\n        http: {port: 1, header: {a: [b]}}\n":             "compose.yaml:6: services.web.x-mocker.ready.http.header.a: it is one value",
		"    x-mocker:\n      ready:\n        http: {port: 1, header: {a: \"b\\r\\nc: d\"}}\n": "compose.yaml:6: services.web.x-mocker.ready.http.header.a",
		"    logging: {driver: none}\n    x-mocker:\n      ready: {log: x}\n":                  "compose.yaml:6: services.web.x-mocker.ready.log: logging.driver: none keeps no line to look at (choose another way than log, or another driver)",
		"    profiles: [never]\n    x-mocker:\n      raedy: 1\n":                               `compose.yaml:6: services.web.x-mocker.raedy: unknown key (did you mean "ready"?)`,
	} {
		e := fault(t, tree(t, "compose.yaml", "services:\n  web:\n    image: x\n"+text))
		if !strings.HasPrefix(e.Error(), want) {
			t.Errorf("%q:\n %v\nwant\n %s", text, e, want)
		}
	}
	// What is at fault in a base is told there.
	e := fault(t, tree(t, "compose.yaml", "services:\n  web: {extends: {file: base.yaml, service: b}}\n", "base.yaml", "services:\n  b:\n    image: x\n    x-mocker:\n      ready:\n        tcp: ${P:-no}\n"))
	if want := "base.yaml:6: services.web.x-mocker.ready.tcp: no is not"; !strings.HasPrefix(e.Error(), want) {
		t.Errorf("%v, want %s", e, want)
	}
	// Notes of others are theirs.
	mustLoad(t, tree(t, "compose.yaml", "services:\n  web:\n    image: x\n    x-other: {ready: [1]}\n    x-mocker2: {redy: 1}\nx-ready: {tcp: no}\n"))
}
