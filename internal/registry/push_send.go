package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

func (s *session) uploads() string {
	return fmt.Sprintf("%s://%s/v2/%s/blobs/uploads/", s.repo.Scheme(), s.endpoint.Host, s.endpoint.Path)
}

// send sends something to the registry; any answer of success will do. Redirects
// are not followed: the body has gone.
func (s *session) send(ctx context.Context, method, at string, body io.Reader, header map[string]string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, at, body)
	if err != nil {
		return nil, &finalError{err}
	}
	if method == http.MethodPatch {
		req.Header.Set("Content-Type", "application/octet-stream")
	}
	if d, ok := body.(*wholeBody); ok {
		req.ContentLength = d.Size()
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := s.way.RoundTrip(req)
	if err != nil {
		return nil, &endpointError{s, err}
	}
	if err := transport.CheckError(res, http.StatusOK, http.StatusCreated, http.StatusAccepted, http.StatusNoContent); err != nil {
		return nil, &endpointError{s, errors.Join(err, res.Body.Close())}
	}
	return res, nil
}

// wholeBody is a body that may be sent more than once: the library sends a request again,
// as it is, when a token was not enough, while the connection that took it before may
// still read. So each sending has a reader of its own (see web.RoundTrip).
type wholeBody struct {
	*bytes.Reader
	raw []byte
}

func whole(raw []byte) *wholeBody { return &wholeBody{bytes.NewReader(raw), raw} }

func (d *wholeBody) Close() error { return nil }

// location is where an upload goes on; the answer is used up. Credentials go to
// the registry's own host only, see the library's transport.
func location(res *http.Response) (string, error) {
	defer res.Body.Close()
	said := res.Header.Get("Location")
	u, err := url.Parse(said)
	if err != nil || said == "" {
		return "", &finalError{fmt.Errorf("%s does not say where to upload to: %q", res.Request.URL.Host, said)}
	}
	to := res.Request.URL.ResolveReference(u)
	if from := res.Request.URL; from.Hostname() != to.Hostname() && inner(to.Hostname()) && !inner(from.Hostname()) {
		return "", &finalError{fmt.Errorf("%s sends uploads to %s: refused, since that is this machine or its nearest network", from.Host, to.Host)}
	}
	return to.String(), nil
}
