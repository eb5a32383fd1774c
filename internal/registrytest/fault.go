package registrytest

import (
	"net/http"
	"regexp"
	"strconv"
	"sync/atomic"
)

// Fault does something wrong with a request, or hands it on to next.
type Fault func(r *Registry, w http.ResponseWriter, req *http.Request, next http.Handler)

type fault struct {
	method string
	path   *regexp.Regexp
	do     Fault
}

// Fault puts a fault before all requests with this method ("": any) whose path
// matches a regular expression. The one added last sees a request first.
func (r *Registry) Fault(method, pattern string, do Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults = append(r.faults, fault{method, regexp.MustCompile(pattern), do})
}

func (r *Registry) faulty(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		h := next
		r.mu.Lock()
		for _, f := range r.faults {
			if (f.method == "" || f.method == req.Method) && f.path.MatchString(req.URL.Path) {
				inner, do := h, f.do
				h = http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) { do(r, w, req, inner) })
			}
		}
		r.mu.Unlock()
		h.ServeHTTP(w, req)
	})
}

// Times is a fault that happens the first n times only.
func Times(n int64, f Fault) Fault {
	var seen atomic.Int64
	return func(r *Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		if seen.Add(1) > n {
			next.ServeHTTP(w, req)
			return
		}
		f(r, w, req, next)
	}
}

// After is a fault that lets n requests through first.
func After(n int64, f Fault) Fault {
	var seen atomic.Int64
	return func(r *Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		if seen.Add(1) <= n {
			next.ServeHTTP(w, req)
			return
		}
		f(r, w, req, next)
	}
}

// Drop closes the connection without an answer.
func Drop() Fault {
	return func(*Registry, http.ResponseWriter, *http.Request, http.Handler) { panic(http.ErrAbortHandler) }
}

// Truncate closes the connection after n bytes of the body.
func Truncate(n int) Fault {
	return cut(n, func(*Registry, *http.Request) {})
}

// Stall sends n bytes of the body, and then nothing until the client gives up or
// the registry ends.
func Stall(n int) Fault {
	return cut(n, func(r *Registry, req *http.Request) {
		select {
		case <-req.Context().Done():
		case <-r.end:
		}
	})
}

func cut(n int, then func(*Registry, *http.Request)) Fault {
	return func(r *Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		next.ServeHTTP(&cutWriter{ResponseWriter: w, left: n, then: func() { then(r, req) }}, req)
	}
}

type cutWriter struct {
	http.ResponseWriter
	left int
	then func()
}

func (c *cutWriter) Write(b []byte) (int, error) {
	if len(b) < c.left {
		c.left -= len(b)
		return c.ResponseWriter.Write(b)
	}
	_, _ = c.ResponseWriter.Write(b[:c.left])
	if f, ok := c.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
	c.then()
	panic(http.ErrAbortHandler)
}

// Slow calls between before each piece of the body that is written: tests block
// or count there.
func Slow(between func(written int)) Fault {
	return func(_ *Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		next.ServeHTTP(&slowWriter{ResponseWriter: w, between: between}, req)
	}
}

type slowWriter struct {
	http.ResponseWriter
	written int
	between func(int)
}

func (s *slowWriter) Write(b []byte) (int, error) {
	s.between(s.written)
	n, err := s.ResponseWriter.Write(b)
	s.written += n
	return n, err
}

// headWriter changes the header just before it goes out.
type headWriter struct {
	http.ResponseWriter
	change func(http.Header)
	done   bool
}

func (h *headWriter) WriteHeader(status int) {
	if !h.done {
		h.done = true
		h.change(h.Header())
	}
	h.ResponseWriter.WriteHeader(status)
}

func (h *headWriter) Write(b []byte) (int, error) {
	if !h.done {
		h.WriteHeader(http.StatusOK)
	}
	return h.ResponseWriter.Write(b)
}

// Header changes the header of the answer.
func Header(change func(http.Header)) Fault {
	return func(_ *Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		next.ServeHTTP(&headWriter{ResponseWriter: w, change: change}, req)
	}
}

// Length announces by bytes more than there are, or fewer if it is below zero:
// then only so many come.
func Length(by int64) Fault {
	return func(_ *Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		l := &lengthWriter{left: 1 << 62}
		l.headWriter = headWriter{ResponseWriter: w, change: func(h http.Header) {
			if n, err := strconv.ParseInt(h.Get("Content-Length"), 10, 64); err == nil {
				l.left = max(0, n+by)
				h.Set("Content-Length", strconv.FormatInt(l.left, 10))
			}
		}}
		next.ServeHTTP(l, req)
	}
}

type lengthWriter struct {
	headWriter
	left int64
}

func (l *lengthWriter) Write(b []byte) (int, error) {
	if !l.done {
		l.WriteHeader(http.StatusOK)
	}
	now := b[:min(int64(len(b)), l.left)]
	l.left -= int64(len(now))
	if _, err := l.ResponseWriter.Write(now); err != nil {
		return 0, err
	}
	return len(b), nil
}

// MediaType announces another one.
func MediaType(s string) Fault {
	return Header(func(h http.Header) { h.Set("Content-Type", s) })
}

// NoRange makes the registry ignore a Range, which it may (RFC 9110, 14.2).
func NoRange() Fault {
	return func(_ *Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		req.Header.Del("Range")
		next.ServeHTTP(w, req)
	}
}

// Body answers with something else than what was asked for, and says the right
// digest. contentType "" is that of a blob.
func Body(contentType string, data []byte) Fault {
	return func(_ *Registry, w http.ResponseWriter, req *http.Request, _ http.Handler) {
		if contentType == "" {
			contentType = "application/octet-stream"
		}
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Length", strconv.Itoa(len(data)))
		w.WriteHeader(http.StatusOK)
		if req.Method != http.MethodHead {
			_, _ = w.Write(data)
		}
	}
}

// Status answers with an error: 503, 429 with Retry-After in seconds ("" for
// none), 404.
func Status(status int, retryAfter string) Fault {
	codes := map[int]string{
		http.StatusTooManyRequests: "TOOMANYREQUESTS", http.StatusNotFound: "NAME_UNKNOWN", http.StatusForbidden: "DENIED",
		http.StatusUnauthorized: "UNAUTHORIZED", http.StatusMethodNotAllowed: "UNSUPPORTED",
	}
	return func(_ *Registry, w http.ResponseWriter, req *http.Request, _ http.Handler) {
		if retryAfter != "" {
			w.Header().Set("Retry-After", retryAfter)
		}
		code := codes[status]
		if code == "" {
			code = "UNAVAILABLE"
		}
		refuse(w, status, code, http.StatusText(status))
	}
}

// RedirectTo sends the client to the same path on another server.
func RedirectTo(url string) Fault {
	return func(_ *Registry, w http.ResponseWriter, req *http.Request, _ http.Handler) {
		http.Redirect(w, req, url+req.URL.RequestURI(), http.StatusTemporaryRedirect)
	}
}
