package registry

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/mocker-compose/mocker-compose/internal/registry/document"
	"github.com/mocker-compose/mocker-compose/internal/registry/hosts"
)

// session is a repository of a host, logged in.
type session struct {
	endpoint hosts.Endpoint
	repo     name.Repository
	way      http.RoundTripper
	client   *http.Client
	from     string // where its credentials are from; "" = anonymous
}

// open logs in for the actions, or takes the session that there is.
func (c *Client) open(ctx context.Context, e hosts.Endpoint, actions string) (*session, error) {
	key := e.Host + "/" + e.Path + " " + actions
	c.mu.Lock()
	s := c.sessions[key]
	c.mu.Unlock()
	if s != nil {
		return s, nil
	}
	s, err := c.login(ctx, e, actions)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sessions[key] = s
	return s, nil
}

func (c *Client) login(ctx context.Context, e hosts.Endpoint, actions string) (*session, error) {
	var options []name.Option
	if e.Insecure {
		c.web.allow(e.Host)
		options = append(options, name.Insecure)
	}
	reg, err := name.NewRegistry(e.Host, options...)
	if err != nil {
		return nil, &finalError{err}
	}
	cred, err := c.credentials.For(ctx, e.Name, e.Path)
	if err != nil {
		return nil, err
	}
	auth := authn.Anonymous
	if !cred.Empty() {
		auth = authn.FromConfig(authn.AuthConfig{
			Username: cred.Username, Password: cred.Password, IdentityToken: cred.IdentityToken, RegistryToken: cred.RegistryToken,
		})
	}
	s := &session{endpoint: e, repo: reg.Repo(e.Path), from: cred.From}
	s.way, err = transport.NewWithContext(ctx, reg, auth, transport.NewUserAgent(c.web, userAgent), []string{s.repo.Scope(actions)})
	if err != nil {
		return nil, &endpointError{s, err}
	}
	s.client = &http.Client{Transport: s.way, CheckRedirect: redirect}
	return s, nil
}

// userAgent is what registries see.
const userAgent = "mocker-compose"

// endpointError is an error with the place where it happened.
type endpointError struct {
	at  *session
	err error
}

func (e *endpointError) Error() string { return e.err.Error() }
func (e *endpointError) Unwrap() error { return e.err }

// request asks for something of the repository: "manifests/1.27", "blobs/sha256:...".
func (s *session) request(ctx context.Context, method, what string, header map[string]string) (*http.Response, error) {
	url := fmt.Sprintf("%s://%s/v2/%s/%s", s.repo.Scheme(), s.endpoint.Host, s.endpoint.Path, what)
	req, err := http.NewRequestWithContext(ctx, method, url, nil)
	if err != nil {
		return nil, &finalError{err}
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := s.client.Do(req)
	if err != nil {
		return nil, &endpointError{s, err}
	}
	if err := transport.CheckError(res, http.StatusOK, http.StatusPartialContent); err != nil {
		return nil, errors.Join(&endpointError{s, err}, res.Body.Close())
	}
	return res, nil
}

func accept() map[string]string {
	var list []string
	for _, t := range document.Accept {
		list = append(list, string(t))
	}
	return map[string]string{"Accept": strings.Join(list, ", ")}
}

// fetched is a document as it came.
type fetched struct {
	raw    []byte
	digest string // of raw
	header string // its media type in the answer
}

// document gets a manifest, an index or a configuration whole. want is its
// digest, "" if only the registry knows it; size is that of its descriptor, -1 if
// there is none.
func (s *session) document(ctx context.Context, what, want string, size int64) (*fetched, error) {
	var header map[string]string
	if strings.HasPrefix(what, "manifests/") {
		header = accept()
	}
	res, err := s.request(ctx, http.MethodGet, what, header)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.ContentLength > document.Max {
		return nil, &finalError{fmt.Errorf("%s has %d bytes, more than the %d that are read", what, res.ContentLength, document.Max)}
	}
	limit := int64(document.Max) + 1
	if size >= 0 {
		limit = size + 1
	}
	raw, err := io.ReadAll(io.LimitReader(res.Body, limit))
	if err != nil {
		return nil, &endpointError{s, err}
	}
	sum := sha256.Sum256(raw)
	f := &fetched{raw: raw, digest: "sha256:" + hex.EncodeToString(sum[:]), header: res.Header.Get("Content-Type")}
	switch said := res.Header.Get("Docker-Content-Digest"); {
	case len(raw) > document.Max:
		err = fmt.Errorf("%s has more than the %d bytes that are read", what, document.Max)
	case size >= 0 && int64(len(raw)) != size:
		err = fmt.Errorf("%s should have %d bytes, and has not", what, size)
	case want != "" && f.digest != want:
		err = fmt.Errorf("%s: what came has the digest %s", what, f.digest)
	case want == "" && strings.HasPrefix(said, "sha256:") && said != f.digest:
		err = fmt.Errorf("%s: the registry says that its digest is %s, but what came has %s", what, document.Short(said), f.digest)
	}
	if err != nil {
		return nil, &finalError{err}
	}
	return f, nil
}
