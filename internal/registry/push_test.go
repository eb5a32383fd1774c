package registry

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registry/credentials"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// pushed is an image with layers of different kinds: owners, links, something
// that is larger than a block of the compressor, something removed.
var pushed = imagetest.Image{
	Config: imagetest.Config{Cmd: []string{"run"}, Labels: map[string]string{"a": "b"}},
	Layers: [][]imagetest.File{
		{{Name: "a/"}, {Name: "a/f", Text: "one", UID: 3}, {Name: "a/l", Link: "f"}},
		{{Name: "big", Text: strings.Repeat("0123456789abcde\n", 200_000)}},
		{{Name: "a/.wh.f"}, {Name: "h", Text: "x"}, {Name: "i", Hard: "h"}},
	},
}

// has loads an image into the store from a file, under a name.
func (l *lab) has(t *testing.T, img imagetest.Image, name string) image.Image {
	t.Helper()
	path := filepath.Join(t.TempDir(), "image.tar")
	img.Names = []string{name}
	img.WriteDockerArchive(t, path)
	list, err := l.store.Load(t.Context(), "docker-archive:"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

func (l *lab) push(t *testing.T, ref string) (string, error) {
	t.Helper()
	return l.client.Push(t.Context(), ref, l.store, func(p Progress) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.lines = append(l.lines, p)
	})
}

func (l *lab) mustPush(t *testing.T, ref string) string {
	t.Helper()
	digest, err := l.push(t, ref)
	if err != nil {
		t.Fatalf("push %s: %v", ref, err)
	}
	return digest
}

// clear removes all images, and their layers.
func (l *lab) clear(t *testing.T) {
	t.Helper()
	list, err := l.store.List()
	if err != nil {
		t.Fatal(err)
	}
	for _, img := range list {
		if _, err := l.store.Remove(t.Context(), img.ID, true); err != nil {
			t.Fatal(err)
		}
	}
	if left, _ := os.ReadDir(filepath.Join(filepath.Dir(l.store.Downloads()), "layers")); len(left) > 0 {
		t.Fatalf("layers are left: %v", left)
	}
}

// count is how many lines there were with a status.
func (l *lab) count(status string) (n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.lines {
		if strings.HasPrefix(p.Status, status) {
			n++
		}
	}
	return n
}

func (l *lab) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = nil
}

// What is pushed is what was there: the same id after it was pulled again.
func TestPushAndPullAgain(t *testing.T) {
	if !isolated(t) {
		return
	}
	l, r := newLab(t), registrytest.New(t, registrytest.Options{})
	ref := r.Host + "/team/app:1"
	img := l.has(t, pushed, ref)
	digest := l.mustPush(t, ref)
	m, ok := r.Manifest(t, "team/app", "1")
	if !ok || m.Digest != digest || m.MediaType != "application/vnd.oci.image.manifest.v1+json" {
		t.Fatalf("the registry has %s %s, wanted %s", m.MediaType, m.Digest, digest)
	}
	if n := l.count(Pushed); n != 3 {
		t.Errorf("%d layers were pushed", n)
	}
	if !l.said(fmt.Sprintf("1: digest: %s size: %d", digest, len(m.Data))) || !l.said("The push refers to repository ["+r.Host+"/team/app]") {
		t.Errorf("lines: %+v", l.lines)
	}
	checkLayers(t, r, "team/app", m.Data)
	now, err := l.store.Find(ref)
	if err != nil || len(now.Digests) != 1 || now.Digests[0] != r.Host+"/team/app@"+digest {
		t.Errorf("digests %v, %v", now.Digests, err)
	}

	l.forget()
	r.Reset()
	if again := l.mustPush(t, ref); again != digest {
		t.Errorf("pushed again: %s, wanted %s", again, digest)
	}
	if n := l.count(LayerAlreadyExists); n != 3 || r.Count(t, http.MethodPatch, "") != 0 {
		t.Errorf("pushed again: %d layers were there, %d were sent", n, r.Count(t, http.MethodPatch, ""))
	}

	l.clear(t)
	if got := l.mustPull(t, ref, ""); got.ID != img.ID {
		t.Errorf("pulled again: %s, was %s", got.ID, img.ID)
	}
	l.forget()
	if again := l.mustPush(t, ref); again != digest || l.count(LayerAlreadyExists) != 3 {
		t.Errorf("what was pulled, pushed: %s, wanted %s", again, digest)
	}
}

// checkLayers reads the layers of a manifest with another library.
func checkLayers(t *testing.T, r *registrytest.Registry, repo string, manifest []byte) {
	t.Helper()
	var m struct {
		Layers []struct {
			Digest, MediaType string
			Size              int
		}
	}
	if err := json.Unmarshal(manifest, &m); err != nil || len(m.Layers) != len(pushed.Layers) {
		t.Fatalf("%v: %s", err, manifest)
	}
	for i, d := range m.Layers {
		data, ok := r.Blob(t, repo, d.Digest)
		if !ok || len(data) != d.Size || !strings.HasSuffix(d.MediaType, "tar+gzip") {
			t.Errorf("layer %d: %+v, the registry has %d bytes", i, d, len(data))
		}
		zip, err := gzip.NewReader(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := io.ReadAll(zip); err != nil || !bytes.Equal(plain, imagetest.Tar(t, pushed.Layers[i])) {
			t.Errorf("layer %d: %v: not the tar that it was", i, err)
		}
	}
}

// An image that was pulled keeps its manifest where its blobs can be had without
// sending them.
func TestPushToAnotherRepository(t *testing.T) {
	if !isolated(t) {
		return
	}
	for what, f := range map[string]imagetest.Form{"oci": {}, "docker": {Docker: true}, "zstd": {Compression: "zstd"}, "plain": {Compression: "none"}} {
		for _, auth := range []registrytest.Auth{registrytest.Open, registrytest.Token} {
			r := registrytest.New(t, registrytest.Options{Auth: auth, Users: map[string]string{"ann": "secret"}})
			l := newLab(t)
			l.login(t, r.Host, "ann", "secret")
			p := r.Push(t, "base/web:1", pushed, f)
			img := l.mustPull(t, r.Host+"/base/web:1", "")
			if err := l.store.Tag(t.Context(), img.ID, r.Host+"/team/web:2"); err != nil {
				t.Fatal(err)
			}
			if digest := l.mustPush(t, r.Host+"/team/web:2"); digest != p.Manifest.Digest {
				t.Errorf("%s: %s, wanted %s", what, digest, p.Manifest.Digest)
			}
			if l.count(MountedFrom+"base/web") != 3 || r.Count(t, http.MethodPatch, "") != 0 {
				t.Errorf("%s: %d mounted, %d sent", what, l.count(MountedFrom), r.Count(t, http.MethodPatch, ""))
			}
		}
	}
}

// At another registry the layers are sent, and the image stays what it is.
func TestPushToAnotherRegistry(t *testing.T) {
	if !isolated(t) {
		return
	}
	for what, f := range map[string]imagetest.Form{"docker": {Docker: true}, "zstd": {Compression: "zstd"}} {
		a, b, l := registrytest.New(t, registrytest.Options{}), registrytest.New(t, registrytest.Options{}), newLab(t)
		a.Push(t, "web:1", pushed, f)
		img := l.mustPull(t, a.Host+"/web:1", "")
		ref := b.Host + "/web:1"
		if err := l.store.Tag(t.Context(), img.ID, ref); err != nil {
			t.Fatal(err)
		}
		digest := l.mustPush(t, ref)
		m, _ := b.Manifest(t, "web", "1")
		if m.Digest != digest || strings.Contains(m.MediaType, "docker") != f.Docker {
			t.Errorf("%s: %s %s, wanted %s", what, m.MediaType, m.Digest, digest)
		}
		l.clear(t)
		if got := l.mustPull(t, ref, ""); got.ID != img.ID {
			t.Errorf("%s: %s, was %s", what, got.ID, img.ID)
		}
	}
}

// login writes credentials where the client looks for them.
func (l *lab) login(t *testing.T, host, user, password string) {
	t.Helper()
	auth, err := json.Marshal(map[string]any{"auths": map[string]any{host: map[string][]byte{"auth": []byte(user + ":" + password)}}})
	if err == nil {
		err = os.MkdirAll(filepath.Join(l.home, ".docker"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(l.home, ".docker", "config.json"), auth, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	l.renew(t)
}

// Registries that have trouble get what they want all the same.
func TestPushTroubles(t *testing.T) {
	if !isolated(t) {
		return
	}
	for what, fault := range map[string]func(*registrytest.Registry){
		"uploads break": func(r *registrytest.Registry) { r.Fault("PATCH", "", registrytest.Times(2, registrytest.Drop())) },
		"busy": func(r *registrytest.Registry) {
			r.Fault("", "/blobs/", registrytest.Times(3, registrytest.Status(503, "")))
		},
		"too many requests": func(r *registrytest.Registry) {
			r.Fault("POST", "", registrytest.Times(1, registrytest.Status(429, "0")))
		},
		"an end that fails": func(r *registrytest.Registry) {
			r.Fault("PUT", "/uploads/", registrytest.Times(2, registrytest.Status(500, "")))
		},
		"the manifest": func(r *registrytest.Registry) {
			r.Fault("PUT", "/manifests/", registrytest.Times(2, registrytest.Drop()))
		},
		"tokens end": func(r *registrytest.Registry) {
			r.Fault("PATCH", "", registrytest.Times(2, func(r *registrytest.Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
				r.Forget()
				next.ServeHTTP(w, req)
			}))
		},
	} {
		l, r := newLab(t), registrytest.New(t, registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret"}})
		l.login(t, r.Host, "ann", "secret")
		ref := r.Host + "/team/app:1"
		img := l.has(t, pushed, ref)
		fault(r)
		if _, err := l.push(t, ref); err != nil {
			t.Errorf("%s: %v", what, err)
			continue
		}
		r.Reset()
		l.clear(t)
		if got := l.mustPull(t, ref, ""); got.ID != img.ID {
			t.Errorf("%s: %s, was %s", what, got.ID, img.ID)
		}
	}
}

// What cannot work says why, and what mends it.
func TestPushErrors(t *testing.T) {
	if !isolated(t) {
		return
	}
	users := registrytest.Options{Auth: registrytest.Token, Users: map[string]string{"ann": "secret", "bob": "x"}, ReadOnly: []string{"bob"}, Anonymous: true}
	basic := users
	basic.Auth, basic.Anonymous = registrytest.Basic, false
	for what, c := range map[string]struct {
		o     registrytest.Options
		user  string
		fault registrytest.Fault
		words []string
	}{
		"nobody":       {users, "", nil, []string{"push access to HOST/team/app denied", "log in", "mocker-compose login HOST"}},
		"nobody basic": {basic, "", nil, []string{"denied", "unauthorized", "mocker-compose login HOST"}},
		"bob":          {users, "bob:x", nil, []string{"denied", "config.json do not allow it"}},
		"bob basic":    {basic, "bob:x", nil, []string{"requested access to the resource is denied", "config.json do not allow it"}},
		"read-only":    {registrytest.Options{}, "", registrytest.Status(405, ""), []string{"takes no images", "read-only"}},
		"too large":    {registrytest.Options{}, "", registrytest.Status(413, ""), []string{"of this size"}},
		"no project":   {registrytest.Options{}, "", registrytest.Status(404, ""), []string{"has no repository team/app"}},
		"broken":       {registrytest.Options{}, "", registrytest.Status(500, ""), []string{"500 Internal Server Error"}},
		"nowhere":      {registrytest.Options{}, "", registrytest.Header(func(h http.Header) { h.Del("Location") }), []string{"does not say where to upload to"}},
	} {
		l, r := newLab(t), registrytest.New(t, c.o)
		if user, password, ok := strings.Cut(c.user, ":"); ok {
			l.login(t, r.Host, user, password)
		}
		l.has(t, pushed, r.Host+"/team/app:1")
		if c.fault != nil {
			r.Fault("POST", "/blobs/uploads/", c.fault)
		}
		_, err := l.push(t, r.Host+"/team/app:1")
		for _, w := range c.words {
			if w = strings.ReplaceAll(w, "HOST", r.Host); err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v: without %q", what, err, w)
			}
		}
		if _, ok := r.Manifest(t, "team/app", "1"); ok {
			t.Errorf("%s: the tag is there", what)
		}
	}
	// Bob, when nothing but the tag has to be sent.
	l, r := newLab(t), registrytest.New(t, users)
	l.login(t, r.Host, "ann", "secret")
	l.has(t, pushed, r.Host+"/team/app:1")
	l.mustPush(t, r.Host+"/team/app:1")
	if err := l.store.Tag(t.Context(), r.Host+"/team/app:1", r.Host+"/team/app:2"); err != nil {
		t.Fatal(err)
	}
	l.login(t, r.Host, "bob", "x")
	if _, err := l.push(t, r.Host+"/team/app:2"); err == nil || !strings.Contains(err.Error(), "config.json do not allow it") {
		t.Errorf("a tag alone: %v", err)
	}
	l = newLab(t)
	for ref, word := range map[string]string{"none:1": "does not exist locally with the tag: none:1", "a@sha256:" + strings.Repeat("0", 64): "cannot push a digest reference"} {
		if _, err := l.push(t, ref); err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v", ref, err)
		}
	}
}

// Login verifies with the same connection.
func TestAuthenticate(t *testing.T) {
	for _, o := range []registrytest.Options{{Auth: registrytest.Basic}, {Auth: registrytest.Token, TLS: true}} {
		o.Users = map[string]string{"ann": "secret"}
		r, l := registrytest.New(t, o), newLab(t)
		cred, err := l.client.Authenticate(t.Context(), r.Host, credential("ann", "secret"))
		if err != nil || cred.Username != "ann" {
			t.Errorf("%+v: %+v, %v", o, cred, err)
		}
		if _, err := l.client.Authenticate(t.Context(), r.Host, credential("ann", "x")); err == nil || !strings.Contains(err.Error(), "unauthorized") {
			t.Errorf("%+v: %v", o, err)
		}
	}
	if _, err := newLab(t).client.Authenticate(t.Context(), "127.0.0.1:1", credential("a", "b")); err == nil || !strings.Contains(err.Error(), "refuses connections") {
		t.Errorf("nobody there: %v", err)
	}
}

func credential(user, password string) credentials.Credential {
	return credentials.Credential{Username: user, Password: password}
}
