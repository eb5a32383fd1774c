package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestHostile: whatever a registry does wrong, the pull ends with words, and
// nothing of it is in the store.
func TestHostile(t *testing.T) {
	if !isolated(t) {
		return
	}
	img := demo("a", 3, 20)
	parts := img.Parts(t, imagetest.Form{})
	layer := parts.Layers[1]
	other := demo("b", 3, 20).Parts(t, imagetest.Form{})
	wrong := bytes.Clone(layer.Data)
	wrong[len(wrong)/2] ^= 1
	blob, manifest := "/blobs/"+layer.Digest, "/manifests/"
	type test struct {
		name, method, path string
		fault              registrytest.Fault
		words              []string
		ref                string // "" = web:1
	}
	for _, c := range []test{
		{name: "drops", path: blob, fault: registrytest.Drop(), words: []string{"closes the connection before all has come"}},
		{name: "truncates", path: blob, fault: registrytest.Truncate(0), words: []string{"closes the connection before all has come"}},
		{name: "stalls", path: blob, fault: registrytest.Stall(100), words: []string{"has sent nothing for"}},
		{name: "stalls at once", path: manifest, fault: registrytest.Stall(0), words: []string{"has sent nothing for"}},
		{name: "is longer", path: blob, fault: registrytest.Length(10), words: []string{"it says that there are", "the manifest says"}},
		{name: "is shorter", path: blob, fault: registrytest.Length(-10), words: []string{"it says that there are", "the manifest says"}},
		{name: "other bytes", path: blob, fault: registrytest.Body("", wrong), words: []string{"layer 2 of 3", "wanted was " + layer.Digest, "nothing of it was kept"}},
		{name: "another layer", path: blob, fault: registrytest.Body("", other.Layers[1].Data), words: []string{"layer 2 of 3"}},
		{name: "other configuration", path: parts.Config.Digest, fault: registrytest.Body("", other.Config.Data), words: []string{parts.Config.Digest}},
		{name: "no such blob", path: blob, fault: registrytest.Status(http.StatusNotFound, ""), words: []string{"pull access denied"}},
		{name: "denied", path: manifest, fault: registrytest.Status(http.StatusForbidden, ""), words: []string{"pull access denied for ", "denied"}},
		{name: "trouble", path: blob, fault: registrytest.Status(http.StatusBadGateway, ""), words: []string{"answered 502 Bad Gateway"}},
		{name: "too many", path: manifest, fault: registrytest.Status(http.StatusTooManyRequests, "100000"), words: []string{"toomanyrequests", "mocker-compose login"}},
		{name: "swapped manifest", path: manifest, ref: "@" + parts.Manifest.Digest, fault: registrytest.Body(parts.Manifest.MediaType, other.Manifest.Data), words: []string{"what came has the digest " + other.Manifest.Digest}},
		{name: "lies about the digest", path: manifest, fault: registrytest.Header(func(h http.Header) { h.Set("Docker-Content-Digest", other.Manifest.Digest) }), words: []string{"the registry says that its digest is"}},
		{name: "media type", path: manifest, fault: registrytest.MediaType("application/vnd.oci.image.index.v1+json"), words: []string{"it came as application/vnd.oci.image.index.v1+json"}},
		{name: "both at once", path: manifest, fault: registrytest.Body(parts.Manifest.MediaType, []byte(`{"schemaVersion":2,"manifests":[],"config":{},"layers":[]}`)), words: []string{"a manifest and an index at the same time"}},
		{name: "schema 1", path: manifest, fault: registrytest.Body("application/vnd.docker.distribution.manifest.v1+prettyjws", []byte(`{"schemaVersion":1,"fsLayers":[]}`)), words: []string{"docker's first schema"}},
		{name: "no manifest", path: manifest, fault: registrytest.Body("text/html", []byte("<html>please log in</html>")), words: []string{"no manifest"}},
		{name: "huge", path: manifest, fault: registrytest.Body(parts.Manifest.MediaType, bytes.Repeat([]byte(" "), 5<<20)), words: []string{"more than the 4194304"}},
		{name: "huge, length unknown", path: manifest, fault: endless, words: []string{"more than the 4194304"}},
		{name: "many layers", path: manifest, fault: registrytest.Body(parts.Manifest.MediaType, manyLayers(t, parts, 3000)), words: []string{"it has 3000 layers, more than the 127"}},
		{name: "foreign layer", path: manifest, fault: registrytest.Body(parts.Manifest.MediaType, changed(parts, parts.Layers[1].MediaType, "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip")), words: []string{"layer 2 of 3", "may not be passed on"}},
		{name: "artifact", path: manifest, fault: registrytest.Body(parts.Manifest.MediaType, changed(parts, parts.Config.MediaType, "application/vnd.cncf.helm.config.v1+json")), words: []string{"no container image", "a Helm chart"}},
		{name: "negative size", path: manifest, fault: registrytest.Body(parts.Manifest.MediaType, changed(parts, fmt.Sprintf(`"size":%d`, len(layer.Data)), `"size":-5`)), words: []string{"a size of -5 bytes"}},
		{name: "fewer layers", path: manifest, fault: registrytest.Body(parts.Manifest.MediaType, manyLayers(t, parts, 2)), words: []string{"it names 3 layers, the manifest 2"}},
		{name: "circle", path: blob, fault: circle, words: []string{"redirects in circles"}},
		{name: "unknown tag", path: "^$", fault: registrytest.Drop(), ref: ":2", words: []string{"manifest for ", " not found: manifest unknown", "there are the tags 1"}},
		{name: "unknown repository", path: "^$", fault: registrytest.Drop(), ref: "x:1", words: []string{"pull access denied for ", "repository does not exist or may require"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := registrytest.New(t, registrytest.Options{})
			r.Push(t, "web:1", img, imagetest.Form{})
			r.Fault(c.method, c.path, c.fault)
			l := newLab(t, func(o *Options) {
				o.Attempts = 3
				if strings.HasPrefix(c.name, "stalls") { // a machine that is busy is no registry that stalls
					o.Stall = 300 * time.Millisecond
				}
			})
			ref := r.Host + "/web"
			if c.ref == "" {
				c.ref = ":1"
			}
			l.fails(t, ref+c.ref, "", c.words...)
			parts, others := l.leftovers(t)
			for _, name := range parts {
				if strings.Contains(c.name, "bytes") || strings.Contains(c.name, "layer") {
					t.Errorf("the part %s is kept", name)
				}
			}
			if len(others) > 0 {
				t.Errorf("left over: %q", others)
			}
			if c.ref == ":1" { // what was left does no harm
				r.Reset()
				l.renew(t)
				l.complete(t, l.mustPull(t, ref+":1", ""), img)
				l.clean(t)
			}
		})
	}
}

// endless sends spaces until nobody wants any more.
func endless(_ *registrytest.Registry, w http.ResponseWriter, _ *http.Request, _ http.Handler) {
	w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	for {
		if _, err := w.Write(bytes.Repeat([]byte(" "), 1<<16)); err != nil {
			return
		}
	}
}

func circle(_ *registrytest.Registry, w http.ResponseWriter, req *http.Request, _ http.Handler) {
	http.Redirect(w, req, req.URL.Path, http.StatusTemporaryRedirect)
}

// manyLayers is the manifest with its first layers again and again, n in all.
func manyLayers(t *testing.T, p imagetest.Parts, n int) []byte {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(p.Manifest.Data, &m); err != nil {
		t.Fatal(err)
	}
	list := m["layers"].([]any)
	for len(list) < n {
		list = append(list, list[0])
	}
	m["layers"] = list[:n]
	b, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func changed(p imagetest.Parts, old, other string) []byte {
	if !bytes.Contains(p.Manifest.Data, []byte(old)) {
		panic(old)
	}
	i := bytes.LastIndex(p.Manifest.Data, []byte(old))
	if strings.Contains(old, "layer") { // the second of three
		i = bytes.LastIndex(p.Manifest.Data[:i], []byte(old))
	}
	return append(append(bytes.Clone(p.Manifest.Data[:i]), other...), p.Manifest.Data[i+len(old):]...)
}

// TestRecovers: what passes is got over in the same pull, and no byte comes twice
// that need not.
func TestRecovers(t *testing.T) {
	if !isolated(t) {
		return
	}
	img := demo("a", 2, 40)
	parts := img.Parts(t, imagetest.Form{})
	blob := "/blobs/" + parts.Layers[0].Digest
	for name, c := range map[string]struct {
		path  string
		fault registrytest.Fault
		retry bool // it is said
		whole bool // asked for from the beginning again
	}{
		"cut":                {blob, registrytest.Times(3, registrytest.Truncate(50_000)), true, false},
		"cut at once":        {blob, registrytest.Times(2, registrytest.Truncate(0)), true, true},
		"stalls":             {blob, registrytest.Times(2, registrytest.Stall(50_000)), true, false},
		"dropped":            {blob, registrytest.Times(2, registrytest.Drop()), false, true},
		"endless ping":       {"^/v2/$", endless, false, true},
		"503":                {blob, registrytest.Times(3, registrytest.Status(503, "")), true, true},
		"429 with a time":    {blob, registrytest.Times(1, registrytest.Status(429, "1")), true, true},
		"trouble everywhere": {"", registrytest.Times(2, registrytest.Status(500, "")), false, true},
		"manifest cut":       {"/manifests/", registrytest.Times(2, registrytest.Truncate(10)), false, true},
	} {
		t.Run(name, func(t *testing.T) {
			r := registrytest.New(t, registrytest.Options{})
			r.Push(t, "web:1", img, imagetest.Form{})
			r.Fault("", c.path, c.fault)
			l := newLab(t, func(o *Options) {
				if name == "stalls" {
					o.Stall = 500 * time.Millisecond
				}
			})
			begun := time.Now()
			l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
			l.clean(t)
			if c.retry && !l.said("Retrying in 1 second") {
				t.Error("that it is tried again was not said")
			}
			if strings.HasPrefix(name, "429") && time.Since(begun) < time.Second {
				t.Error("it was there before the time it was told")
			}
			var ranges []string
			for _, q := range r.Requests(t, "GET", blob) {
				ranges = append(ranges, q.Range)
			}
			if last := ranges[len(ranges)-1]; (last == "") != c.whole {
				t.Errorf("ranges asked for: %q", ranges)
			}
		})
	}
}

// TestGoesOn: the next pull goes on with what there is; a registry without ranges
// sends all, and what there is counts still.
func TestGoesOn(t *testing.T) {
	if !isolated(t) {
		return
	}
	img := demo("a", 2, 40)
	parts := img.Parts(t, imagetest.Form{})
	blob := "/blobs/" + parts.Layers[0].Digest
	for name, fault := range map[string]registrytest.Fault{"range": nil, "no range": registrytest.NoRange()} {
		r := registrytest.New(t, registrytest.Options{})
		r.Push(t, "web:1", img, imagetest.Form{})
		r.Fault("GET", blob, registrytest.Truncate(70_000))
		l := newLab(t, func(o *Options) { o.Attempts = 2 })
		l.fails(t, r.Host+"/web:1", "", "closes the connection")
		// What of the other layer had come when this one failed may be there too.
		if left, _ := l.leftovers(t); !slices.Contains(left, strings.TrimPrefix(parts.Layers[0].Digest, "sha256:")+".part") {
			t.Fatalf("%s: parts %q", name, left)
		}
		r.Reset()
		if fault != nil {
			r.Fault("GET", blob, fault)
		}
		l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
		l.clean(t)
		if q := r.Requests(t, "GET", blob); len(q) != 1 || q[0].Range != "bytes=140000-" {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

// TestInterruptedByUser: a pull that hangs ends at once with its context.
func TestInterruptedByUser(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	img := demo("a", 3, 40)
	parts := r.Push(t, "web:1", img, imagetest.Form{})
	r.Fault("GET", "/blobs/"+parts.Layers[2].Digest, registrytest.Stall(20_000))
	l := newLab(t)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for r.Count(t, "GET", "/blobs/"+parts.Layers[2].Digest) == 0 {
			time.Sleep(time.Millisecond)
		}
		time.Sleep(100 * time.Millisecond)
		cancel()
	}()
	done := make(chan error, 1)
	go func() {
		_, err := l.client.Pull(ctx, r.Host+"/web:1", "", l.store, nil)
		done <- err
	}()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("it does not end")
	}
	r.Reset()
	l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
	l.clean(t)
}

// TestInterruptedWhileUnpacking: what has come whole is not asked for again.
func TestInterruptedWhileUnpacking(t *testing.T) {
	if !isolated(t) {
		return
	}
	r := registrytest.New(t, registrytest.Options{})
	img := demo("a", 1, 300)
	parts := r.Push(t, "web:1", img, imagetest.Form{})
	l := newLab(t)
	start := l.store.Start
	ctx, cancel := context.WithCancel(t.Context())
	l.store.Start = func(ctx context.Context, args []string, stdio [3]*os.File, isolated bool) (int, error) {
		for {
			if st, err := os.Stat(filepath.Join(l.store.Downloads(), parts.Layers[0].Digest[len("sha256:"):]+".part")); err == nil && st.Size() == int64(len(parts.Layers[0].Data)) {
				break
			}
			time.Sleep(time.Millisecond)
		}
		cancel()
		time.Sleep(50 * time.Millisecond)
		return start(ctx, args, stdio, isolated)
	}
	if _, err := l.client.Pull(ctx, r.Host+"/web:1", "", l.store, nil); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	r.Reset()
	l.store.Start = start
	l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
	if n := r.Count(t, "GET", "/blobs/"+parts.Layers[0].Digest); n != 0 {
		t.Errorf("the layer was asked for %d times", n)
	}
	l.clean(t)
}

// TestBadRanges: a registry whose ranges are wrong costs one pull.
func TestBadRanges(t *testing.T) {
	if !isolated(t) {
		return
	}
	img := demo("a", 1, 40)
	for name, fault := range map[string]registrytest.Fault{
		"not satisfiable": registrytest.Status(http.StatusRequestedRangeNotSatisfiable, ""),
		"another": func(_ *registrytest.Registry, w http.ResponseWriter, req *http.Request, next http.Handler) {
			req.Header.Set("Range", "bytes=5-")
			next.ServeHTTP(w, req)
		},
	} {
		r := registrytest.New(t, registrytest.Options{})
		parts := r.Push(t, "web:1", img, imagetest.Form{})
		blob := "/blobs/" + parts.Layers[0].Digest
		l := newLab(t, func(o *Options) { o.Attempts = 1 })
		r.Fault("GET", blob, registrytest.Truncate(70_000))
		l.fails(t, r.Host+"/web:1", "", "closes the connection")
		r.Reset()
		r.Fault("GET", blob, registrytest.Times(1, fault))
		l.fails(t, r.Host+"/web:1", "")
		l.complete(t, l.mustPull(t, r.Host+"/web:1", ""), img)
		if q := r.Requests(t, "GET", blob); len(q) != 2 || q[1].Range != "" {
			t.Errorf("%s: %+v", name, q)
		}
	}
}

func TestRedirectInward(t *testing.T) {
	at := func(s string) *http.Request {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return &http.Request{URL: u}
	}
	for to, from := range map[string]string{
		"http://169.254.169.254/latest/meta-data": "https://evil.example/x", "http://127.0.0.1:2375/x": "https://evil.example/x",
		"https://localhost/x": "https://10.0.0.1/x", "https://[::1]/x": "https://evil.example/x",
	} {
		if redirect(at(to), []*http.Request{at(from)}) == nil {
			t.Errorf("%s may redirect to %s", from, to)
		}
	}
	for to, from := range map[string]string{
		"https://cdn.example/x": "https://good.example/x", "https://10.1.2.3/x": "https://corp.example/x", "http://127.0.0.1:2/x": "http://127.0.0.1:1/x",
	} {
		if err := redirect(at(to), []*http.Request{at(from)}); err != nil {
			t.Error(err)
		}
	}
}
