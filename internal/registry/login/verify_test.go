package login

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

func TestVerify(t *testing.T) {
	for _, o := range []registrytest.Options{{Auth: registrytest.Basic}, {Auth: registrytest.Basic, TLS: true}, {Auth: registrytest.Token}, {Auth: registrytest.Token, TLS: true}} {
		o.Users = map[string]string{"ann": "pa:ss"}
		r := registrytest.New(t, o)
		c, err := Verify(t.Context(), r.Client().Transport, r.URL, ann)
		if err != nil || c.Username != "ann" || (c.IdentityToken != "") != (o.Auth == registrytest.Token) {
			t.Errorf("%+v: %+v, %v", o, c, err)
		}
		_, err = Verify(t.Context(), r.Client().Transport, r.URL, credentials.Credential{Username: "ann", Password: "no"})
		if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "unauthorized") {
			t.Errorf("%+v: a wrong password: %v", o, err)
		}
	}
	open := registrytest.New(t, registrytest.Options{})
	if _, err := Verify(t.Context(), http.DefaultTransport, open.URL, ann); err != nil {
		t.Errorf("a registry that asks nobody: %v", err)
	}
}

// A password is not carried to where a server sends us.
func TestHostileServer(t *testing.T) {
	var got []string
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = append(got, r.Header.Get("Authorization")) }))
	defer thief.Close()
	for what, h := range map[string]http.HandlerFunc{
		"redirect": func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" {
				http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
				return
			}
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
		"no token server": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Bearer realm="",service="x"`)
			w.WriteHeader(http.StatusUnauthorized)
		},
		"unknown scheme": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Negotiate`)
			w.WriteHeader(http.StatusUnauthorized)
		},
		"no registry": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) },
		"words": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"\u001b[2Jgone\u0007"}]}`))
		},
	} {
		s := httptest.NewServer(h)
		_, err := Verify(t.Context(), http.DefaultTransport, s.URL, ann)
		s.Close()
		if err == nil || strings.ContainsAny(err.Error(), "\x1b\x07") {
			t.Errorf("%s: %q", what, err)
		}
	}
	plain := `Bearer realm="` + thief.URL + `",service="x"`
	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", plain)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer secure.Close()
	if _, err := Verify(t.Context(), secure.Client().Transport, secure.URL, ann); err == nil || !strings.Contains(err.Error(), "without encryption") {
		t.Errorf("a token server without TLS: %v", err)
	}
	if len(got) > 0 {
		t.Errorf("the other server got %q", got)
	}
}

func TestChallenge(t *testing.T) {
	scheme, p := challenge(`Bearer realm="https://a/t?x=1,2",service=b , scope="r:\"q\":pull", error`)
	if scheme != "bearer" || p["realm"] != "https://a/t?x=1,2" || p["service"] != "b" || p["scope"] != `r:"q":pull` {
		t.Errorf("%q %q", scheme, p)
	}
}
