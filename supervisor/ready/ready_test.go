package ready

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// fake is a service without a kernel: serve is the other end of connections, lines and
// messages are what it says.
type fake struct {
	serve    func(net.Conn)
	lines    chan string
	messages chan string
}

func (f *fake) Dial(context.Context, *kernel.Container, uint16) (net.Conn, error) {
	if f.serve == nil {
		return nil, errors.New("connection refused")
	}
	here, there := net.Pipe()
	go func() { defer there.Close(); f.serve(there) }()
	return here, nil
}

func (f *fake) FollowLog(ctx context.Context, _ *kernel.Container, _ time.Time, found func([]byte) bool) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case line, ok := <-f.lines:
			if !ok {
				return errors.New("the disk is gone")
			}
			if found([]byte(line)) {
				return nil
			}
		}
	}
}

func (f *fake) Notifications(ctx context.Context, _ *kernel.Container, on func(string) error) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case m := <-f.messages:
			if err := on(m); err != nil {
				return err
			}
		}
	}
}

func watchIt(t *testing.T, f *fake, r project.Ready, h policy.Health) chan policy.Health {
	t.Helper()
	ch := make(chan policy.Health, 1000)
	c := &kernel.Container{}
	c.Service.Ready = &r
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		Watch(ctx, f, c, time.Now(), time.Now(), h, func(h policy.Health, _ bool) error { ch <- h; return nil })
		close(done)
	}()
	t.Cleanup(func() { cancel(); <-done })
	return ch
}

func until(t *testing.T, ch chan policy.Health, want policy.HealthStatus) policy.Health {
	t.Helper()
	for {
		select {
		case h := <-ch:
			if h.Status == want {
				return h
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("never %v", want)
		}
	}
}

var probing = policy.Health{Status: policy.Probing}

// What is said of a log that never has the line, and that a line that comes late counts.
func TestLog(t *testing.T) {
	f := &fake{lines: make(chan string)}
	ch := watchIt(t, f, project.Ready{Log: `up in \d+ms`, Interval: 10 * time.Millisecond, Retries: 1}, probing)
	f.lines <- "almost up in a moment"
	if h := until(t, ch, policy.Unhealthy); !strings.Contains(h.Output, `in 10ms no line of its log has matched /up in \d+ms/`) || h.Probe != `log up in \d+ms` {
		t.Errorf("%+v", h)
	}
	f.lines <- "server up in 12ms"
	if h := until(t, ch, policy.Healthy); h.Output != "server up in 12ms" || h.Streak != 0 {
		t.Errorf("%+v", h)
	}
}

// A log that cannot be read is a reason, and is tried again.
func TestLogUnreadable(t *testing.T) {
	f := &fake{lines: make(chan string)}
	close(f.lines)
	if h := until(t, watchIt(t, f, project.Ready{Log: "x"}, probing), policy.Unhealthy); !strings.Contains(h.Output, "the disk is gone") {
		t.Errorf("%+v", h)
	}
}

func TestNotify(t *testing.T) {
	f := &fake{messages: make(chan string)}
	ch := watchIt(t, f, project.Ready{Notify: true, Interval: 10 * time.Millisecond, Retries: 1}, probing)
	f.messages <- "STATUS=loading\xff\nX\n=\n"
	if h := <-ch; h.Output != "loading?" || h.Status != policy.Probing {
		t.Errorf("%+v", h)
	}
	if h := until(t, ch, policy.Unhealthy); h.Output != "in 10ms it has not said READY=1 to NOTIFY_SOCKET, and has said: loading?" {
		t.Errorf("%+v", h)
	}
	f.messages <- "READY=1\nSTATUS=serving\n"
	if h := until(t, ch, policy.Healthy); h.Output != "serving" {
		t.Errorf("%+v", h)
	}
	f.messages <- "STATUS=42 clients" // it goes on telling, and stays ready
	if h := <-ch; h.Output != "42 clients" || h.Status != policy.Healthy {
		t.Errorf("%+v", h)
	}
}

// Answers, good, bad and hostile, with the verdict on each.
func TestAnswers(t *testing.T) {
	long := strings.Repeat("a", 1<<20)
	for answer, want := range map[string]string{
		"HTTP/1.1 200 OK\r\n\r\n":                                        "",
		"HTTP/1.0 302 Found\nLocation: /x\n\n":                           "",
		"HTTP/1.1 100 Continue\r\nA: b\r\n\r\nHTTP/1.1 204":              "the answer is not HTTP",
		"HTTP/1.1 103 Early\r\nA: b\r\n\r\nHTTP/1.1 204 \n":              "",
		"HTTP/1.1 404 Not Found\r\nA: b\r\n\r\nno\n\x1b]0;such\x07 page": "404 Not Found: no ]0;such page",
		"HTTP/1.1 503 \r\n\r\n":                                          "503",
		"HTTP/1.1 500 " + long:                                           "the answer is not HTTP",
		"HTTP/1.1 500 x\r\nA: " + long:                                   "500 x: its header does not end",
		"SSH-2.0-OpenSSH_9\r\n":                                          `the answer is not HTTP: "SSH-2.0-OpenSSH_9"`,
		"HTTP/2 200 OK\r\n":                                              "the answer is not HTTP",
		"HTTP/1.1 2000 OK\r\n":                                           "the answer is not HTTP",
		strings.Repeat("HTTP/1.1 100 C\r\n\r\n", 9):                      "more than 5 interim answers",
		"": "the answer is not HTTP: unexpected EOF",
	} {
		here, there := net.Pipe()
		go func() {
			_, _ = there.Read(make([]byte, 4096))
			_, _ = io.WriteString(there, answer)
			there.Close()
		}()
		err := get(t.Context(), here, &project.ReadyHTTP{Scheme: "http", Port: 1, Path: "/"})
		here.Close()
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.HasPrefix(err.Error(), want)):
			t.Errorf("%.60q: %v, want %q", answer, err, want)
		case err != nil && len(err.Error()) > 500:
			t.Errorf("%.60q: the reason has %d bytes", answer, len(err.Error()))
		}
	}
}

func TestRequest(t *testing.T) {
	got := request(&project.ReadyHTTP{Path: "/a?b", Header: map[string]string{"host": "x", "X-A": "1", "User-Agent": "me"}}, "x")
	const want = "GET /a?b HTTP/1.1\r\nHost: x\r\nUser-Agent: me\r\nX-A: 1\r\nAccept: */*\r\nConnection: close\r\n\r\n"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Asking ends by its own time against who never answers, and is quick when it can be.
func TestAsk(t *testing.T) {
	f := &fake{serve: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }}
	r := project.Ready{HTTP: &project.ReadyHTTP{Scheme: "http", Port: 1, Path: "/"}, Timeout: 20 * time.Millisecond, Interval: 10 * time.Millisecond}
	if h := until(t, watchIt(t, f, r, probing), policy.Unhealthy); h.Output != "no answer within 20ms" || h.Probe != "http://:1/" {
		t.Errorf("%+v", h)
	}
	r.HTTP = &project.ReadyHTTP{Scheme: "https", Port: 1, Path: "/"} // the first one is still asked
	if h := until(t, watchIt(t, &fake{serve: func(c net.Conn) { io.WriteString(c, "HTTP/1.1 400 \r\n\r\n") }}, r, probing), policy.Unhealthy); !strings.Contains(h.Output, "TLS: ") && !strings.Contains(h.Output, "no answer") {
		t.Errorf("%+v", h)
	}
	if h := until(t, watchIt(t, &fake{}, project.Ready{TCP: 7, Interval: 5 * time.Millisecond}, probing), policy.Unhealthy); h.Output != "port 7: connection refused" || h.Probe != "tcp 7" {
		t.Errorf("%+v", h)
	}
	until(t, watchIt(t, &fake{serve: func(net.Conn) {}}, project.Ready{TCP: 7}, probing), policy.Healthy)
}
