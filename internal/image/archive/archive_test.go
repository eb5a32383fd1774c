package archive

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// tree is an archive under construction.
type tree []imagetest.File

func (f *tree) add(name, text string) *tree {
	*f = append(*f, imagetest.File{Name: name, Text: text})
	return f
}

// blob adds a document or a layer to an OCI layout.
func (f *tree) blob(t types.MediaType, text string) v1.Descriptor {
	h := sum([]byte(text))
	f.add(blobPath(h), text)
	return v1.Descriptor{MediaType: t, Digest: h, Size: int64(len(text))}
}

func (f *tree) json(t *testing.T, kind types.MediaType, v any) v1.Descriptor {
	t.Helper()
	return f.blob(kind, encode(t, v))
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// image adds an image with one layer.
func (f *tree) image(t *testing.T, arch, user string) v1.Descriptor {
	t.Helper()
	layer := f.blob(types.OCIUncompressedLayer, "layer of "+arch+user)
	c := v1.ConfigFile{OS: "linux", Architecture: arch, Config: v1.Config{User: user}}
	c.RootFS = v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{layer.Digest}}
	m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: f.json(t, types.OCIConfigJSON, c), Layers: []v1.Descriptor{layer}}
	d := f.json(t, types.OCIManifestSchema1, m)
	d.Platform = &v1.Platform{OS: "linux", Architecture: arch}
	return d
}

func (f *tree) index(t *testing.T, list ...v1.Descriptor) *tree {
	t.Helper()
	return f.add(layoutIndex, encode(t, v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: list}))
}

func (f *tree) open(t *testing.T, kind string) (*Archive, error) {
	t.Helper()
	raw := imagetest.Tar(t, *f)
	tar, err := OpenTar(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	return Open(tar, kind)
}

func named(d v1.Descriptor, pairs ...string) v1.Descriptor {
	d.Annotations = map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		d.Annotations[pairs[i]] = pairs[i+1]
	}
	return d
}

func TestPlatforms(t *testing.T) {
	other := "s390x"
	variant := func(d v1.Descriptor, v string) v1.Descriptor {
		d.Platform = &v1.Platform{OS: "linux", Architecture: runtime.GOARCH, Variant: v}
		return d
	}
	for name, build := range map[string]func(f *tree) []v1.Descriptor{
		"flat": func(f *tree) []v1.Descriptor {
			return []v1.Descriptor{f.image(t, other, "no"), f.image(t, runtime.GOARCH, "yes")}
		},
		"nested": func(f *tree) []v1.Descriptor {
			inner := v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{f.image(t, other, "no"), f.image(t, runtime.GOARCH, "yes")}}
			return []v1.Descriptor{f.json(t, types.OCIImageIndex, inner)}
		},
		"docker's list": func(f *tree) []v1.Descriptor {
			inner := v1.IndexManifest{SchemaVersion: 2, MediaType: types.DockerManifestList, Manifests: []v1.Descriptor{f.image(t, runtime.GOARCH, "yes")}}
			return []v1.Descriptor{f.json(t, types.DockerManifestList, inner)}
		},
		"attestation beside": func(f *tree) []v1.Descriptor {
			a := named(f.image(t, runtime.GOARCH, "no"), "vnd.docker.reference.type", "attestation-manifest")
			a.Platform = &v1.Platform{OS: "unknown", Architecture: "unknown"}
			return []v1.Descriptor{f.json(t, types.OCIImageIndex, v1.IndexManifest{SchemaVersion: 2, Manifests: []v1.Descriptor{a, f.image(t, runtime.GOARCH, "yes")}})}
		},
		"plain before variant": func(f *tree) []v1.Descriptor {
			return []v1.Descriptor{variant(f.image(t, runtime.GOARCH, "no"), "v3"), f.image(t, runtime.GOARCH, "yes")}
		},
		"the only one, of another machine": func(f *tree) []v1.Descriptor { return []v1.Descriptor{f.image(t, other, "yes")} },
	} {
		var f tree
		a, err := f.index(t, build(&f)...).open(t, "")
		if err != nil || len(a.Images) != 1 || a.Images[0].File.Config.User != "yes" {
			t.Errorf("%s: %+v, %v", name, a, err)
		}
	}
	var f tree
	_, err := f.index(t, f.image(t, "mips", "a"), f.image(t, other, "b")).open(t, OCI)
	if err == nil || !strings.Contains(err.Error(), "linux/mips") || !strings.Contains(err.Error(), "linux/"+runtime.GOARCH) {
		t.Errorf("nothing fits: %v", err)
	}
}

func TestNamesInALayout(t *testing.T) {
	var f tree
	a, b := f.image(t, runtime.GOARCH, "a"), f.image(t, runtime.GOARCH, "b")
	got, err := f.index(t,
		named(a, refName, "1.0", containerdName, "docker.io/library/app:1.0"),
		named(a, refName, "latest", containerdName, "docker.io/library/app:latest"),
		named(b, refName, "ghcr.io/x/y:z"),
	).open(t, "")
	if err != nil || len(got.Images) != 2 {
		t.Fatalf("%+v %v", got, err)
	}
	if n := fmt.Sprint(got.Images[0].Names, got.Images[0].Refs, got.Images[1].Names, got.Images[1].Refs); n !=
		"[docker.io/library/app:1.0 docker.io/library/app:latest] [1.0 latest] [ghcr.io/x/y:z] []" {
		t.Error(n)
	}
	equal := func(a, b string) bool { return a == b }
	for ref, user := range map[string]string{"latest": "a", "ghcr.io/x/y:z": "b", "@1": "b", a.Digest.String(): "a"} {
		img, err := got.Choose(ref, equal)
		if err != nil || img.File.Config.User != user {
			t.Errorf("%s: %v", ref, err)
		}
	}
	for _, ref := range []string{"", "nope", "@2"} {
		if _, err := got.Choose(ref, equal); err == nil || !strings.Contains(err.Error(), "ghcr.io/x/y:z") {
			t.Errorf("%q: %v does not say what there is", ref, err)
		}
	}
}

// TestOldDockerArchive: a directory per layer, links between them, the
// configuration as HEX.json.
func TestOldDockerArchive(t *testing.T) {
	layer := sum([]byte("layer"))
	config := encode(t, v1.ConfigFile{OS: "linux", RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{layer, layer}}})
	name := sum([]byte(config)).Hex + ".json"
	f := tree{
		{Name: "a/"}, {Name: "a/layer.tar", Text: "layer"}, {Name: "b/"}, {Name: "b/layer.tar", Link: "../a/layer.tar"},
		{Name: name, Text: config},
		{Name: dockerManifest, Text: encode(t, []dockerImage{{Config: name, RepoTags: []string{"x:1"}, Layers: []string{"a/layer.tar", "b/layer.tar"}}})},
	}
	a, err := f.open(t, "")
	if err != nil || a.Kind != Docker || len(a.Images) != 1 || len(a.Images[0].Layers) != 2 {
		t.Fatalf("%+v %v", a, err)
	}
	for _, l := range a.Images[0].Layers {
		r, err := l.Open()
		if err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(r); string(b) != "layer" || l.Size != 5 || err != nil {
			t.Errorf("%q, %d, %v", b, l.Size, err)
		}
	}
}

func TestImagesOfTheTestHelper(t *testing.T) {
	img := imagetest.Image{Names: []string{"a:1", "a:2"}, Layers: [][]imagetest.File{{{Name: "x"}}}}
	dir := t.TempDir()
	img.WriteDockerArchive(t, filepath.Join(dir, "d"))
	img.WriteOCIArchive(t, filepath.Join(dir, "o"))
	for _, name := range []string{"d", "o"} {
		a := openFile(t, filepath.Join(dir, name))
		if len(a.Images) != 1 || a.Images[0].ID().String() != img.ID(t) || len(a.Images[0].Names) != 2 {
			t.Errorf("%s: %+v", name, a)
		}
	}
}
