package registrytest

import (
	"net/http"
	"regexp"
	"testing"
)

// Request is one that came.
type Request struct {
	Method, Path, Query string
	Range               string // header
	Authorization       string // header
	UserAgent           string
}

func (r *Registry) recorded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		r.requests = append(r.requests, Request{
			Method: req.Method, Path: req.URL.Path, Query: req.URL.RawQuery,
			Range: req.Header.Get("Range"), Authorization: req.Header.Get("Authorization"), UserAgent: req.UserAgent(),
		})
		r.mu.Unlock()
		next.ServeHTTP(w, req)
	})
}

// Requests are those with this method ("": any) whose path matches a regular
// expression, since the start or the last Reset.
func (r *Registry) Requests(t testing.TB, method, pattern string) (out []Request) {
	t.Helper()
	re := regexp.MustCompile(pattern)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, q := range r.requests {
		if (method == "" || q.Method == method) && re.MatchString(q.Path) {
			out = append(out, q)
		}
	}
	return out
}

// Count is the number of Requests.
func (r *Registry) Count(t testing.TB, method, pattern string) int {
	t.Helper()
	return len(r.Requests(t, method, pattern))
}

// Reset forgets the requests and the faults; what was pushed stays.
func (r *Registry) Reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests, r.faults = nil, nil
}
