package registrytest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/validate"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

var small = imagetest.Image{Layers: [][]imagetest.File{{{Name: "a", Text: "one"}}, {{Name: "b", Text: "two"}}}}

func reference(t *testing.T, r *Registry, s string) name.Reference {
	t.Helper()
	ref, err := name.ParseReference(r.Host+"/"+s, name.Insecure)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

// A client of its own gets what was pushed, in all forms.
func TestPull(t *testing.T) {
	for what, f := range map[string]imagetest.Form{"oci": {}, "zstd": {Compression: "zstd"}, "plain": {Compression: "none"}, "docker": {Docker: true}} {
		for _, o := range []Options{{}, {TLS: true}, {Redirect: true}} {
			r := New(t, o)
			p := r.Push(t, "team/web:1", small, f)
			img, err := remote.Image(reference(t, r, "team/web:1"), remote.WithTransport(r.Client().Transport))
			if err != nil {
				t.Fatalf("%s %+v: %v", what, o, err)
			}
			if d, err := img.Digest(); err != nil || d.String() != p.Manifest.Digest {
				t.Errorf("%s %+v: digest %s, %v, want %s", what, o, d, err, p.Manifest.Digest)
			}
			if f.Compression == "" { // that client wants gzip
				if err := validate.Image(img); err != nil {
					t.Errorf("%s %+v: %v", what, o, err)
				}
			}
			r.Close()
		}
	}
}

func TestIndex(t *testing.T) {
	r := New(t, Options{})
	r.PushIndex(t, "web:1", []string{"linux/amd64", "linux/arm/v7"}, []imagetest.Image{small, small}, imagetest.Form{})
	img, err := remote.Image(reference(t, r, "web:1"), remote.WithPlatform(v1.Platform{OS: "linux", Architecture: "arm", Variant: "v7"}))
	if err != nil {
		t.Fatal(err)
	}
	if c, err := img.ConfigFile(); err != nil || c.Architecture != "arm" {
		t.Errorf("%+v, %v", c, err)
	}
}

// Whoever may push does, who may not does not.
func TestAuth(t *testing.T) {
	users := map[string]string{"ann": "secret", "bob": "guest"}
	for _, kind := range []Auth{Basic, Token} {
		r := New(t, Options{Auth: kind, Users: users, ReadOnly: []string{"bob"}})
		ref := reference(t, r, "team/app:1")
		r.Push(t, "team/app:1", small, imagetest.Form{})
		for user, want := range map[string]int{"ann:secret": 0, "ann:wrong": 401, "bob:guest": 0} {
			name, password, _ := strings.Cut(user, ":")
			img, err := random.Image(2000, 3)
			if err != nil {
				t.Fatal(err)
			}
			auth := remote.WithAuth(&authn.Basic{Username: name, Password: password})
			err = remote.Write(ref, img, auth)
			var e *transport.Error
			switch {
			case name == "bob":
				if err == nil {
					t.Errorf("%d: bob may push", kind)
				}
				if _, err := remote.Image(ref, auth); err != nil {
					t.Errorf("%d: bob may not pull: %v", kind, err)
				}
			case want == 0 && err != nil, want != 0 && (!errors.As(err, &e) || e.StatusCode != want):
				t.Errorf("%d %s: %v", kind, user, err)
			}
		}
		if _, err := remote.Image(ref); err == nil {
			t.Errorf("%d: anybody may pull", kind)
		}
	}
}

// A mount needs the blob where it is said to be.
func TestMount(t *testing.T) {
	r := New(t, Options{})
	p := r.Push(t, "a:1", small, imagetest.Form{})
	for from, want := range map[string]int{"a": http.StatusCreated, "b": http.StatusAccepted} {
		res, err := http.Post(r.URL+"/v2/c/blobs/uploads/?mount="+p.Layers[0].Digest+"&from="+from, "", nil)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != want {
			t.Errorf("from %s: %s", from, res.Status)
		}
	}
}

func get(t *testing.T, r *Registry, path, rng string) (*http.Response, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if rng != "" {
		req.Header.Set("Range", rng)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	return res, b, err
}

// Each fault is what its name says.
func TestFaults(t *testing.T) {
	r := New(t, Options{})
	data := bytes.Repeat([]byte("0123456789"), 1000)
	path := "/v2/x/blobs/" + r.PutBlob(t, "x", data)
	r.PutManifest(t, "x", "1", imagetest.Part{MediaType: "application/vnd.oci.image.index.v1+json", Digest: Digest([]byte(`{"schemaVersion":2}`)), Data: []byte(`{"schemaVersion":2}`)})
	for what, c := range map[string]struct {
		do    Fault
		bytes int
		ok    bool
		check func(*http.Response) bool
	}{
		"truncate": {Truncate(100), 100, false, nil},
		"drop":     {Drop(), 0, false, nil},
		"longer":   {Length(5), len(data), false, nil},
		"shorter":  {Length(-5), len(data) - 5, true, nil},
		"body":     {Body("", []byte("else")), 4, true, nil},
		"type":     {MediaType("text/html"), len(data), true, func(res *http.Response) bool { return res.Header.Get("Content-Type") == "text/html" }},
		"429":      {Status(429, "7"), -1, true, func(res *http.Response) bool { return res.StatusCode == 429 && res.Header.Get("Retry-After") == "7" }},
		"times":    {Times(0, Drop()), len(data), true, nil},
		"after":    {After(1, Drop()), len(data), true, nil},
	} {
		r.Reset()
		r.Fault("GET", "/blobs/", c.do)
		res, body, err := get(t, r, path, "")
		if (err == nil) != c.ok || c.bytes >= 0 && len(body) != c.bytes || c.check != nil && !c.check(res) {
			t.Errorf("%s: %v, %d bytes, %v", what, err, len(body), res)
		}
	}
	r.Reset()
	if res, body, err := get(t, r, path, "bytes=9990-"); err != nil || res.StatusCode != http.StatusPartialContent || len(body) != 10 {
		t.Errorf("a range: %v, %v, %q", err, res, body)
	}
	if q := r.Requests(t, "GET", "/blobs/"); len(q) != 1 || q[0].Range != "bytes=9990-" {
		t.Errorf("record: %+v", q)
	}
	if res, _, err := get(t, r, "/v2/x/manifests/1", ""); err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("manifest: %v, %v", res, err)
	}
}

// A registry that stalls ends all the same.
func TestStall(t *testing.T) {
	r := New(t, Options{})
	path := "/v2/x/blobs/" + r.PutBlob(t, "x", make([]byte, 5000))
	r.Fault("GET", "", Stall(1000))
	res, err := http.Get(r.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if _, err := io.ReadFull(res.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	r.Close()
	if _, err := io.ReadAll(res.Body); err == nil {
		t.Error("the body went on")
	}
}

// Tokens end, and a refresh token gets others.
func TestTokens(t *testing.T) {
	r := New(t, Options{Auth: Token, Users: map[string]string{"ann": "secret"}})
	ask := func(query string) (token, refresh string) {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+"/token?service=registrytest&"+query, nil)
		req.SetBasicAuth("ann", "secret")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		var a struct{ Token, Refresh_token string }
		if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
			t.Fatal(err)
		}
		return a.Token, a.Refresh_token
	}
	token, refresh := ask("offline_token=true")
	if refresh == "" {
		t.Error("no refresh token")
	}
	status := func() int {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, r.URL+"/v2/", nil)
		req.Header.Set("Authorization", "Bearer "+token)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if s := status(); s != http.StatusOK {
		t.Errorf("with a token: %d", s)
	}
	r.Forget()
	if s := status(); s != http.StatusUnauthorized {
		t.Errorf("with a forgotten token: %d", s)
	}
}
