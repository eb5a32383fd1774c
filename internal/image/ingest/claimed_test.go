package ingest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// TestClaimedBlobs: of a layer that is there already nobody reads what comes under another
// digest, so that nobody says later that a registry has it under that one.
func TestClaimedBlobs(t *testing.T) {
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
	only := func() {
		t.Helper()
		if known, err := s.Blobs(l.Key); err != nil || len(known) != 1 || known[0] != b {
			t.Errorf("known blobs: %+v, %v", known, err)
		}
	}
	evil := zipped(t, imagetest.Tar(t, []imagetest.File{{Name: "evil", Text: "x"}}))
	claimed := image.Blob{DiffID: b.DiffID, Digest: digest(evil), Size: int64(len(evil)), MediaType: "application/vnd.oci.image.layer.v1.tar+gzip", From: "docker.io/evil/x"}
	if _, err := addLayer(t.Context(), x, claimed, evil); err != nil {
		t.Fatal(err)
	}
	only()
	config := fmt.Sprintf(`{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":[%q]}}`, b.DiffID)
	manifest := fmt.Sprintf(`{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":%q,"size":%d},"layers":[{"mediaType":%q,"digest":%q,"size":%d}]}`,
		digest([]byte(config)), len(config), claimed.MediaType, claimed.Digest, claimed.Size)
	files := []imagetest.File{
		{Name: "oci-layout", Text: `{"imageLayoutVersion":"1.0.0"}`},
		{Name: "index.json", Text: fmt.Sprintf(`{"schemaVersion":2,"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":%q,"size":%d}]}`, digest([]byte(manifest)), len(manifest))},
	}
	for _, blob := range []string{config, manifest, string(evil)} {
		files = append(files, imagetest.File{Name: "blobs/sha256/" + digest([]byte(blob))[len("sha256:"):], Text: blob})
	}
	path := filepath.Join(t.TempDir(), "oci.tar")
	if err := os.WriteFile(path, imagetest.Tar(t, files), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Load(t.Context(), "oci-archive:"+path, nil); err != nil {
		t.Fatal(err)
	}
	only()
}
