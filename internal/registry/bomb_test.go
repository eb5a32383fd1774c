package registry

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ulikunitz/xz"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/registrytest"
)

// TestBomb: what becomes a thousand times as much is unpacked without being in
// memory, and what would take memory is refused.
func TestBomb(t *testing.T) {
	if !isolated(t) {
		return
	}
	t.Setenv("PEAKS", filepath.Join(t.TempDir(), "peaks"))
	if err := os.WriteFile(os.Getenv("PEAKS"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := registrytest.New(t, registrytest.Options{})
	img := imagetest.Image{Layers: [][]imagetest.File{{{Name: "zeros", Text: strings.Repeat("\x00", 48<<20)}}}}
	for _, compression := range []string{"gzip", "zstd"} {
		parts := r.Push(t, "bomb:1", img, imagetest.Form{Compression: compression})
		if ratio := (48 << 20) / len(parts.Layers[0].Data); ratio < 150 {
			t.Errorf("%s: 1:%d is no bomb", compression, ratio)
		}
		l := newLab(t)
		l.mustPull(t, r.Host+"/bomb:1", "")
		l.clean(t)
	}
	if peak := peakOfChildren(t); peak > 64<<10 {
		t.Errorf("a process that unpacked took %d KiB", peak)
	}

	plain := img.Parts(t, imagetest.Form{Compression: "none"})
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = w.Write(plain.Layers[0].Data)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	replaced(t, r, "xz:1", plain, b.Bytes())
	newLab(t).fails(t, r.Host+"/xz:1", "", "compressed with xz")

	// The digest of the blob is right, but it is not the layer that the
	// configuration names.
	replaced(t, r, "other:1", plain, demo("o", 1, 1).Parts(t, imagetest.Form{}).Layers[0].Data)
	l := newLab(t)
	l.fails(t, r.Host+"/other:1", "", "layer 1 of 1", "not what the configuration names")
	l.clean(t)
	replaced(t, r, "garbage:1", plain, []byte(noise("garbage")))
	l.fails(t, r.Host+"/garbage:1", "", "layer 1 of 1")
	l.clean(t)
}

// replaced gives a registry an image whose first layer is another blob.
func replaced(t *testing.T, r *registrytest.Registry, name string, p imagetest.Parts, data []byte) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(p.Manifest.Data, &m); err != nil {
		t.Fatal(err)
	}
	repo, tag, _ := strings.Cut(name, ":")
	r.PutBlob(t, repo, p.Config.Data)
	d := m["layers"].([]any)[0].(map[string]any)
	d["digest"], d["size"] = r.PutBlob(t, repo, data), len(data)
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	r.PutManifest(t, repo, tag, imagetest.Part{MediaType: p.Manifest.MediaType, Digest: registrytest.Digest(raw), Data: raw})
}

// peakOfChildren is the most memory that a child of this process had, in KiB.
func peakOfChildren(t *testing.T) (peak int) {
	t.Helper()
	b, err := os.ReadFile(os.Getenv("PEAKS"))
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(b), "\n") {
		var n int
		if _, err := fmt.Sscanf(line, "VmHWM: %d", &n); err == nil {
			peak = max(peak, n)
		}
	}
	return peak
}
