package registry

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// conf writes the user's registries.conf.
func (l *lab) conf(t *testing.T, text string) {
	t.Helper()
	path := filepath.Join(l.home, "registries.conf")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l.vars["CONTAINERS_REGISTRIES_CONF"] = path
	l.renew(t)
}

func TestMirrors(t *testing.T) {
	if !isolated(t) {
		return
	}
	img := demo("a", 3, 5)
	mirror, main := registrytest.New(t, registrytest.Options{}), registrytest.New(t, registrytest.Options{})
	dead := httptest.NewServer(nil)
	dead.Close()
	mirror.Push(t, "cache/team/web:1", img, imagetest.Form{})
	parts := main.Push(t, "team/web:1", img, imagetest.Form{})
	conf := "[[registry]]\nprefix='reg.example'\nlocation='" + main.Host + "'\n[[registry.mirror]]\nlocation='" +
		strings.TrimPrefix(dead.URL, "http://") + "'\n[[registry.mirror]]\nlocation='" + mirror.Host + "/cache'\n"
	l := newLab(t)
	l.conf(t, conf)
	got := l.mustPull(t, "reg.example/team/web:1", "")
	l.complete(t, got, img)
	if got.Names[0] != "reg.example/team/web:1" || main.Count(t, "", "") != 0 {
		t.Errorf("%q; the registry itself was asked %d times", got.Names, main.Count(t, "", ""))
	}
	if len(l.notices) != 1 || !strings.Contains(l.notices[0], "asking the next one") {
		t.Errorf("that a mirror is dead is said: %q", l.notices)
	}
	// A mirror that has the manifest and not all layers, or breaks in the middle.
	for _, fault := range []registrytest.Fault{registrytest.Status(http.StatusNotFound, ""), registrytest.Truncate(1000)} {
		mirror.Reset()
		main.Reset()
		mirror.Fault("GET", "/blobs/"+parts.Layers[1].Digest, fault)
		l = newLab(t)
		l.conf(t, conf)
		l.complete(t, l.mustPull(t, "reg.example/team/web:1", ""), img)
		if n := main.Count(t, "GET", "/blobs/"); n != 1 {
			t.Errorf("the registry itself was asked for %d blobs", n)
		}
	}
	// One that lies is found out.
	mirror.Reset()
	mirror.Fault("GET", "/blobs/"+parts.Layers[1].Digest, registrytest.Body("", make([]byte, len(parts.Layers[1].Data))))
	l = newLab(t)
	l.conf(t, conf)
	l.complete(t, l.mustPull(t, "reg.example/team/web:1", ""), img)
	if said := strings.Join(l.notices, "\n"); !strings.Contains(said, "getting it again from "+main.Host) {
		t.Errorf("a mirror that lies: %s", said)
	}
	l = newLab(t)
	l.conf(t, "[[registry]]\nlocation='reg.example'\nblocked=true")
	l.fails(t, "reg.example/team/web:1", "", "is blocked", "registries.conf")
}

func TestCertificates(t *testing.T) {
	if !isolated(t) {
		return
	}
	img := demo("a", 1, 1)
	r := registrytest.New(t, registrytest.Options{TLS: true})
	r.Push(t, "web:1", img, imagetest.Form{})
	_, port, _ := net.SplitHostPort(r.Host)
	// 127.0.0.1 is insecure by default; the certificate is for example.com, which
	// a proxy leads here.
	host := "example.com:" + port
	proxy := proxyTo(t, r.Host)
	l := newLab(t)
	l.vars["HTTPS_PROXY"], l.vars["HTTP_PROXY"] = proxy.URL, proxy.URL
	l.renew(t)
	l.fails(t, host+"/web:1", "", "the certificate of "+host, "certs.d/"+host+"/ca.crt", "MOCKER_INSECURE_REGISTRIES="+host)
	dir := filepath.Join(l.home, ".config/containers/certs.d", host)
	r.WriteCA(t, dir)
	l.renew(t)
	l.complete(t, l.mustPull(t, host+"/web:1", ""), img)
	if err := os.WriteFile(filepath.Join(dir, "client.cert"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	l = newLab(t)
	l.vars["HTTPS_PROXY"], l.home = proxy.URL, filepath.Dir(filepath.Dir(filepath.Dir(filepath.Dir(dir))))
	l.renew(t)
	l.fails(t, host+"/web:1", "", "client.cert", "client.key is missing")
	l = newLab(t)
	l.vars["HTTPS_PROXY"], l.vars["MOCKER_INSECURE_REGISTRIES"] = proxy.URL, "other.example, "+host
	l.renew(t)
	l.complete(t, l.mustPull(t, host+"/web:1", ""), img)
}

// proxyTo is a proxy that leads everybody to one host.
func proxyTo(t *testing.T, host string) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method != http.MethodConnect {
			http.Error(w, "only CONNECT", http.StatusBadGateway)
			return
		}
		up, err := net.Dial("tcp", host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer up.Close()
		down, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer down.Close()
		_, _ = io.WriteString(down, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(up, down) }()
		_, _ = io.Copy(down, up)
	}))
	t.Cleanup(s.Close)
	return s
}

// TestPlain: what speaks no TLS is not talked to, unless it is on loopback or the
// user says so.
func TestPlain(t *testing.T) {
	if !isolated(t) {
		return
	}
	img := demo("a", 1, 1)
	r := registrytest.New(t, registrytest.Options{})
	r.Push(t, "web:1", img, imagetest.Form{})
	_, port, _ := net.SplitHostPort(r.Host)
	proxy := proxyTo(t, r.Host)
	for _, host := range []string{"plain.example:" + port, "10.9.8.7:" + port} {
		l := newLab(t)
		l.vars["HTTPS_PROXY"], l.vars["HTTP_PROXY"] = proxy.URL, proxy.URL
		l.renew(t)
		l.fails(t, host+"/web:1", "", host+" speaks plain HTTP", "MOCKER_INSECURE_REGISTRIES="+host)
		if n := r.Count(t, "", ""); n != 0 {
			t.Errorf("%s: %d requests came without encryption", host, n)
		}
	}
	l := newLab(t)
	l.complete(t, l.mustPull(t, "localhost:"+port+"/web:1", ""), img)
}

func TestWordsOfTheNetwork(t *testing.T) {
	dead := httptest.NewServer(nil)
	host := strings.TrimPrefix(dead.URL, "http://")
	dead.Close()
	l := newLab(t)
	l.fails(t, host+"/x", "", host+" refuses connections")
	l.fails(t, "no-such-host.invalid/x", "", "no-such-host.invalid")
	l.fails(t, "x/UPPER", "", "invalid reference")
	l.fails(t, "x:1", "linux/amd64/v1/x", "platform")
}

// TestCredentialsStay: they go to the host that they are for.
func TestCredentialsStay(t *testing.T) {
	if !isolated(t) {
		return
	}
	var leaked atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Header.Get("Authorization") != "" {
			leaked.Store(true)
		}
		w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
		w.WriteHeader(http.StatusUnauthorized)
	}))
	defer thief.Close()
	for _, auth := range []registrytest.Auth{registrytest.Basic, registrytest.Token} {
		r := registrytest.New(t, registrytest.Options{Auth: auth, Users: map[string]string{"ann": "secret"}})
		r.Push(t, "web:1", demo("a", 1, 1), imagetest.Form{})
		r.Fault("GET", "/blobs/", registrytest.RedirectTo(thief.URL))
		l := newLab(t)
		l.auth(t, r.Host, "ann", "secret")
		l.fails(t, r.Host+"/web:1", "", "unauthorized")
	}
	if leaked.Load() {
		t.Error("another host got the credentials")
	}
}

// TestTokenServerBeside: one on another port of the registry's address is asked;
// one at another address is not.
func TestTokenServerBeside(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret"}})
	img := demo("a", 2, 1)
	r.Push(t, "web:1", img, imagetest.Form{})
	var asked atomic.Int64
	beside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		asked.Add(1)
		to, err := http.NewRequest(http.MethodGet, r.URL+"/token?"+req.URL.RawQuery, nil)
		if err != nil || req.URL.Path != "/jwt/auth" {
			http.NotFound(w, req)
			return
		}
		to.Header = req.Header
		res, err := http.DefaultClient.Do(to)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	}))
	defer beside.Close()
	for realm, ok := range map[string]bool{beside.URL + "/jwt/auth": true, "http://10.11.12.13:80/jwt/auth": false} {
		r.Reset()
		r.Fault("", "/v2/", registrytest.Header(func(h http.Header) {
			if v := h.Get("WWW-Authenticate"); v != "" {
				h.Set("WWW-Authenticate", strings.Replace(v, r.URL+"/token", realm, 1))
			}
		}))
		l := newLab(t)
		l.auth(t, r.Host, "ann", "secret")
		if ok {
			l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
		} else {
			l.fails(t, r.Host+"/web:1", "", "10.11.12.13", "private")
		}
	}
	if asked.Load() != 1 {
		t.Errorf("the token server was asked %d times", asked.Load())
	}
}

// TestScratch: an image without layers.
func TestScratch(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	r.Push(t, "web:1", demo("empty", 0, 0), imagetest.Form{})
	l := newLab(t)
	for range 2 {
		if img := l.mustPull(t, r.Host+"/web:1", ""); len(img.Layers) != 0 {
			t.Errorf("%+v", img)
		}
	}
}
