package registry

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// What the manifest of one image says of a layer's blob counts for no other image.
func TestClaimedBlobs(t *testing.T) {
	if !isolated(t) {
		return
	}
	r, l := registrytest.New(t, registrytest.Options{}), newLab(t)
	mine := l.has(t, pushed, r.Host+"/team/app:1")
	// Another image of the same layers, whose manifest names another blob for them.
	evil := pushed
	evil.Config.Labels = map[string]string{"evil": "yes"}
	parts := evil.Parts(t, imagetest.Form{})
	var m map[string]any
	if err := json.Unmarshal(parts.Manifest.Data, &m); err != nil {
		t.Fatal(err)
	}
	blob := r.PutBlob(t, "team/app", []byte("evil"))
	for _, layer := range m["layers"].([]any) {
		layer.(map[string]any)["digest"], layer.(map[string]any)["size"] = blob, 4
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	parts.Manifest.Data = raw
	r.PutBlob(t, "evil", parts.Config.Data)
	r.PutManifest(t, "evil", "1", imagetest.Part{MediaType: parts.Manifest.MediaType, Digest: registrytest.Digest(raw), Data: raw})
	got := l.mustPull(t, r.Host+"/evil:1", "")
	if err := l.store.Tag(t.Context(), got.ID, r.Host+"/team/app:2"); err != nil {
		t.Fatal(err)
	}
	l.mustPush(t, r.Host+"/team/app:2")
	l.mustPush(t, r.Host+"/team/app:1")
	sent, ok := r.Manifest(t, "team/app", "1")
	if !ok || strings.Contains(string(sent.Data), blob) {
		t.Errorf("%s names the blob of another image: %s", mine.ID, sent.Data)
	}
	checkLayers(t, r, "team/app", sent.Data)
}
