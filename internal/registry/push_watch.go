package registry

import (
	"context"
	"io"
	"net/http"
	"time"
)

// unhurriedKey is in the context of requests that a registry may think about for
// long: it puts a large blob into its place.
type unhurriedKey struct{}

func unhurried(ctx context.Context) context.Context {
	return context.WithValue(ctx, unhurriedKey{}, true)
}

// patience is how long a host may say nothing to a request.
func (w *web) patience(req *http.Request) time.Duration {
	if req.Context().Value(unhurriedKey{}) != nil {
		return 10 * w.stall
	}
	return w.stall
}

// sent is the body of a request: while it goes out, the host does not stall, and
// while it is being made, nobody waits for the host.
type sent struct {
	io.ReadCloser
	watch *watch
}

func (s *sent) Read(p []byte) (int, error) {
	s.watch.wait(false)
	n, err := s.ReadCloser.Read(p)
	s.watch.got.Add(int64(n))
	s.watch.wait(true)
	return n, err
}
