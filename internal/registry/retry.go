package registry

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

const (
	maxBackoff = 30 * time.Second
	// maxWait is the longest Retry-After that is waited for.
	maxWait = 2 * time.Minute
	// enough is how many bytes make an attempt one that was worth it: after them,
	// attempts are counted anew.
	enough = 1 << 20
)

// hint is what a registry says about when to come back.
type hint struct {
	mu    sync.Mutex
	after time.Duration
}

type hintKey struct{}

// note reads a Retry-After (RFC 9110, 10.2.3): seconds or a date.
func (h *hint) note(value string) {
	var d time.Duration
	if n, err := strconv.Atoi(value); err == nil && n >= 0 {
		d = time.Duration(min(n, 1<<20)) * time.Second
	} else if at, err := http.ParseTime(value); err == nil {
		d = time.Until(at)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.after = max(h.after, d)
}

func (h *hint) get() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.after
}

// again is how something is tried that may work the next time.
type again struct {
	most     int // bounds attempts
	attempts int
	backoff  time.Duration
	say      func(seconds int) // may be nil
	progress func() int64      // bytes that came so far; may be nil
}

// try calls f until it works, or fails in a way that lasts.
func (a again) try(ctx context.Context, f func(context.Context) error) error {
	pause, failed, came := a.backoff, 0, int64(0)
	for {
		h := &hint{}
		err := f(context.WithValue(ctx, hintKey{}, h))
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case !temporary(err):
			return err
		}
		if a.progress != nil {
			if now := a.progress(); now-came >= enough {
				pause, failed, came = a.backoff, 0, now
			}
		}
		if failed++; failed >= a.attempts {
			return err
		}
		wait := pause + time.Duration(rand.Int64N(int64(pause)/4+1))
		if after := h.get(); after > maxWait {
			return fmt.Errorf("%w (it asks to come back in %s)", err, after.Round(time.Second))
		} else if after > wait {
			wait = after
		}
		pause = min(2*pause, maxBackoff)
		if err := a.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// sleep counts down, as docker does.
func (a again) sleep(ctx context.Context, d time.Duration) error {
	end := time.Now().Add(d)
	for left := d; left > 0; left = time.Until(end) {
		if a.say != nil {
			a.say(int((left + time.Second - 1) / time.Second))
		}
		timer := time.NewTimer(min(left, time.Second))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
	return nil
}

// temporary reports what may be better the next time: a connection that broke or
// was not there, a server with trouble or too much to do.
func temporary(err error) bool {
	var (
		final   *finalError
		plain   *plainError
		stalled *StallError
		status  *transport.Error
		name    *net.DNSError
	)
	switch {
	case isLocal(err), errors.As(err, &final):
		return false
	case errors.As(err, &status):
		return status.StatusCode == http.StatusTooManyRequests || status.StatusCode == http.StatusRequestTimeout || status.StatusCode >= 500
	case errors.As(err, &plain), isTLS(err): // beside one by the other scheme
		return false
	case errors.As(err, &name):
		return !name.IsNotFound
	case errors.As(err, &stalled), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return true
	case errors.Is(err, syscall.ECONNREFUSED):
		return false // nobody is there: a mirror's turn, or an answer at once
	}
	var op *net.OpError
	var timeout net.Error
	return errors.As(err, &op) || errors.As(err, &timeout) && timeout.Timeout() || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		isHTTP2(err)
}

// isHTTP2 tells streams and connections that the other side has ended.
func isHTTP2(err error) bool {
	for _, words := range []string{"http2: server sent GOAWAY", "stream error: stream ID", "http2: client connection lost", "server closed idle connection"} {
		if contains(err, words) {
			return true
		}
	}
	return false
}

func isTLS(err error) bool {
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
	)
	return errors.As(err, &authority) || errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &verify) || errors.As(err, &record) ||
		contains(err, "server gave HTTP response to HTTPS client")
}

func isUnexpectedEnd(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET)
}
