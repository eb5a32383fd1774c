package registry

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// A registry that sends uploads elsewhere gets nobody's credentials there.
func TestUploadsElsewhere(t *testing.T) {
	if !isolated(t) {
		return
	}
	var mu sync.Mutex
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r.Header.Get("Authorization"))
		w.WriteHeader(http.StatusForbidden)
	}))
	defer other.Close()
	for _, kind := range []registrytest.Auth{registrytest.Basic, registrytest.Token} {
		r, l := registrytest.New(t, registrytest.Options{Auth: kind, Users: map[string]string{"ann": "secret"}}), newLab(t)
		l.login(t, r.Host, "ann", "secret")
		l.has(t, pushed, r.Host+"/team/app:1")
		r.Fault("POST", "/uploads/", registrytest.Header(func(h http.Header) {
			if h.Get("Location") != "" {
				h.Set("Location", other.URL+"/upload")
			}
		}))
		if _, err := l.push(t, r.Host+"/team/app:1"); err == nil {
			t.Error("what another server refused was pushed")
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if len(got) == 0 || strings.Join(got, "") != "" {
		t.Errorf("the other server was asked with %q", got)
	}
}

// A push that is given up ends at once, whatever the registry does, and leaves
// neither a tag nor a process.
func TestPushInterrupted(t *testing.T) {
	if !isolated(t) {
		return
	}
	r, l := registrytest.New(t, registrytest.Options{}), newLab(t)
	l.has(t, pushed, r.Host+"/team/app:1")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := make(chan struct{}, 10)
	r.Fault("PATCH", "", func(_ *registrytest.Registry, _ http.ResponseWriter, req *http.Request, _ http.Handler) {
		began <- struct{}{}
		silent(req)
	})
	failed := make(chan error, 1)
	go func() {
		_, err := l.client.Push(ctx, r.Host+"/team/app:1", l.store, nil)
		failed <- err
	}()
	<-began
	cancel()
	select {
	case err := <-failed:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it hangs")
	}
	if _, ok := r.Manifest(t, "team/app", "1"); ok {
		t.Error("the tag is there")
	}
	r.Reset()
	if _, err := l.push(t, r.Host+"/team/app:1"); err != nil {
		t.Errorf("pushed again: %v", err)
	}
}

// A registry that takes nothing for long is given up; one that is slow is not.
func TestPushStalls(t *testing.T) {
	if !isolated(t) {
		return
	}
	r, l := registrytest.New(t, registrytest.Options{}), newLab(t, func(o *Options) { o.Stall, o.Attempts = 300*time.Millisecond, 1 })
	l.has(t, pushed, r.Host+"/team/app:1")
	r.Fault("PATCH", "", func(_ *registrytest.Registry, _ http.ResponseWriter, req *http.Request, _ http.Handler) { silent(req) })
	var stalled *StallError
	if _, err := l.push(t, r.Host+"/team/app:1"); !errors.As(err, &stalled) {
		t.Errorf("%v", err)
	}
	r.Reset()
	r.Fault("PUT", "/uploads/", registrytest.Times(1, func(_ *registrytest.Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		time.Sleep(600 * time.Millisecond) // it puts a large blob into its place
		next.ServeHTTP(w, req)
	}))
	if _, err := l.push(t, r.Host+"/team/app:1"); err != nil {
		t.Errorf("a slow end: %v", err)
	}
}

// silent takes all, and says nothing until the client has gone: which a server
// sees only when it has read the body.
func silent(req *http.Request) {
	_, _ = io.Copy(io.Discard, req.Body)
	<-req.Context().Done()
}
