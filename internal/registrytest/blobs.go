package registrytest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// blobs keeps blobs as files, and which repository has which.
type blobs struct {
	dir string

	mu      sync.Mutex
	has     map[string]map[string]bool // repository -> digest
	uploads int
}

func newBlobs(dir string) *blobs { return &blobs{dir: dir, has: map[string]map[string]bool{}} }

func (b *blobs) path(digest string) string {
	return filepath.Join(b.dir, strings.TrimPrefix(digest, "sha256:"))
}

func (b *blobs) add(repo, digest string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.has[repo] == nil {
		b.has[repo] = map[string]bool{}
	}
	b.has[repo][digest] = true
}

func (b *blobs) in(repo, digest string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.has[repo][digest]
}

// serve answers what OCI's distribution spec says of blobs: pull, push in one or
// two steps or in chunks, mount. rest is what follows "/v2/NAME/blobs/".
func (b *blobs) serve(w http.ResponseWriter, req *http.Request, repo, rest string) {
	upload, isUpload := strings.CutPrefix(rest, "uploads")
	upload = strings.Trim(upload, "/")
	switch {
	case isUpload && req.Method == http.MethodPost:
		b.begin(w, req, repo)
	case isUpload && req.Method == http.MethodPatch:
		b.patch(w, req, upload)
	case isUpload && req.Method == http.MethodPut:
		b.put(w, req, repo, upload)
	case isUpload && req.Method == http.MethodDelete:
		_ = os.Remove(b.uploadPath(upload))
		w.WriteHeader(http.StatusNoContent)
	case !isUpload && (req.Method == http.MethodGet || req.Method == http.MethodHead):
		b.get(w, req, repo, rest)
	default:
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.")
	}
}

func (b *blobs) get(w http.ResponseWriter, req *http.Request, repo, digest string) {
	if !b.in(repo, digest) {
		refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
		return
	}
	f, err := os.Open(b.path(digest))
	if err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", "no such file")
		return
	}
	defer f.Close()
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Content-Type", "application/octet-stream")
	http.ServeContent(w, req, "", time.Time{}, f)
}

func (b *blobs) uploadPath(id string) string { return filepath.Join(b.dir, "upload-"+id) }

func (b *blobs) begin(w http.ResponseWriter, req *http.Request, repo string) {
	q := req.URL.Query()
	if digest := q.Get("mount"); digest != "" && b.in(q.Get("from"), digest) {
		b.add(repo, digest)
		w.Header().Set("Location", "/v2/"+repo+"/blobs/"+digest)
		w.Header().Set("Docker-Content-Digest", digest)
		w.WriteHeader(http.StatusCreated)
		return
	}
	b.mu.Lock()
	b.uploads++
	id := fmt.Sprint(b.uploads)
	b.mu.Unlock()
	if err := os.WriteFile(b.uploadPath(id), nil, 0o600); err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", "no space")
		return
	}
	if q.Get("digest") != "" {
		b.put(w, req, repo, id)
		return
	}
	b.accept(w, "/v2/"+repo+"/blobs/uploads/"+id+"?state=opaque", id)
}

// accept tells how much there is of an upload.
func (b *blobs) accept(w http.ResponseWriter, location, id string) {
	size := int64(0)
	if st, err := os.Stat(b.uploadPath(id)); err == nil {
		size = st.Size()
	}
	w.Header().Set("Location", location)
	w.Header().Set("Docker-Upload-UUID", id)
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, size-1)))
	w.WriteHeader(http.StatusAccepted)
}

func (b *blobs) patch(w http.ResponseWriter, req *http.Request, id string) {
	if !b.appended(w, req, id) {
		return
	}
	b.accept(w, req.URL.Path+"?state=opaque", id)
}

// appended writes the body of a request behind what there is of an upload.
func (b *blobs) appended(w http.ResponseWriter, req *http.Request, id string) bool {
	f, err := os.OpenFile(b.uploadPath(id), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		refuse(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
		return false
	}
	defer f.Close()
	st, err := f.Stat()
	var start int64
	if _, scanErr := fmt.Sscanf(req.Header.Get("Content-Range"), "%d-", &start); err == nil && scanErr == nil && start != st.Size() {
		refuse(w, http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", "not where the last chunk ended")
		return false
	}
	if _, err := io.Copy(f, req.Body); err != nil {
		return false // the client has gone
	}
	return true
}

func (b *blobs) put(w http.ResponseWriter, req *http.Request, repo, id string) {
	if !b.appended(w, req, id) {
		return
	}
	digest := req.URL.Query().Get("digest")
	if got, err := fileDigest(b.uploadPath(id)); err != nil || got != digest {
		_ = os.Remove(b.uploadPath(id))
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "provided digest did not match uploaded content")
		return
	}
	if err := os.Rename(b.uploadPath(id), b.path(digest)); err != nil {
		refuse(w, http.StatusInternalServerError, "UNKNOWN", "rename")
		return
	}
	b.add(repo, digest)
	w.Header().Set("Location", "/v2/"+repo+"/blobs/"+digest)
	w.Header().Set("Docker-Content-Digest", digest)
	w.WriteHeader(http.StatusCreated)
}

func fileDigest(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), err
}

// Digest is "sha256:<hex>" of data.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}
