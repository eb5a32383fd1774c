package registrytest

import (
	"encoding/pem"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
)

// How a registry wants to know who asks.
type Auth int

const (
	Open  Auth = iota
	Basic      // name and password with each request
	Token      // a bearer token for each scope, from /token of the same server
)

// Options say how the registry is. The zero value is open and speaks plain HTTP.
type Options struct {
	TLS   bool
	Auth  Auth
	Users map[string]string // name -> password
	// Anonymous: whoever gives no name may pull (Token).
	Anonymous bool
	// ReadOnly are the names of users who may not push.
	ReadOnly []string
	// Lifetime of a token; 0 is an hour.
	Lifetime time.Duration
	// Redirect sends requests for blobs to another host, as registries with a
	// store elsewhere do. That host refuses whoever sends credentials.
	Redirect bool
}

// Registry is one that runs.
type Registry struct {
	Host string // "127.0.0.1:PORT": what an image's name begins with
	URL  string

	options   Options
	server    *httptest.Server
	elsewhere *httptest.Server // for Redirect
	manifests http.Handler
	blobs     *blobs
	tokens    tokens
	closing   sync.Once
	end       chan struct{} // closed: nothing stalls any longer

	mu       sync.Mutex
	requests []Request
	faults   []fault
}

// New starts a registry that ends with the test.
func New(t testing.TB, o Options) *Registry {
	t.Helper()
	r := &Registry{
		options:   o,
		manifests: registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(true)),
		blobs:     newBlobs(t.TempDir()),
		end:       make(chan struct{}),
	}
	r.server = r.start(r.serve)
	r.URL = r.server.URL
	_, r.Host, _ = strings.Cut(r.URL, "://")
	if o.Redirect {
		r.elsewhere = r.start(r.serveElsewhere)
	}
	t.Cleanup(r.Close)
	return r
}

func (r *Registry) start(h http.HandlerFunc) *httptest.Server {
	s := httptest.NewUnstartedServer(r.recorded(r.faulty(h)))
	s.Config.ErrorLog = log.New(io.Discard, "", 0) // broken connections are what we are for
	if r.options.TLS {
		s.StartTLS()
	} else {
		s.Start()
	}
	return s
}

// Close ends the registry, also for requests that are under way. It may be
// called more than once.
func (r *Registry) Close() { r.closing.Do(r.close) }

func (r *Registry) close() {
	close(r.end)
	for _, s := range []*httptest.Server{r.server, r.elsewhere} {
		if s != nil {
			s.CloseClientConnections()
			s.Close()
		}
	}
}

// WriteCA writes the certificate that clients have to trust, in PEM, into dir
// (as certs.d has it: ca.crt), and returns the file's path.
func (r *Registry) WriteCA(t testing.TB, dir string) string {
	t.Helper()
	data := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: r.server.Certificate().Raw})
	path := filepath.Join(dir, "ca.crt")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// Client trusts the registry, whatever its certificate.
func (r *Registry) Client() *http.Client { return r.server.Client() }

func (r *Registry) serve(w http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/token" {
		r.giveToken(w, req)
		return
	}
	if !r.allowed(w, req) {
		return
	}
	switch repo, rest := split(req.URL.Path); {
	case strings.HasPrefix(rest, "blobs/"):
		if r.elsewhere != nil && (req.Method == http.MethodGet || req.Method == http.MethodHead) && !strings.Contains(rest, "uploads") {
			http.Redirect(w, req, r.elsewhere.URL+req.URL.Path, http.StatusTemporaryRedirect)
			return
		}
		r.blobs.serve(w, req, repo, strings.TrimPrefix(rest, "blobs/"))
	case strings.HasPrefix(rest, "manifests/") && req.Method == http.MethodPut:
		r.putManifest(w, req, repo)
	default:
		r.manifests.ServeHTTP(w, req)
	}
}

func (r *Registry) serveElsewhere(w http.ResponseWriter, req *http.Request) {
	if req.Header.Get("Authorization") != "" {
		http.Error(w, "credentials of another host", http.StatusBadRequest)
		return
	}
	repo, rest := split(req.URL.Path)
	r.blobs.serve(w, req, repo, strings.TrimPrefix(rest, "blobs/"))
}

// split takes "/v2/NAME/manifests/1" apart: NAME, "manifests/1".
func split(path string) (repo, rest string) {
	path = strings.TrimPrefix(path, "/v2/")
	for _, kind := range []string{"/blobs/", "/manifests/", "/tags/", "/referrers/"} {
		if i := strings.LastIndex(path, kind); i >= 0 {
			return path[:i], path[i+1:]
		}
	}
	return "", path
}

// refuse answers with an error of the distribution spec.
func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, `{"errors":[{"code":"`+code+`","message":"`+message+`"}]}`)
}
