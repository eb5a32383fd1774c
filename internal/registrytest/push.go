package registrytest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// Push makes an image one of the registry, past all authentication and faults:
// name is "REPOSITORY:TAG" (or "REPOSITORY", for its digest only).
func (r *Registry) Push(t testing.TB, name string, img imagetest.Image, f imagetest.Form) imagetest.Parts {
	t.Helper()
	p := img.Parts(t, f)
	repo, tag, _ := strings.Cut(name, ":")
	for _, part := range append([]imagetest.Part{p.Config}, p.Layers...) {
		r.PutBlob(t, repo, part.Data)
	}
	r.PutManifest(t, repo, tag, p.Manifest)
	return p
}

// PushIndex makes images for several platforms ("linux/arm64/v8" each) one name
// of the registry, and returns the index.
func (r *Registry) PushIndex(t testing.TB, name string, platforms []string, images []imagetest.Image, f imagetest.Form) imagetest.Part {
	t.Helper()
	repo, tag, _ := strings.Cut(name, ":")
	var manifests []imagetest.Part
	var parsed []imagetest.Platform
	for n, img := range images {
		part := append(strings.Split(platforms[n], "/"), "")
		parsed = append(parsed, imagetest.Platform{OS: part[0], Architecture: part[1], Variant: part[2]})
		if img.Architecture == "" {
			img.Architecture = part[1]
		}
		manifests = append(manifests, r.Push(t, repo, img, f).Manifest)
	}
	index := imagetest.Index(t, f, parsed, manifests)
	r.PutManifest(t, repo, tag, index)
	return index
}

// PutBlob gives a repository a blob, whatever it is, and returns its digest.
func (r *Registry) PutBlob(t testing.TB, repo string, data []byte) string {
	t.Helper()
	digest := Digest(data)
	if err := os.WriteFile(r.blobs.path(digest), data, 0o600); err != nil {
		t.Fatal(err)
	}
	r.blobs.add(repo, digest)
	return digest
}

// PutManifest gives a repository a manifest or an index, whose parts need not be
// there. tag "" makes it known by its digest only.
func (r *Registry) PutManifest(t testing.TB, repo, tag string, m imagetest.Part) {
	t.Helper()
	refs := []string{m.Digest}
	if tag != "" {
		refs = append(refs, tag)
	}
	for _, ref := range refs {
		req := httptest.NewRequest(http.MethodPut, path.Join("/v2", repo, "manifests", ref), bytes.NewReader(m.Data))
		req.Header.Set("Content-Type", m.MediaType)
		w := httptest.NewRecorder()
		r.manifests.ServeHTTP(w, req)
		if w.Code != http.StatusCreated {
			t.Fatalf("manifest %s of %s: %d %s", ref, repo, w.Code, w.Body)
		}
	}
}

// Manifest is what the registry has by a tag or digest; ok: there is one.
func (r *Registry) Manifest(t testing.TB, repo, ref string) (m imagetest.Part, ok bool) {
	t.Helper()
	w := httptest.NewRecorder()
	r.manifests.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path.Join("/v2", repo, "manifests", ref), nil))
	return imagetest.Part{MediaType: w.Header().Get("Content-Type"), Digest: Digest(w.Body.Bytes()), Data: w.Body.Bytes()}, w.Code == http.StatusOK
}

// Blob is a blob of a repository.
func (r *Registry) Blob(t testing.TB, repo, digest string) (data []byte, ok bool) {
	t.Helper()
	if !r.blobs.in(repo, digest) {
		return nil, false
	}
	data, err := os.ReadFile(r.blobs.path(digest))
	if err != nil {
		t.Fatal(err)
	}
	return data, true
}

// putManifest takes a manifest only with all that it names.
func (r *Registry) putManifest(w http.ResponseWriter, req *http.Request, repo string) {
	data, err := io.ReadAll(io.LimitReader(req.Body, 4<<20))
	if err != nil {
		return // the client has gone
	}
	var m struct {
		MediaType string
		Config    struct{ Digest string }
		Layers    []struct{ Digest string }
	}
	if err := json.Unmarshal(data, &m); err != nil {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", "manifest invalid")
		return
	}
	if ct := req.Header.Get("Content-Type"); m.MediaType != "" && m.MediaType != ct {
		refuse(w, http.StatusBadRequest, "MANIFEST_INVALID", fmt.Sprintf("media type in the document is not that of the request: %s", ct))
		return
	}
	var need []string
	if m.Config.Digest != "" {
		need = append(need, m.Config.Digest)
	}
	for _, l := range m.Layers {
		need = append(need, l.Digest)
	}
	for _, digest := range need {
		if !r.blobs.in(repo, digest) {
			refuse(w, http.StatusNotFound, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry: "+digest)
			return
		}
	}
	req.Body, req.ContentLength = io.NopCloser(bytes.NewReader(data)), int64(len(data))
	r.manifests.ServeHTTP(w, req)
}
