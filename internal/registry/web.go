package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"

	"github.com/mocker-compose/mocker-compose/internal/registry/document"
	"github.com/mocker-compose/mocker-compose/internal/registry/hosts"
)

// web is what all connections go through: it has each host's certificates, the
// proxies, and no patience with who says nothing or too much.
type web struct {
	hosts *hosts.Config
	proxy func(*url.URL) (*url.URL, error)
	stall time.Duration

	mu         sync.Mutex
	transports map[string]*http.Transport
	insecure   map[string]bool // hosts that registries.conf calls so
}

func newWeb(h *hosts.Config, getenv func(string) string, stall time.Duration) *web {
	either := func(name, lower string) string {
		if v := getenv(lower); v != "" {
			return v
		}
		return getenv(name)
	}
	proxies := httpproxy.Config{
		HTTPProxy: either("HTTP_PROXY", "http_proxy"), HTTPSProxy: either("HTTPS_PROXY", "https_proxy"), NoProxy: either("NO_PROXY", "no_proxy"),
	}
	return &web{hosts: h, proxy: proxies.ProxyFunc(), stall: stall, transports: map[string]*http.Transport{}, insecure: map[string]bool{}}
}

// allow lets a host have any certificate, or none.
func (w *web) allow(host string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.insecure[host] = true
}

func (w *web) isInsecure(host string) bool { return w.insecure[host] || w.hosts.Insecure(host) }

// transport is a host's own: certificates of the one are nothing to the other.
func (w *web) transport(u *url.URL) (*http.Transport, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	insecure := w.isInsecure(u.Host)
	if u.Scheme != "https" && !insecure {
		return nil, &plainError{u.Host}
	}
	if t := w.transports[u.Host]; t != nil {
		return t, nil
	}
	config, err := w.hosts.TLS(u.Host, insecure)
	if err != nil {
		return nil, &localError{err}
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return w.proxy(r.URL) },
		DialContext:            dialer.DialContext,
		TLSClientConfig:        config,
		TLSHandshakeTimeout:    min(w.stall, 30*time.Second),
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // digests and ranges are of the bytes as they are
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		ReadBufferSize:         64 << 10,
	}
	w.transports[u.Host] = t
	return t, nil
}

// RoundTrip implements http.RoundTripper.
func (w *web) RoundTrip(req *http.Request) (*http.Response, error) {
	to := tokenServer(req.URL)
	t, err := w.transport(to)
	if err != nil {
		return nil, err
	}
	ctx, watch := watched(req.Context(), w.patience(req), req.URL.Host)
	watch.wait(true)
	req = req.Clone(ctx)
	if to.Host != req.URL.Host {
		req.URL, req.Host = to, to.Host
	}
	if d, ok := req.Body.(*wholeBody); ok {
		req.Body = whole(d.raw)
	}
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &sent{req.Body, watch}
	}
	req.Header.Set("Accept-Encoding", "identity")
	res, err := t.RoundTrip(req)
	watch.wait(false)
	if err != nil {
		watch.end()
		return nil, watch.reason(err)
	}
	if h, ok := ctx.Value(hintKey{}).(*hint); ok && (res.StatusCode == http.StatusTooManyRequests || res.StatusCode >= 500) {
		h.note(res.Header.Get("Retry-After"))
	}
	if res.StatusCode == http.StatusUnauthorized {
		ownRealm(req.URL, res.Header)
	}
	limit := int64(-1)
	if ctx.Value(streamKey{}) == nil {
		limit = document.Max + 1
	}
	res.Body = &body{ReadCloser: res.Body, watch: watch, left: limit}
	return res, nil
}

// streamKey is in the context of requests whose answer may be long.
type streamKey struct{}

// body is the body of an answer.
type body struct {
	io.ReadCloser
	watch *watch
	left  int64 // bytes that may come; -1: any
}

func (b *body) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, fmt.Errorf("the answer has more than %d bytes", document.Max)
	}
	if b.left > 0 && int64(len(p)) > b.left {
		p = p[:b.left]
	}
	b.watch.wait(true)
	n, err := b.ReadCloser.Read(p)
	b.watch.wait(false)
	b.watch.got.Add(int64(n))
	if b.left > 0 {
		b.left -= int64(n)
	}
	return n, b.watch.reason(err)
}

func (b *body) Close() error {
	b.watch.end()
	return b.ReadCloser.Close()
}

const maxRedirects = 10

// redirect bounds redirects, and keeps a registry from sending us to what only
// this machine can reach: cloud metadata, services on loopback.
func redirect(req *http.Request, via []*http.Request) error {
	if len(via) >= maxRedirects {
		return &finalError{fmt.Errorf("%s redirects in circles: stopped after %d times", via[0].URL.Host, maxRedirects)}
	}
	from, to := via[0].URL.Hostname(), req.URL.Hostname()
	if from != to && inner(to) && !inner(from) {
		return &finalError{fmt.Errorf("%s redirects to %s: refused, since that is this machine or its nearest network", from, to)}
	}
	return nil
}

// inner reports an address that means another thing on each machine.
func inner(host string) bool {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return host == "localhost"
	}
	return ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified()
}

// plainError is a host that must not be talked to without encryption.
type plainError struct{ host string }

func (e *plainError) Error() string {
	return fmt.Sprintf("%s would be asked by plain HTTP: refused", e.host)
}

// localError is a fault of this machine: neither another try nor another
// registry makes it better.
type localError struct{ error }

func (e *localError) Unwrap() error { return e.error }

// finalError is a fault of a registry that another try does not make better.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

func isLocal(err error) bool {
	var l *localError
	return errors.As(err, &l)
}

// streaming is for requests whose answer is a blob.
func streaming(ctx context.Context) context.Context {
	return context.WithValue(ctx, streamKey{}, true)
}
