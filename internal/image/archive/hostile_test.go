package archive

import (
	"archive/tar"
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/mocker-compose/mocker-compose/internal/imagetest"
)

// TestRefused: damaged, ambiguous and greedy archives, each with the reason.
func TestRefused(t *testing.T) {
	manifest := func(f *tree, change func(*v1.Manifest)) v1.Descriptor {
		layer := f.blob(types.OCIUncompressedLayer, "layer")
		c := v1.ConfigFile{OS: "linux", RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{layer.Digest}}}
		m := v1.Manifest{SchemaVersion: 2, MediaType: types.OCIManifestSchema1, Config: f.json(t, types.OCIConfigJSON, c), Layers: []v1.Descriptor{layer}}
		change(&m)
		return f.json(t, types.OCIManifestSchema1, m)
	}
	docker := func(f *tree, list ...dockerImage) { f.add(dockerManifest, encode(t, list)) }
	for name, c := range map[string]struct {
		build func(f *tree)
		want  string
	}{
		"no documents":          {func(f *tree) { f.add("etc/passwd", "x") }, "image import FILE NAME"},
		"older than 1.10":       {func(f *tree) { f.add("repositories", "{}") }, "older than 1.10"},
		"manifest.json no JSON": {func(f *tree) { f.add(dockerManifest, "[{") }, dockerManifest},
		"manifest.json empty":   {func(f *tree) { docker(f) }, "no image in it"},
		"config missing":        {func(f *tree) { docker(f, dockerImage{Config: "x.json"}) }, "configuration"},
		"config outside":        {func(f *tree) { docker(f, dockerImage{Config: "../../../etc/passwd"}) }, "configuration"},
		"config absolute":       {func(f *tree) { docker(f, dockerImage{Config: "/etc/passwd"}) }, "configuration"},
		"config by a link out": {func(f *tree) {
			*f = append(*f, imagetest.File{Name: "c", Link: "../../etc/passwd"})
			docker(f, dockerImage{Config: "c"})
		}, "configuration"},
		"links in a circle": {func(f *tree) {
			*f = append(*f, imagetest.File{Name: "a", Link: "b"}, imagetest.File{Name: "b", Link: "a"})
			docker(f, dockerImage{Config: "a"})
		}, "configuration"},
		"link to itself": {func(f *tree) {
			*f = append(*f, imagetest.File{Name: "a", Link: "a"})
			docker(f, dockerImage{Config: "a"})
		}, "configuration"},
		"config damaged": {func(f *tree) {
			n := strings.Repeat("a", 64) + ".json"
			f.add(n, "{}")
			docker(f, dockerImage{Config: n})
		}, "damaged"},
		"layers do not fit": {func(f *tree) { f.add("c", "{}"); docker(f, dockerImage{Config: "c", Layers: []string{"c"}}) }, "configuration names 0"},
		"unknown root":      {func(f *tree) { f.add("c", `{"rootfs":{"type":"tape"}}`); docker(f, dockerImage{Config: "c"}) }, `"tape"`},
		"diff id a path": {func(f *tree) {
			f.add("c", `{"rootfs":{"diff_ids":["sha256:../../../x"]}}`)
			docker(f, dockerImage{Config: "c", Layers: []string{"c"}})
		}, "configuration"},
		"diff id of another sum": {func(f *tree) {
			f.add("c", `{"rootfs":{"diff_ids":["sha512:`+strings.Repeat("a", 128)+`"]}}`)
			docker(f, dockerImage{Config: "c", Layers: []string{"c"}})
		}, "configuration"},
		"128 layers": {func(f *tree) {
			f.add("c", `{"rootfs":{"diff_ids":[`+strings.Repeat(`"sha256:`+strings.Repeat("a", 64)+`",`, 127)+`"sha256:`+strings.Repeat("a", 64)+`"]}}`)
			docker(f, dockerImage{Config: "c", Layers: strings.Split(strings.Repeat("c ", 127)+"c", " ")})
		}, "more than the 127"},
		"many names":         {func(f *tree) { docker(f, dockerImage{Config: "c", RepoTags: make([]string, maxNames+1)}) }, "names"},
		"many images":        {func(f *tree) { docker(f, make([]dockerImage, maxImages+1)...) }, "more than 256"},
		"a large document":   {func(f *tree) { f.add(dockerManifest, strings.Repeat(" ", maxDocument+1)) }, "bytes"},
		"a million elements": {func(f *tree) { f.add(dockerManifest, `[{"RepoTags":[`+strings.Repeat(`"",`, 1_000_000)+`""]}]`) }, "elements"},
		"deep nesting":       {func(f *tree) { f.add(dockerManifest, strings.Repeat("[", 100_000)) }, dockerManifest},

		"index no JSON": {func(f *tree) { f.add(layoutIndex, "nil") }, layoutIndex},
		"index empty":   {func(f *tree) { f.index(t) }, "no image in it"},
		"index of another type": {func(f *tree) {
			f.add(layoutIndex, `{"mediaType":"application/vnd.oci.image.manifest.v1+json","manifests":[]}`)
		}, "not an index"},
		"manifest is missing": {func(f *tree) {
			f.index(t, v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: sum([]byte("x")), Size: 1})
		}, "manifest"},
		"digest a path": {func(f *tree) {
			f.add(layoutIndex, `{"manifests":[{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"sha256:../../index.json","size":1}]}`)
		}, "non-hex"},
		"digest of another sum": {func(f *tree) {
			f.index(t, v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: v1.Hash{Algorithm: "sha1", Hex: "aa"}})
		}, "unsupported hash"},
		"manifest damaged":           {func(f *tree) { d := f.blob(types.OCIManifestSchema1, "{}"); (*f)[0].Text = "{ "; f.index(t, d) }, "damaged"},
		"size of the manifest wrong": {func(f *tree) { d := f.image(t, "x", ""); d.Size++; f.index(t, d) }, "damaged"},
		"type of the manifest wrong": {func(f *tree) { d := f.image(t, "x", ""); d.MediaType = types.DockerManifestSchema2; f.index(t, d) }, "named as"},
		"index named as manifest": {func(f *tree) {
			d := f.json(t, types.OCIManifestSchema1, v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex})
			f.index(t, d)
		}, "named as"},
		"manifest and index at once": {func(f *tree) {
			f.index(t, f.blob(types.OCIManifestSchema1, `{"manifests":[],"layers":[],"config":{}}`))
		}, "at the same time"},
		"an unknown type": {func(f *tree) { d := f.image(t, "x", ""); d.MediaType = "text/plain"; f.index(t, d) }, "text/plain"},
		"docker's first":  {func(f *tree) { d := f.image(t, "x", ""); d.MediaType = types.DockerManifestSchema1; f.index(t, d) }, "first schema"},
		"an artifact": {func(f *tree) {
			f.index(t, manifest(f, func(m *v1.Manifest) { m.Config.MediaType = "application/vnd.cncf.helm.config.v1+json" }))
		}, "no image"},
		"config damaged in it": {func(f *tree) { f.index(t, manifest(f, func(m *v1.Manifest) { m.Config.Size++ })) }, "damaged"},
		"layer type unknown": {func(f *tree) {
			f.index(t, manifest(f, func(m *v1.Manifest) { m.Layers[0].MediaType = "application/x-lz4" }))
		}, "x-lz4"},
		"layer missing": {func(f *tree) {
			f.index(t, manifest(f, func(m *v1.Manifest) { m.Layers[0].Digest = sum([]byte("other")) }))
		}, "not complete"},
		"layer size wrong": {func(f *tree) { f.index(t, manifest(f, func(m *v1.Manifest) { m.Layers[0].Size = 1 << 40 })) }, "damaged"},
		"layer digest a path": {func(f *tree) {
			f.index(t, manifest(f, func(m *v1.Manifest) { m.Layers[0].Digest = v1.Hash{Algorithm: "sha256", Hex: "../x"} }))
		}, "non-hex"},
		"indexes in indexes": {func(f *tree) {
			d := f.image(t, "x", "")
			for range maxNesting + 2 {
				d = f.json(t, types.OCIImageIndex, v1.IndexManifest{SchemaVersion: 2, MediaType: types.OCIImageIndex, Manifests: []v1.Descriptor{d}})
			}
			f.index(t, d)
		}, "indexes in indexes"},
		"wide indexes": {func(f *tree) {
			d := f.image(t, "x", "")
			var list []v1.Descriptor
			for i := range maxDocuments {
				list = append(list, named(d, refName, fmt.Sprint("t", i)))
			}
			f.index(t, list...)
		}, "documents"},
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			var f tree
			c.build(&f)
			a, err := f.open(t, "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%+v, %v; want %q", a, err, c.want)
			}
			if err != nil && len(err.Error()) > 1000 {
				t.Errorf("the message has %d bytes", len(err.Error()))
			}
		})
	}
}

func TestNoTar(t *testing.T) {
	big := imagetest.Tar(t, tree{{Name: "a", Text: strings.Repeat("x", 5000)}})
	for name, raw := range map[string][]byte{
		"nothing":  {},
		"text":     []byte(strings.Repeat("no tar\n", 200)),
		"cut":      big[:3000],
		"cut head": big[:300],
	} {
		if _, err := OpenTar(bytes.NewReader(raw), int64(len(raw))); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	// A header that claims more than there is.
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "huge", Size: 1 << 50, Typeflag: tar.TypeReg, Format: tar.FormatGNU}); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenTar(bytes.NewReader(b.Bytes()), int64(b.Len())); err == nil || !strings.Contains(err.Error(), "ends after") {
		t.Errorf("%v", err)
	}
}

// TestMemory: what an archive can make us hold is bounded, whatever it has.
func TestMemory(t *testing.T) {
	var f tree
	var list []dockerImage
	for i := range 200 { // each document within its limits
		c := fmt.Sprintf("%d.config", i)
		f.add(c, `{"config":{"Env":["`+strings.Repeat(`","`, 90_000)+`"]},"rootfs":{"type":"layers"}}`)
		list = append(list, dockerImage{Config: c})
	}
	f.add(dockerManifest, encode(t, list))
	raw := imagetest.Tar(t, f)
	files, err := OpenTar(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = Open(files, "")
	runtime.ReadMemStats(&after)
	if err == nil || !strings.Contains(err.Error(), "elements") {
		t.Errorf("%v", err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 48<<20 {
		t.Errorf("%d bytes of memory", n)
	}
}

// FuzzOpen: no document makes us panic or believe it.
func FuzzOpen(f *testing.F) {
	f.Add(true, `[{"Config":"c","RepoTags":["a:b"],"Layers":["c"]}]`, `{"rootfs":{"type":"layers","diff_ids":["sha256:`+strings.Repeat("a", 64)+`"]}}`)
	f.Add(false, `{"manifests":[{"mediaType":"application/vnd.oci.image.index.v1+json","digest":"sha256:`+sum([]byte("{}")).Hex+`","size":2}]}`, "{}")
	f.Fuzz(func(t *testing.T, docker bool, document, other string) {
		name := layoutIndex
		if docker {
			name = dockerManifest
		}
		files := tree{{Name: name, Text: document}, {Name: "c", Text: other}, {Name: blobPath(sum([]byte(other))), Text: other}}
		raw := imagetest.Tar(t, files)
		tar, err := OpenTar(bytes.NewReader(raw), int64(len(raw)))
		if err != nil {
			return
		}
		a, err := Open(tar, "")
		if err != nil {
			return
		}
		for _, img := range a.Images {
			for _, l := range img.Layers {
				if checkHash(l.DiffID) != nil || len(img.Layers) > maxLayers {
					t.Errorf("%+v", img)
				}
			}
		}
	})
}
