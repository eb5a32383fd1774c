package layer

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/layer/manifest"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// likeDocker is an image of three layers with all that both keep. As docker
// writes them, layers have entries for all parents.
func likeDocker(t *testing.T, owners bool) [][]byte {
	when := int64(1_600_000_000)
	layer := func(list ...entry) []byte {
		for i := range list {
			when += 1000
			list[i].ModTime, list[i].Format = time.Unix(when, 123456789), tar.FormatPAX
			if !owners {
				list[i].Uid, list[i].Gid = 0, 0
			}
		}
		return pack(t, list)
	}
	owned := func(e entry, uid, gid int, m int64) entry { e.Uid, e.Gid, e.Mode = uid, gid, m; return e }
	dir := func(name string) entry { return entry{folder(name), ""} }
	big := strings.Repeat("0123456789abcdef", 10_000)
	long := "usr/" + strings.Repeat("long/", 40)
	var longs []entry
	for i := range strings.Split(strings.TrimSuffix(long, "/"), "/") {
		if i > 0 {
			longs = append(longs, dir(strings.Join(strings.Split(long, "/")[:i+1], "/")))
		}
	}
	plain := func(h tar.Header) entry { h.Size = 0; return entry{h, ""} }
	base := []entry{
		owned(dir("./"), 0, 0, 0o755), dir("usr"), dir("usr/bin"), dir("etc"), owned(dir("tmp"), 0, 0, 0o1777), owned(dir("root"), 0, 0, 0o700),
		said("usr/bin/prog", big), owned(said("usr/bin/su", "su"), 0, 0, 0o4755), owned(said("usr/bin/at", "at"), 1, 2, 0o2755),
		plain(hard("usr/bin/again", "usr/bin/prog")), plain(link("bin", "usr/bin")), plain(link("usr/dangling", "/nowhere/../x")), plain(hard("usr/bin/link too", "bin")),
		said("etc/passwd", "root:x:0:0::/root:/bin/sh\n"), said("etc/sch\u00f6n \u65e5\u672c", "name"), said("etc/empty", ""), owned(said("etc/shadow", "x"), 0, 42, 0o640),
		{hazard.Xattr(file("etc/attr"), "user.mine", "yes\x00no"), "attr"}, said("etc/zeros", strings.Repeat("\x00", 300_000)+"end"),
		dir("var"), dir("var/lib"), dir("var/lib/gone"), said("var/lib/gone/a", "a"), dir("var/lib/opaque"), said("var/lib/opaque/a", "a"), dir("var/lib/opaque/sub"), said("var/lib/opaque/sub/x", "x"),
		plain(special(tar.TypeFifo, "var/fifo")), said("var/kind", "file"), owned(dir("home"), 0, 0, 0o755), owned(dir("home/u"), 1000, 1000, 0o2750), owned(said("home/u/f", "f"), 1000, 1000, 0o600),
	}
	base = append(append(base, longs...), said(long+strings.Repeat("n", 90), "deep"))
	if owners {
		base = append(base, entry{hazard.Xattr(file("usr/bin/ping"), capability, netRaw(capRevision2, 0)), "ping"})
	}
	return [][]byte{layer(base...),
		layer(dir("etc"), wh("etc/.wh.empty"), said("etc/passwd", "changed"), dir("var"), dir("var/lib"), wh("var/lib/.wh.gone"), dir("var/lib/opaque"), wh("var/lib/opaque/.wh..wh..opq"), said("var/lib/opaque/b", "b"),
			dir("var/kind"), said("var/kind/now a directory", "x"), owned(dir("tmp"), 5, 5, 0o1770)),
		layer(dir("etc"), said("etc/empty", "back"), dir("usr"), dir("usr/bin"), wh("usr/bin/.wh.again"), plain(link("usr/bin/at", "su")), dir("var"), wh("var/.wh.fifo")),
	}
}

// layout writes an OCI layout with the tag latest.
func layout(t *testing.T, dir string, layers [][]byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(dir, "blobs/sha256"), 0o755); err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	blob := func(b []byte, kind string) object {
		digest := fmt.Sprintf("%x", sha256.Sum256(b))
		if err := os.WriteFile(filepath.Join(dir, "blobs/sha256", digest), b, 0o644); err != nil {
			t.Fatal(err)
		}
		return object{"mediaType": "application/vnd.oci.image." + kind, "digest": "sha256:" + digest, "size": len(b)}
	}
	document := func(v any) []byte {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	var list []object
	var diffs []string
	for _, l := range layers {
		d := blob(l, "layer.v1.tar")
		list, diffs = append(list, d), append(diffs, d["digest"].(string))
	}
	config := blob(document(object{"architecture": "amd64", "os": "linux", "config": object{}, "rootfs": object{"type": "layers", "diff_ids": diffs}}), "config.v1+json")
	m := blob(document(object{"schemaVersion": 2, "config": config, "layers": list}), "manifest.v1+json")
	m["annotations"] = object{"org.opencontainers.image.ref.name": "latest"}
	err := errors.Join(os.WriteFile(filepath.Join(dir, "oci-layout"), []byte(`{"imageLayoutVersion":"1.0.0"}`), 0o644),
		os.WriteFile(filepath.Join(dir, "index.json"), document(object{"schemaVersion": 2, "manifests": []object{m}}), 0o644))
	if err != nil {
		t.Fatal(err)
	}
}

// TestSameAsUmoci: as root with owners, as a plain user all is ours.
func TestSameAsUmoci(t *testing.T) { sameAsUmoci(t) }

// TestSameAsUmociRootless is the same for a plain user, where the tests run as root.
func TestSameAsUmociRootless(t *testing.T) {
	if testns.Plain(t) {
		sameAsUmoci(t)
	}
}

func sameAsUmoci(t *testing.T) {
	umoci := testns.RequireProgram(t, "umoci", "umoci")
	root := os.Getuid() == 0
	layers := likeDocker(t, root)
	top := t.TempDir()
	layout(t, filepath.Join(top, "image"), layers)
	args := []string{"unpack", "--image", filepath.Join(top, "image") + ":latest", filepath.Join(top, "bundle")}
	if !root {
		args = append([]string{"unpack", "--rootless"}, args[1:]...)
	}
	cmd := exec.CommandContext(t.Context(), umoci, args...)
	cmd.Env = append(os.Environ(), "HOME="+top)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("umoci: %v\n%s", err, out)
	}
	merged, copied := filepath.Join(top, "merged"), filepath.Join(top, "copied")
	var lower []string
	for i, l := range layers {
		dir := filepath.Join(top, fmt.Sprint(i))
		lower = append([]string{dir}, lower...)
		for d, w := range map[string]Whiteouts{merged: Delete, dir: Overlay} {
			if err := os.MkdirAll(d, 0o755); err != nil {
				t.Fatal(err)
			}
			if st, err := unpackInto(t, d, l, w); err != nil || st.Left != (Left{}) {
				t.Fatalf("layer %d: %v, left %+v", i, err, st.Left)
			}
		}
	}
	if err := Copy(t.Context(), lower, copied); err != nil {
		t.Fatal(err)
	}
	o := manifest.Options{Owners: root, Ignore: []string{"user.rootlesscontainers"}}
	want, err := manifest.List(filepath.Join(top, "bundle/rootfs"), o)
	if err != nil {
		t.Fatal(err)
	}
	if len(want) < 60 {
		t.Errorf("umoci made %d entries only", len(want))
	}
	for name, dir := range map[string]string{"one layer applied to the other": merged, "layers copied": copied} {
		got, err := manifest.List(dir, o)
		if err != nil {
			t.Fatal(err)
		}
		if name == "layers copied" {
			// Its root is that of the topmost layer, which has no entry for it.
			got[0] = want[0]
		}
		if d := manifest.Difference(got, want); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}
