package ready

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/mocker-compose/mocker-compose/project"
	"github.com/mocker-compose/mocker-compose/supervisor/kernel"
	"github.com/mocker-compose/mocker-compose/supervisor/policy"
)

// Kernel is what it needs of the supervisor's Runtime.
type Kernel interface {
	// Dial connects to a TCP port of a running container, in its net namespace.
	Dial(ctx context.Context, c *kernel.Container, port uint16) (net.Conn, error)
	// FollowLog hands over each line that came since a time, until found says that it
	// was the one (nil), ctx ends (its error), or the log cannot be read.
	FollowLog(ctx context.Context, c *kernel.Container, since time.Time, found func(line []byte) bool) error
	// Notifications hands over what the container says to its socket, until ctx ends.
	// A message is taken out of the socket when on has returned without an error.
	Notifications(ctx context.Context, c *kernel.Container, on func(message string) error) error
}

// Watch follows the readiness of a run from the health that is known, until ctx ends or
// nothing can change any more. Its patience counts from asked on: the run has been asked
// this since then. tell is called with each change; with lasting it returns
// when that is on disk.
func Watch(ctx context.Context, k Kernel, c *kernel.Container, started, asked time.Time, h policy.Health, tell func(h policy.Health, lasting bool) error) {
	r := c.Service.Ready
	key, value := r.Kind()
	if key == "http" {
		key, value = value, ""
	}
	h.Probe = strings.TrimSpace(key + " " + value)
	if key == "notify" {
		h.Probe = key
	}
	w := &watch{k: k, c: c, r: r, started: started, asked: asked, health: h, tell: tell}
	switch {
	case !r.Told():
		w.ask(ctx)
	case r.Notify:
		w.listen(ctx)
	case h.Status != policy.Healthy:
		w.read(ctx)
	}
}

type watch struct {
	k       Kernel
	c       *kernel.Container
	r       *project.Ready
	started time.Time
	asked   time.Time
	tell    func(policy.Health, bool) error

	mu     sync.Mutex
	health policy.Health
}

// to tells of what change makes of the health, if that is another.
func (w *watch) to(lasting bool, change func(h *policy.Health)) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.health
	change(&w.health)
	if w.health == before {
		return nil
	}
	return w.tell(w.health, lasting)
}

// ask probes again and again.
func (w *watch) ask(ctx context.Context) {
	var wait time.Duration
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait = w.health.Pace(w.r, wait)
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		age := time.Since(w.asked)
		failure := w.probe(ctx)
		if ctx.Err() != nil {
			return
		}
		_ = w.to(false, func(h *policy.Health) { *h = h.Told(w.r, age, failure) })
	}
}

// probe asks once. It returns what is wrong, "" = it is ready.
func (w *watch) probe(ctx context.Context) string {
	limit := policy.ReadyTimeout(w.r)
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	port := w.r.TCP
	if w.r.HTTP != nil {
		port = w.r.HTTP.Port
	}
	conn, err := w.k.Dial(ctx, w.c, port)
	if err != nil {
		return cut(fmt.Sprintf("port %d: %v", port, inTime(ctx, err, limit)))
	}
	defer conn.Close()
	if w.r.HTTP == nil {
		return ""
	}
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if err := get(ctx, conn, w.r.HTTP); err != nil {
		return cut(inTime(ctx, err, limit).Error())
	}
	return ""
}

// inTime is err, or that the time was over.
func inTime(ctx context.Context, err error, limit time.Duration) error {
	if ctx.Err() != nil || errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("no answer within %v", limit)
	}
	return err
}

// read waits for a line of the log.
func (w *watch) read(ctx context.Context) {
	expression, err := regexp.Compile(w.r.Log)
	if err != nil {
		w.fail(err.Error())
		return
	}
	defer w.patience(fmt.Sprintf("no line of its log has matched /%s/", w.r.Log)).Stop()
	for ctx.Err() == nil {
		err := w.k.FollowLog(ctx, w.c, w.started, func(line []byte) bool {
			if !expression.Match(line) {
				return false
			}
			_ = w.to(true, func(h *policy.Health) { ready(h, strings.ToValidUTF8(string(line), "?")) })
			return true
		})
		if err == nil {
			return
		}
		if ctx.Err() == nil {
			w.fail("its log cannot be read: " + err.Error())
		}
		select { // a full disk, no inotify: later perhaps
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// listen takes what the service says of itself.
func (w *watch) listen(ctx context.Context) {
	if w.health.Status != policy.Healthy {
		defer w.patience("it has not said READY=1 to NOTIFY_SOCKET").Stop()
	}
	err := w.k.Notifications(ctx, w.c, func(message string) error {
		is, status := said(message)
		if is {
			return w.to(true, func(h *policy.Health) { ready(h, cmp.Or(status, h.Output)) })
		}
		return w.to(false, func(h *policy.Health) { h.Output = cmp.Or(cut(status), h.Output) })
	})
	if err != nil && ctx.Err() == nil {
		w.fail("its socket cannot be read: " + err.Error())
	}
}

// said reads a message of sd_notify(3): lines of NAME=VALUE.
func said(message string) (is bool, status string) {
	for line := range strings.Lines(message) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), "=")
		switch {
		case name == "READY" && value == "1":
			is = true
		case name == "STATUS":
			status = strings.ToValidUTF8(value, "?")
		}
	}
	return is, status
}

// ready is the first success of a service that tells; it lasts.
func ready(h *policy.Health, output string) {
	h.Status, h.Streak, h.Code, h.Output = policy.Healthy, 0, 0, cut(output)
}

func (w *watch) fail(why string) {
	_ = w.to(false, func(h *policy.Health) { h.Status, h.Code, h.Output = policy.Unhealthy, 1, cut(why) })
}

// patience ends the time that a service has to tell; what comes later counts all the same.
func (w *watch) patience(silence string) *time.Timer {
	limit := policy.Patience(w.r)
	return time.AfterFunc(time.Until(w.asked.Add(limit)), func() {
		_ = w.to(false, func(h *policy.Health) {
			if h.Status != policy.Probing {
				return
			}
			h.Status, h.Code = policy.Unhealthy, 1
			if h.Output != "" {
				silence += ", and has said: " + h.Output
			}
			h.Output = cut(fmt.Sprintf("in %v %s", limit, silence))
		})
	})
}

// cut bounds what is kept of a text, and cuts no character in two.
func cut(text string) string {
	if len(text) <= policy.OutputLimit {
		return text
	}
	return strings.ToValidUTF8(text[:policy.OutputLimit], "")
}
