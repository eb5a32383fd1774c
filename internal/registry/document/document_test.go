package document

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

const (
	digestA = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	config  = `"config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"` + digestA + `","size":3}`
	ociM    = "application/vnd.oci.image.manifest.v1+json"
	ociX    = "application/vnd.oci.image.index.v1+json"
	dockerM = "application/vnd.docker.distribution.manifest.v2+json"
)

func layerText(mediaType string) string {
	return `{"mediaType":"` + mediaType + `","digest":"` + digestA + `","size":5}`
}

func manifest(mediaType string, layers ...string) string {
	return `{"schemaVersion":2,"mediaType":"` + mediaType + `",` + config + `,"layers":[` + strings.Join(layers, ",") + `]}`
}

func index(entries ...string) string {
	return `{"schemaVersion":2,"manifests":[` + strings.Join(entries, ",") + `]}`
}

const tarGzip = "application/vnd.oci.image.layer.v1.tar+gzip"

func TestRead(t *testing.T) {
	entry := `{"mediaType":"` + ociM + `","digest":"` + digestA + `","size":3,"platform":{"os":"linux","architecture":"amd64"}}`
	attestation := `{"mediaType":"` + ociM + `","digest":"` + digestA + `","size":3,"platform":{"os":"unknown","architecture":"unknown"}}`
	for name, c := range map[string]struct {
		header, text string
		err          string // "" = taken
		index        bool
	}{
		"a manifest":                   {ociM, manifest(ociM, layerText(tarGzip)), "", false},
		"docker's":                     {dockerM, manifest(dockerM, layerText("application/vnd.docker.image.rootfs.diff.tar.gzip")), "", false},
		"with a charset":               {ociM + "; charset=utf-8", manifest(ociM), "", false},
		"type in the document only":    {"application/octet-stream", manifest(dockerM), "", false},
		"type in the header only":      {ociM, manifest(""), "", false},
		"no type at all":               {"text/plain", manifest(""), "", false},
		"no header":                    {"", index(entry), "", true},
		"an index":                     {ociX, index(entry, attestation), "", true},
		"attestations only":            {ociX, index(attestation), "lists no image", false},
		"an index as a manifest":       {ociM, index(entry), "names no configuration", false},
		"a manifest as an index":       {ociX, manifest(""), "lists no manifests", false},
		"two types":                    {dockerM, manifest(ociM), "it came as " + dockerM, false},
		"both":                         {ociX, `{"manifests":[],` + config + `}`, "at the same time", false},
		"both, with layers":            {ociX, `{"manifests":[],"layers":[]}`, "at the same time", false},
		"both, in other letters":       {ociX, `{"Manifests":[],"CONFIG":{}}`, "at the same time", false},
		"schema 1":                     {"application/json", `{"schemaVersion":1,"fsLayers":[]}`, "first schema", false},
		"schema 1 as schema 2":         {dockerM, `{"schemaVersion":1,` + config + `}`, "first schema", false},
		"html":                         {"text/html", "<html>", "no manifest", false},
		"an array":                     {ociM, "[]", "no manifest", false},
		"foreign":                      {ociM, manifest(ociM, layerText("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")), "may not be passed on", false},
		"a layer of another kind":      {ociM, manifest(ociM, layerText("application/x-sh")), "application/x-sh is not known", false},
		"zstd":                         {ociM, manifest(ociM, layerText("application/vnd.oci.image.layer.v1.tar+zstd")), "", false},
		"plain":                        {ociM, manifest(ociM, layerText("application/vnd.oci.image.layer.v1.tar")), "", false},
		"sha512":                       {ociM, strings.ReplaceAll(manifest(ociM), digestA, "sha512:"+strings.Repeat("a", 128)), "only sha256", false},
		"a short digest":               {ociM, strings.ReplaceAll(manifest(ociM), digestA, "sha256:aa"), "", false},
		"a digest that is a path":      {ociM, strings.ReplaceAll(manifest(ociM), digestA, "sha256:../../../../etc/passwd"), "", false},
		"a size below zero":            {ociM, strings.ReplaceAll(manifest(ociM), `"size":3`, `"size":-3`), "-3 bytes", false},
		"a huge configuration":         {ociM, strings.ReplaceAll(manifest(ociM), `"size":3`, `"size":5000000`), "allowed are", false},
		"a huge layer":                 {ociM, strings.ReplaceAll(manifest(ociM, layerText(tarGzip)), `"size":5`, `"size":99999999999999`), "allowed are", false},
		"a size that is no number":     {ociM, strings.ReplaceAll(manifest(ociM), `"size":3`, `"size":1e99`), "manifest:", false},
		"many commas":                  {ociM, `{"x":[` + strings.Repeat("1,", 200_000) + `1]}`, "elements", false},
		"many layers":                  {ociM, manifest(ociM, strings.Split(strings.Repeat(layerText(tarGzip)+";", 127)+layerText(tarGzip), ";")...), "128 layers", false},
		"a chart":                      {ociM, strings.Replace(manifest(ociM), "vnd.oci.image.config.v1", "vnd.cncf.helm.config.v1", 1), "Helm chart", false},
		"letters that a terminal eats": {ociM, strings.Replace(manifest(ociM), "vnd.oci.image.config.v1", `\u001b[2J`, 1), `\x1b[2J`, false},
	} {
		d, err := Read(c.header, []byte(c.text))
		wantError := c.err != "" || strings.Contains(name, "digest")
		switch {
		case wantError != (err != nil), err != nil && !strings.Contains(err.Error(), c.err):
			t.Errorf("%s: %v, wanted %q", name, err, c.err)
		case err == nil && c.index != (d.Manifest == nil):
			t.Errorf("%s: %+v", name, d)
		}
	}
}

func platforms(list ...string) []v1.Descriptor {
	var out []v1.Descriptor
	for _, s := range list {
		p := append(strings.Split(s, "/"), "", "")
		d := v1.Descriptor{MediaType: types.OCIManifestSchema1, Platform: &v1.Platform{OS: p[0], Architecture: p[1], Variant: p[2]}}
		if s == "" {
			d.Platform = nil
		}
		out = append(out, d)
	}
	return out
}

func TestChoose(t *testing.T) {
	amd := func(level int) Want { return Want{OS: "linux", Architecture: "amd64", Machine: true, Level: level} }
	arm := Want{OS: "linux", Architecture: "arm64", Machine: true, Level: 1}
	for _, c := range []struct {
		want Want
		list string
		at   int // -1: none
	}{
		{amd(1), "linux/s390x linux/amd64", 1},
		{amd(1), "linux/amd64/v3 linux/amd64", 1},
		{amd(3), "linux/amd64/v4 linux/amd64/v2 linux/amd64/v3", 2},
		{amd(2), "linux/amd64/v3 linux/amd64/v2", 1},
		{amd(1), "linux/amd64/v2", -1},
		{amd(1), "linux/386", 0},
		{amd(1), "linux/386 linux/amd64", 1},
		{amd(1), "windows/amd64", -1},
		{amd(1), " linux/arm64", 0},
		{amd(1), " linux/amd64", 1},
		{arm, "linux/arm/v7 linux/arm64/v8", 1},
		{arm, "linux/arm/v6 linux/arm/v7 linux/arm/v5", 1},
		{arm, "linux/arm64", 0},
		{arm, "linux/arm64/v9", -1},
		{Want{OS: "linux", Architecture: "arm", Variant: "v6"}, "linux/arm/v7 linux/arm/v5 linux/arm/v6", 2},
		{Want{OS: "linux", Architecture: "arm", Variant: "v6"}, "linux/arm/v7 linux/arm/v5", 1},
		{Want{OS: "linux", Architecture: "arm", Variant: "v6"}, "linux/arm/v7", -1},
		{Want{OS: "linux", Architecture: "arm"}, "linux/arm/v6 linux/arm", 1},
		{Want{OS: "linux", Architecture: "amd64", Level: 1}, "linux/386", -1},
		{Want{OS: "linux", Architecture: "arm64"}, "linux/arm/v7", -1},
		{Want{OS: "linux", Architecture: "amd64", Variant: "v3"}, "linux/amd64 linux/amd64/v3", 1},
		{Want{OS: "linux", Architecture: "ppc64le"}, "linux/ppc64 linux/ppc64le", 1},
		{Want{OS: "linux", Architecture: "arm"}, "linux/arm/vx", -1},
	} {
		list := platforms(strings.Split(c.list, " ")...)
		got, err := c.want.Choose(list)
		switch {
		case (err == nil) != (c.at >= 0):
			t.Errorf("%s of %q: %v", c.want, c.list, err)
		case err == nil && got.Platform != list[c.at].Platform:
			t.Errorf("%s of %q: %v", c.want, c.list, got.Platform)
		}
	}
	_, err := arm.Choose(platforms("linux/amd64", "linux/s390x", "linux/amd64"))
	if err == nil || err.Error() != "no matching manifest for linux/arm64 in the manifest list entries: there are linux/amd64, linux/s390x" {
		t.Error(err)
	}
}

func TestParseWant(t *testing.T) {
	host := Host().Architecture
	for s, want := range map[string]string{
		"": "linux/" + host, "linux": "linux/" + host, "linux/arm64/v8": "linux/arm64/v8", "aarch64": "linux/arm64", "linux/x86_64": "linux/amd64", "armhf": "linux/arm/v7",
		"LINUX/AMD64": "linux/amd64", "windows/amd64": "windows/amd64", "i386": "linux/386",
		"linux/": "", "/": "", "a/b/c/d": "", "linux/am d64": "", "linux/../x": "linux/../x",
	} {
		got, err := ParseWant(s)
		if (err == nil) != (want != "") || err == nil && got.String() != want {
			t.Errorf("%q: %q %v, want %q", s, got, err, want)
		}
	}
}

func TestReadConfig(t *testing.T) {
	m := &v1.Manifest{Layers: make([]v1.Descriptor, 1)}
	for text, words := range map[string]string{
		`{"os":"linux","rootfs":{"type":"layers","diff_ids":["` + digestA + `"]}}`:            "",
		`{"rootfs":{"type":"layers","diff_ids":[]}}`:                                          "it names 0 layers",
		`{"rootfs":{"type":"layers+base","diff_ids":["` + digestA + `"]}}`:                    "is not known",
		`{"rootfs":{"type":"layers","diff_ids":["sha512:` + strings.Repeat("a", 128) + `"]}}`: "is no diff id",
		`{"x":[` + strings.Repeat("1,", 200_000) + `1]}`:                                      "elements",
		`no`: "configuration:",
	} {
		_, err := ReadConfig([]byte(text), m)
		if (err == nil) != (words == "") || err != nil && !strings.Contains(err.Error(), words) {
			t.Errorf("%.80s: %v, want %q", text, err, words)
		}
	}
}

// FuzzRead: whatever a document says, what is taken of it is within the bounds.
func FuzzRead(f *testing.F) {
	f.Add(ociM, manifest(ociM, layerText(tarGzip)))
	f.Add(ociX, index(`{"mediaType":"`+ociM+`","digest":"`+digestA+`","size":3}`))
	f.Add("", `{"schemaVersion":1,"fsLayers":[]}`)
	f.Fuzz(func(t *testing.T, header, text string) {
		d, err := Read(header, []byte(text))
		if err != nil {
			for _, r := range err.Error() {
				if r < ' ' && r != '\n' {
					t.Fatalf("%q is in a message", r)
				}
			}
			return
		}
		var shape map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &shape) != nil {
			t.Fatal("no object")
		}
		list := d.Index
		if d.Manifest != nil {
			list = append(list, d.Manifest.Layers...)
			list = append(list, d.Manifest.Config)
		}
		for _, x := range list {
			if x.Size < 0 || x.Size > maxBlob || len(x.Digest.String()) != len(digestA) {
				t.Fatal(fmt.Sprint(x))
			}
		}
		if d.Manifest == nil {
			_, _ = Host().Choose(d.Index)
		}
	})
}
