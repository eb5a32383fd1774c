package extension

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/mocker-compose/mocker-compose/project"
)

const maxPort = 65535

// ready is the row of readiness.
func ready() Key {
	port := func(doc string) Key {
		return Key{Name: "port", Kind: Number, Min: 1, Max: maxPort, Example: "port: 8080", Doc: doc}
	}
	tcp := port("Ready when this port of the service takes a connection: on 127.0.0.1, else on ::1, else on an address of its networks.")
	tcp.Name, tcp.Example = "tcp", "tcp: 5432"
	return Key{
		Name: "ready", Kind: Mapping, One: []string{"tcp", "http", "log", "notify"}, Example: "ready: { tcp: 5432 }",
		Doc: "When the service is ready, found without a program in its image. It counts as its health. With a `healthcheck` both must hold.",
		Keys: []Key{
			tcp,
			{
				Name: "http", Kind: Mapping, Short: true, Check: isURL, Needed: []string{"port"}, Example: `http: http://:8080/healthz`,
				Doc: "Ready when a GET request to the service is answered well. `http://:PORT/PATH` is the short form of `{port: PORT, path: /PATH}`. A redirect is an answer: it is not followed.",
				Keys: []Key{
					port("The port of the service, found as with `tcp`."),
					{Name: "path", Kind: Text, Default: "`/`", Example: "path: /healthz", Check: isPath, Doc: "The path, with its query."},
					{Name: "scheme", Kind: Word, Words: []string{"http", "https"}, Default: "`http`", Example: "scheme: https", Doc: "With `https` the certificate is not verified."},
					{Name: "status", Kind: Text, Default: "`200-399`", Example: `status: 200-299,401`, Check: isStatus, Doc: "The status codes that count as ready."},
					{Name: "header", Kind: Texts, Example: `header: { Host: example.com }`, Check: isHeader, Doc: "Header fields of the request. `Host` is `localhost` unless it is given."},
				},
			},
			{
				Name: "log", Kind: Text, Example: `log: "ready to accept connections"`, Check: isExpression,
				Doc: "Ready when a line that the service has written in this run, to either of its streams, matches this regular expression (RE2). Once ready, it stays so until the run ends.",
			},
			{
				Name: "notify", Kind: Bool, Example: "notify: true",
				Doc: "Ready when the service says `READY=1` to the socket in `NOTIFY_SOCKET` (sd_notify(3)). `STATUS=` is shown by `why`. Once ready, it stays so until the run ends.",
			},
			{Name: "interval", Kind: Duration, Default: "`30s`", Example: "interval: 10s", Doc: "Between two probes of a service that is ready; and for how long one that is not may fail until that counts as one failure."},
			{Name: "timeout", Kind: Duration, Default: "`30s`", Example: "timeout: 2s", Doc: "How long one probe may take."},
			{Name: "retries", Kind: Number, Min: 1, Max: 1 << 30, Default: "`3`", Example: "retries: 5", Doc: "So many failures in a row make it unhealthy."},
			{Name: "start_period", Kind: Duration, Default: "`0s`", Example: "start_period: 1m", Doc: "For so long after the start failures do not count."},
			{Name: "start_interval", Kind: Duration, Default: "from 20 ms on, more each time, up to `1s`", Example: "start_interval: 200ms", Doc: "Between two probes until the first that succeeds."},
		},
	}
}

const urlForm = "write http://:PORT/PATH; a name goes into header: {Host: NAME}"

// isURL looks at the short form of http.
func isURL(text string) (wrong, remedy string) {
	if _, err := parseURL(text); err != nil {
		return err.Error(), urlForm
	}
	return "", ""
}

// parseURL reads the short form. It names no other host: the probe goes to the service.
func parseURL(text string) (*project.ReadyHTTP, error) {
	u, err := url.Parse(text)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return nil, fmt.Errorf("%q is not such a URL", text)
	}
	switch u.Hostname() {
	case "", "localhost", "127.0.0.1", "::1":
	default:
		return nil, fmt.Errorf("%q names %s, and the request goes to the service itself", text, u.Hostname())
	}
	h := &project.ReadyHTTP{Scheme: u.Scheme, Port: 80, Path: "/"}
	if u.Scheme == "https" {
		h.Port = 443
	}
	if p := u.Port(); p != "" {
		n, err := strconv.ParseUint(p, 10, 16)
		if err != nil || n == 0 {
			return nil, fmt.Errorf("%q: %s is not a port", text, p)
		}
		h.Port = uint16(n)
	}
	if uri := u.RequestURI(); uri != "" {
		h.Path = uri
	}
	return h, nil
}

func isPath(text string) (wrong, remedy string) {
	if u, err := url.ParseRequestURI(text); err != nil || !strings.HasPrefix(text, "/") || u.Fragment != "" || strings.ContainsAny(text, " \r\n\t\x00") {
		return fmt.Sprintf("%q is not the path of a URL", text), "write it with a / in front, spaces as %20"
	}
	return "", ""
}

func isStatus(text string) (wrong, remedy string) {
	if _, err := project.ParseStatus(text); err != nil {
		return err.Error(), "write codes and ranges, such as 200-299,401"
	}
	return "", ""
}

// isHeader looks at a field of a request, "NAME: VALUE" (RFC 9110, 5.1 and 5.5): it
// must stay one line.
func isHeader(text string) (wrong, remedy string) {
	name, value, _ := strings.Cut(text, ": ")
	bad := name == "" || strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
	if bad || strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Sprintf("%q is not a header field", text), "write NAME: VALUE"
	}
	switch strings.ToLower(name) {
	case "connection", "content-length", "transfer-encoding", "upgrade":
		return name + " is said by the probe itself", "leave it out"
	}
	return "", ""
}
