package registry

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

func TestPull(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	for _, form := range []imagetest.Form{{}, {Docker: true}, {Compression: "zstd"}, {Compression: "none"}, {Compression: "none", Docker: true}} {
		l := newLab(t)
		want := demo("a", 5, 20)
		parts := r.Push(t, "team/web:1", want, form)
		img := l.mustPull(t, r.Host+"/team/web:1", "")
		l.complete(t, img, want)
		if img.ID != parts.Config.Digest || !slices.Equal(img.Names, []string{r.Host + "/team/web:1"}) || !slices.Equal(img.Digests, []string{r.Host + "/team/web@" + parts.Manifest.Digest}) {
			t.Errorf("%+v: %+v", form, img)
		}
		if raw, err := l.store.RawManifest(&img); err != nil || string(raw) != string(parts.Manifest.Data) {
			t.Errorf("%+v: the manifest is not kept: %v", form, err)
		}
		for _, status := range []string{"1: Pulling from team/web", PullingLayer, DownloadComplete, PullComplete, "Digest: " + parts.Manifest.Digest, "Status: Downloaded newer image for "} {
			if !l.said(status) {
				t.Errorf("%+v: %q was not said", form, status)
			}
		}
		l.clean(t)
		r.Reset()
		l.lines = nil
		if again := l.mustPull(t, r.Host+"/team/web:1", ""); again.ID != img.ID || !l.said("Status: Image is up to date for") || !l.said(AlreadyExists) {
			t.Errorf("the second pull: %+v", again)
		}
		if n := r.Count(t, "", "/blobs/"); n != 0 {
			t.Errorf("the second pull asked for %d blobs", n)
		}
	}
}

func TestByDigest(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	l := newLab(t)
	parts := r.Push(t, "web:1", demo("a", 1, 1), imagetest.Form{})
	for _, ref := range []string{"/web@", "/web:other@"} {
		img := l.mustPull(t, r.Host+ref+parts.Manifest.Digest, "")
		if len(img.Names) != 0 || !slices.Equal(img.Digests, []string{r.Host + "/web@" + parts.Manifest.Digest}) {
			t.Errorf("%s: %+v", ref, img)
		}
	}
	if _, err := l.store.Find(r.Host + "/web@" + parts.Manifest.Digest); err != nil {
		t.Error(err)
	}
	r.Push(t, "web:1", demo("b", 1, 1), imagetest.Form{}) // the tag moves
	first := l.mustPull(t, r.Host+"/web:1", "")
	if first.ID == parts.Config.Digest {
		t.Error("a tag that has moved is not followed")
	}
}

func TestPlatform(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	platforms := []string{"linux/s390x", "linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "linux/amd64"}
	var images []imagetest.Image
	for _, p := range platforms {
		images = append(images, demo(strings.ReplaceAll(p, "/", "-"), 1, 1))
	}
	for _, docker := range []bool{false, true} {
		index := r.PushIndex(t, "many:1", platforms, images, imagetest.Form{Docker: docker})
		for platform, want := range map[string]string{
			"": "/bin/linux-" + map[string]string{"amd64": "amd64", "arm64": "arm64-v8"}[runtime.GOARCH], "linux/s390x": "/bin/linux-s390x", "linux/arm/v7": "/bin/linux-arm-v7",
			"linux/arm": "/bin/linux-arm-v7", "linux/arm/v6": "/bin/linux-arm-v6", "aarch64": "/bin/linux-arm64-v8", "linux/x86_64": "/bin/linux-amd64",
		} {
			l := newLab(t)
			img := l.mustPull(t, r.Host+"/many:1", platform)
			if img.Config.Cmd[0] != want || img.Digests[0] != r.Host+"/many@"+index.Digest {
				t.Errorf("%q: %q %q, want %s", platform, img.Config.Cmd, img.Digests, want)
			}
			d, err := l.client.Digest(t.Context(), r.Host+"/many:1", platform)
			if err != nil || (d == index.Digest) != (platform == "") {
				t.Errorf("%q: digest %s %v", platform, d, err)
			}
		}
		newLab(t).fails(t, r.Host+"/many:1", "linux/riscv64", "no matching manifest for linux/riscv64", "linux/s390x, linux/arm/v6")
		newLab(t).fails(t, r.Host+"/many:1", "linux/arm/v5", "no matching manifest for linux/arm/v5")
	}
	other := demo("o", 1, 1)
	other.Architecture = "s390x"
	r.Push(t, "one:1", other, imagetest.Form{})
	newLab(t).fails(t, r.Host+"/one:1", "linux/amd64", "does not match the specified platform: wanted linux/amd64, actual: linux/s390x")
	l := newLab(t)
	if l.mustPull(t, r.Host+"/one:1", ""); len(l.notices) != 1 || !strings.Contains(l.notices[0], "linux/s390x") {
		t.Errorf("another platform: %q", l.notices)
	}
}

func TestDescribe(t *testing.T) {
	r := registrytest.New(t, registrytest.Options{})
	l := newLab(t)
	parts := r.Push(t, "web:1", demo("a", 2, 1), imagetest.Form{})
	d, err := l.client.Describe(t.Context(), r.Host+"/web:1", "")
	if err != nil || d.ID != parts.Config.Digest || d.Digest != parts.Manifest.Digest || d.Manifest != d.Digest || d.File.Config.Cmd[0] != "/bin/a" || len(d.File.RootFS.DiffIDs) != 2 {
		t.Errorf("%+v %v", d, err)
	}
	if n := r.Count(t, "", "/blobs/"); n != 1 {
		t.Errorf("%d blobs were asked for", n)
	}
	r.Reset()
	if got, err := l.client.Digest(t.Context(), r.Host+"/web:1", ""); err != nil || got != parts.Manifest.Digest || r.Count(t, "GET", "/manifests/") != 0 {
		t.Errorf("%s %v, %d documents read", got, err, r.Count(t, "GET", "/manifests/"))
	}
	r.Fault("HEAD", "", registrytest.Status(http.StatusMethodNotAllowed, ""))
	if got, err := l.client.Digest(t.Context(), r.Host+"/web:1", ""); err != nil || got != parts.Manifest.Digest {
		t.Errorf("without HEAD: %s %v", got, err)
	}
}

func TestLogin(t *testing.T) {
	if !isolated(t) {
		return
	}
	users := map[string]string{"ann": "secret"}
	for name, o := range map[string]registrytest.Options{
		"basic":              {Auth: registrytest.Basic},
		"token":              {Auth: registrytest.Token},
		"token with TLS":     {Auth: registrytest.Token, TLS: true},
		"blobs elsewhere":    {Auth: registrytest.Token, Redirect: true},
		"basic, elsewhere":   {Auth: registrytest.Basic, Redirect: true},
		"anonymous may pull": {Auth: registrytest.Token, Anonymous: true},
	} {
		o.Users = users
		r := registrytest.New(t, o)
		want := demo("a", 2, 3)
		r.Push(t, "team/web:1", want, imagetest.Form{})
		l := newLab(t)
		if !o.Anonymous {
			l.fails(t, r.Host+"/team/web:1", "", "unauthorized", "mocker-compose login "+r.Host)
		}
		l.auth(t, r.Host, "ann", "wrong")
		l.fails(t, r.Host+"/team/web:1", "", "unauthorized", "refuses the credentials of", "config.json")
		l.auth(t, r.Host, "ann", "secret")
		if o.Anonymous {
			l.auth(t, "other.example", "ann", "secret")
		}
		l.complete(t, l.mustPull(t, r.Host+"/team/web:1", ""), want)
		for _, q := range r.Requests(t, "", "") {
			if q.UserAgent == "" || !strings.HasPrefix(q.UserAgent, "mocker-compose") {
				t.Errorf("%s: %s %s: user agent %q", name, q.Method, q.Path, q.UserAgent)
				break
			}
		}
	}
}

// auth writes docker's config.json.
func (l *lab) auth(t *testing.T, host, user, password string) {
	t.Helper()
	dir := filepath.Join(l.home, ".docker")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	text := `{"auths": {"` + host + `": {"username": "` + user + `", "password": "` + password + `"}}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	l.renew(t)
}

// TestTokenEnds: a token that has run out in the middle is got anew.
func TestTokenEnds(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret"}})
	want := demo("a", 4, 3)
	r.Push(t, "web:1", want, imagetest.Form{})
	r.Fault("GET", "/blobs/", registrytest.Times(2, func(r *registrytest.Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
		next.ServeHTTP(w, req)
		r.Forget()
	}))
	l := newLab(t)
	l.auth(t, r.Host, "ann", "secret")
	l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), want)
}
