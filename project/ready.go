package project

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Ready is readiness that needs nothing in the image (x-mocker: {ready: ...}): one of
// TCP, HTTP, Log and Notify says how it is found. A time that is zero is the default of
// the health check's key of that name.
type Ready struct {
	// TCP: this port of the service takes connections. 0 = not asked.
	TCP uint16 `json:"tcp,omitempty"`
	// HTTP: this request is answered well.
	HTTP *ReadyHTTP `json:"http,omitempty"`
	// Log: a line of the service's log matches, an expression of regexp/syntax (RE2).
	Log string `json:"log,omitempty"`
	// Notify: the service says so itself, READY=1 over NOTIFY_SOCKET (sd_notify(3)).
	Notify bool `json:"notify,omitempty"`

	Interval    time.Duration `json:"interval,omitempty"` // ns; 30 s by default
	Timeout     time.Duration `json:"timeout,omitempty"`  // 30 s
	Retries     int           `json:"retries,omitempty"`  // 3
	StartPeriod time.Duration `json:"start_period,omitempty"`
	// StartInterval is between two probes until the first that succeeds; 0 = from 20 ms
	// on, more each time, up to a second.
	StartInterval time.Duration `json:"start_interval,omitempty"`
}

// ReadyHTTP is a request to the service.
type ReadyHTTP struct {
	Scheme string            `json:"scheme"` // "http", "https" (the certificate is not verified)
	Port   uint16            `json:"port"`
	Path   string            `json:"path"`             // with its query; begins with /
	Status string            `json:"status,omitempty"` // as [ParseStatus] reads it; "" = 200-399
	Header map[string]string `json:"header,omitempty"`
}

// Kind is the key that says how readiness is found, and its value in one word.
func (r *Ready) Kind() (key, value string) {
	switch {
	case r.TCP != 0:
		return "tcp", strconv.Itoa(int(r.TCP))
	case r.HTTP != nil:
		return "http", r.HTTP.URL()
	case r.Log != "":
		return "log", r.Log
	}
	return "notify", "true"
}

// Told reports that the service tells of it, by its log or its socket: nobody asks.
func (r *Ready) Told() bool { return r.TCP == 0 && r.HTTP == nil }

// URL is the request in one word, in the short form of the file.
func (h *ReadyHTTP) URL() string { return fmt.Sprintf("%s://:%d%s", h.Scheme, h.Port, h.Path) }

// Codes is a range of status codes of HTTP.
type Codes struct{ From, To int }

// ParseStatus reads status codes: "204", "200-299", "200-299,401".
func ParseStatus(text string) (list []Codes, err error) {
	for part := range strings.SplitSeq(text, ",") {
		from, to, ranged := strings.Cut(strings.TrimSpace(part), "-")
		if !ranged {
			to = from
		}
		a, errA := strconv.Atoi(strings.TrimSpace(from))
		b, errB := strconv.Atoi(strings.TrimSpace(to))
		if errA != nil || errB != nil || a < 100 || b > 599 || a > b {
			return nil, fmt.Errorf("%q is no status code, and no range of them", part)
		}
		list = append(list, Codes{a, b})
	}
	return list, nil
}

// Accepts reports that an answer with this status code counts as ready.
func (h *ReadyHTTP) Accepts(code int) bool {
	list, err := ParseStatus(h.Status)
	if h.Status == "" || err != nil {
		list = []Codes{{200, 399}}
	}
	for _, c := range list {
		if c.From <= code && code <= c.To {
			return true
		}
	}
	return false
}
