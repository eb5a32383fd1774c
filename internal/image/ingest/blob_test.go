package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/gzip"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/layerstore"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// aBlob is a layer with what is hard to make again: names of all lengths, owners,
// attributes, links, whiteouts, and contents of all sizes around a block's.
func aBlob(t *testing.T) (tar []byte, b image.Blob, packed []byte) {
	t.Helper()
	files := []imagetest.File{
		{Name: "./"}, {Name: "./a/", Mode: 0o700, UID: 7, GID: 8}, {Name: "a/" + strings.Repeat("n", 200), Text: "long name"},
		{Name: "a/" + strings.Repeat("d/", 60) + "f", Text: "deep"}, {Name: "su", Mode: 0o4755, UID: 33, Text: "x"},
		{Name: "l", Link: "a"}, {Name: "l/through", Text: "below a link"}, {Name: "h", Hard: "su"}, {Name: "secret", Mode: 0, UID: 5, Text: "closed"},
		{Name: ".wh.gone"}, {Name: "o/"}, {Name: "o/.wh..wh..opq"}, {Name: "null", Type: '3'}, {Name: "zero", Text: strings.Repeat("\x00", 9000)},
		{Name: "umlaut-\xe4", Text: "not UTF-8"}, {Name: "attr", Text: "a", Xattrs: map[string]string{"user.x": "y"}},
	}
	for _, n := range []int{1, 511, 512, 513, 4096, 70_000, 300_000} {
		files = append(files, imagetest.File{Name: fmt.Sprintf("size/%d", n), Text: strings.Repeat("z", n)})
	}
	tar = append(imagetest.Tar(t, files), make([]byte, 10240)...) // padding, as GNU tar's
	packed = zipped(t, tar)
	return tar, image.Blob{DiffID: digest(tar), Digest: digest(packed), Size: int64(len(packed))}, packed
}

func zipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func begin(t *testing.T, s *image.Store) *image.Session {
	t.Helper()
	x, err := s.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.Close() })
	return x
}

// addLayer sends a blob through a pipe, as a pull does.
func addLayer(ctx context.Context, x *image.Session, b image.Blob, packed []byte) (image.Layer, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return image.Layer{}, err
	}
	defer r.Close()
	go func() {
		_, _ = w.Write(packed)
		w.Close()
	}()
	return x.AddLayer(ctx, b, r, nil)
}

// TestAddLayer: a blob through a pipe becomes a layer and an image of a process
// outside, stays through a prune while the session lives, and its tar comes again.
func TestAddLayer(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	s := childStore(t, t.TempDir(), nil)
	tar, b, packed := aBlob(t)
	x := begin(t, s)
	if _, ok, err := x.HasLayer(t.Context(), b.DiffID); ok || err != nil {
		t.Fatalf("there before it came: %v", err)
	}
	l, err := addLayer(t.Context(), x, b, packed)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if got, ok, err := x.HasLayer(t.Context(), b.DiffID); !ok || err != nil || got != l {
		t.Fatalf("a prune took what a session has: %+v, %v", got, err)
	}
	r, err := s.OpenTar(t.Context(), l.Key)
	if err != nil {
		t.Fatal(err)
	}
	again, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(again, tar) {
		t.Errorf("the tar came again with %d of %d bytes, %v", len(again), len(tar), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if known, err := s.Blobs(l.Key); err != nil || len(known) != 1 || known[0] != b {
		t.Errorf("known blobs: %+v, %v", known, err)
	}
	raw := []byte(fmt.Sprintf(`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[%q]}}`, b.DiffID))
	img, err := x.AddImage(t.Context(), image.NewImage{Config: raw, Manifest: []byte("{}"), Names: []string{"demo"}, Digests: []string{"demo@" + digest([]byte("{}"))}, Layers: []string{l.Key}})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if found, err := s.Find("demo@" + digest([]byte("{}"))); err != nil || found.ID != img.ID || img.ID != digest(raw) {
		t.Errorf("%+v, %v", found, err)
	}
	if m, err := s.RawManifest(&img); err != nil || string(m) != "{}" {
		t.Errorf("manifest %q, %v", m, err)
	}
}

// TestBadBlobs: nothing is left of what is not what it was said to be.
func TestBadBlobs(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	top := t.TempDir()
	s := childStore(t, top, nil)
	_, b, packed := aBlob(t)
	other := digest([]byte("other"))
	for name, c := range map[string]struct {
		change func(b *image.Blob, packed []byte) []byte
		says   string
	}{
		"cut off":        {func(_ *image.Blob, p []byte) []byte { return p[:len(p)/2] }, "unexpected EOF"},
		"nothing":        {func(_ *image.Blob, _ []byte) []byte { return nil }, "not what the configuration names"},
		"longer":         {func(b *image.Blob, p []byte) []byte { b.Size--; return p }, "more than"},
		"shorter":        {func(b *image.Blob, p []byte) []byte { b.Size++; return p }, "wanted were"},
		"another digest": {func(b *image.Blob, p []byte) []byte { b.Digest = other; return p }, "damaged"},
		"another tar":    {func(b *image.Blob, p []byte) []byte { b.DiffID = other; return p }, "not what the configuration names"},
		"more behind it": {func(b *image.Blob, p []byte) []byte { return append(p[:len(p):len(p)], make([]byte, 1<<20)...) }, "more than"},
		"a bit":          {func(_ *image.Blob, p []byte) []byte { p = bytes.Clone(p); p[len(p)/2] ^= 4; return p }, ""},
		"no digest":      {func(b *image.Blob, p []byte) []byte { b.DiffID = "sha256:../.."; return p }, "no digest"},
	} {
		bad := b
		sent := c.change(&bad, packed)
		x := begin(t, s)
		_, err := addLayer(t.Context(), x, bad, sent)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if err := x.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Prune(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"layers", "locks", "sessions"} {
		if left, err := os.ReadDir(top + "/images/" + dir); err != nil || len(left) > 0 {
			t.Errorf("left in %s: %v, %v", dir, left, err)
		}
	}
}

// TestCacheKeeps: a record keeps its layers, and gives them to the session that
// asks for it.
func TestCacheKeeps(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	s := childStore(t, t.TempDir(), nil)
	_, b, packed := aBlob(t)
	x := begin(t, s)
	l, err := addLayer(t.Context(), x, b, packed)
	if err != nil {
		t.Fatal(err)
	}
	want := image.CacheRecord{Layers: []string{l.Key}, DiffID: b.DiffID, Size: l.Size, Text: "RUN true"}
	if err := x.CachePut(t.Context(), "step 1", want); err != nil {
		t.Fatal(err)
	}
	x.Close()
	if _, err := s.Prune(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	y := begin(t, s)
	got, ok, err := y.CacheGet(t.Context(), "step 1")
	want.Key, want.Created, want.Used = "step 1", got.Created, got.Used
	if a, _ := json.Marshal(got); !ok || err != nil || string(a) != func() string { b, _ := json.Marshal(want); return string(b) }() {
		t.Errorf("%+v, %v, %v", got, ok, err)
	}
	if _, ok, err := y.CacheGet(t.Context(), "step 2"); ok || err != nil {
		t.Errorf("what was never put: %v", err)
	}
}

// TestNoRecord: a layer of an earlier version is of use as it was, and says what
// to do when its tar is wanted.
func TestNoRecord(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	top := t.TempDir()
	s := childStore(t, top, nil)
	_, b, packed := aBlob(t)
	x := begin(t, s)
	l, err := addLayer(t.Context(), x, b, packed)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(top + "/images/layers/" + l.Key + "/" + layerstore.TarRecord); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := x.HasLayer(t.Context(), b.DiffID); !ok || err != nil {
		t.Errorf("it is not there any more: %v", err)
	}
	r, err := s.OpenTar(t.Context(), l.Key)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if _, err := io.ReadAll(r); err == nil || !strings.Contains(err.Error(), "mocker-compose image rm") {
		t.Errorf("%v", err)
	}
}
