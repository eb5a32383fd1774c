package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/image"
	"github.com/mocker-compose/mocker-compose/internal/image/archive"
	"github.com/mocker-compose/mocker-compose/internal/imagetest"
	"github.com/mocker-compose/mocker-compose/internal/rootfs"
)

// here loads in this process, unconfined.
type here struct {
	*loader
	dir string
	out string // file of messages
}

func newHere(t *testing.T) *here {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "images")
	store, err := image.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	root, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	oneID, err := rootfs.OneIDOnly(root)
	if err != nil {
		t.Fatal(err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { out.Close() })
	return &here{&loader{store: store, out: &answers{w: out}, oneID: oneID, root: root}, dir, out.Name()}
}

func (h *here) loadFile(t *testing.T, path string, req image.Request) error {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return h.load(t.Context(), &input{file: f}, &req)
}

func (h *here) messages(t *testing.T) (list []image.Message) {
	t.Helper()
	b, err := os.ReadFile(h.out)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	for d.More() {
		var m image.Message
		if err := d.Decode(&m); err != nil {
			t.Fatal(err)
		}
		list = append(list, m)
	}
	return list
}

// noLeftovers: all that is in the store belongs to a layer or an image.
func (h *here) noLeftovers(t *testing.T) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(h.dir, "layers"))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "tmp-") {
			t.Errorf("left over: %s", e.Name())
		}
	}
}

func sample(names ...string) imagetest.Image {
	return imagetest.Image{
		Names: names,
		Config: imagetest.Config{
			User: "app", Env: []string{"A=1", "bad"}, Cmd: []string{"run"}, WorkingDir: "../../srv",
			Volumes: imagetest.Set("/data/", "/proc", "../../etc/x"), ExposedPorts: imagetest.Set("80", "53/udp", "x/y"),
			Healthcheck: &imagetest.Healthcheck{Test: []string{"CMD", "true"}, StartInterval: 5},
		},
		Layers: [][]imagetest.File{
			{{Name: "a", Text: "1"}, {Name: "d/"}, {Name: "d/b", Text: "22"}},
			{{Name: ".wh.a"}, {Name: "c", Text: "333"}},
		},
	}
}

func TestLoad(t *testing.T) {
	h := newHere(t)
	path := filepath.Join(t.TempDir(), "a.tar")
	img := sample("demo:1", "docker.io/library/demo:latest", "Not A Name")
	img.WriteDockerArchive(t, path)
	if err := h.loadFile(t, path, image.Request{}); err != nil {
		t.Fatal(err)
	}
	got, err := h.store.Find("demo")
	if err != nil {
		t.Fatal(err)
	}
	c := got.Config
	if got.ID != img.ID(t) || fmt.Sprint(got.Names) != "[demo:1 demo:latest]" || got.Size != 6 || len(got.Layers) != 2 {
		t.Errorf("%+v", got)
	}
	if c.WorkingDir != "/srv" || fmt.Sprint(c.Volumes) != "[/data /etc/x]" || fmt.Sprint(c.ExposedPorts) != "[53/udp 80/tcp]" ||
		fmt.Sprint(c.Env) != "[A=1]" || c.Healthcheck.StartInterval != 5 || c.User != "app" {
		t.Errorf("%+v", c)
	}
	for key, name := range map[int]string{0: "d/b", 1: "c"} {
		if _, err := os.Stat(filepath.Join(h.dir, "layers", got.Layers[key], "fs", name)); err != nil {
			t.Error(err)
		}
	}
	h.noLeftovers(t)
	var notices []string
	for _, m := range h.messages(t) {
		if m.Notice != "" {
			notices = append(notices, m.Notice)
		}
	}
	if text := strings.Join(notices, "\n"); !strings.Contains(text, `"/proc"`) || !strings.Contains(text, `"Not A Name"`) || !strings.Contains(text, `"x/y"`) {
		t.Errorf("%s", text)
	}
}

// TestSameImageFromEachFormat: whatever wrote it, it is one image with the same
// layers.
func TestSameImageFromEachFormat(t *testing.T) {
	h := newHere(t)
	img, dir := sample("demo:1"), t.TempDir()
	img.WriteDockerArchive(t, dir+"/docker.tar")
	img.WriteOCIArchive(t, dir+"/oci.tar")
	for _, path := range []string{"docker.tar", "oci.tar"} {
		if err := h.loadFile(t, filepath.Join(dir, path), image.Request{}); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		list, err := h.store.List()
		if err != nil || len(list) != 1 || list[0].ID != img.ID(t) || fmt.Sprint(list[0].Names) != "[demo:1]" {
			t.Errorf("%s: %+v, %v", path, list, err)
		}
	}
}

func TestNamesMove(t *testing.T) {
	h := newHere(t)
	first, second, dir := sample("demo:1"), sample("demo:1"), t.TempDir()
	second.Config.User = "0"
	first.WriteDockerArchive(t, dir+"/1.tar")
	second.WriteDockerArchive(t, dir+"/2.tar")
	for _, f := range []string{"/1.tar", "/2.tar"} {
		if err := h.loadFile(t, dir+f, image.Request{}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := h.store.Find("demo:1")
	if err != nil || got.ID != second.ID(t) {
		t.Errorf("%v %v", got.ID, err)
	}
	old, err := h.store.Find(first.ID(t))
	if err != nil || len(old.Names) != 0 {
		t.Errorf("%+v %v", old, err)
	}
	found := false
	for _, m := range h.messages(t) {
		found = found || m.Renamed != nil && m.Renamed.From == first.ID(t) && m.Renamed.Name == "demo:1"
	}
	if !found {
		t.Errorf("nobody told that the name moved: %+v", h.messages(t))
	}
}

func TestChoose(t *testing.T) {
	h := newHere(t)
	a, b, path := sample("demo:a"), sample("demo:b", "other:b"), filepath.Join(t.TempDir(), "a.tar")
	b.Config.User = "b"
	a.WriteDockerArchive(t, path, b)
	err := h.loadFile(t, path, image.Request{Kind: archive.Docker, One: true})
	if err == nil || !strings.Contains(err.Error(), "@0 (demo:a), @1 (demo:b, other:b)") {
		t.Errorf("%v", err)
	}
	err = h.loadFile(t, path, image.Request{Kind: archive.Docker, One: true, Ref: "demo:c"})
	if err == nil || !strings.Contains(err.Error(), `there is no "demo:c" in it; it has @0`) {
		t.Errorf("%v", err)
	}
	if list, _ := h.store.List(); len(list) != 0 {
		t.Errorf("something was loaded: %v", list)
	}
	for _, ref := range []string{"docker.io/library/other:b", "@1", b.ID(t)} {
		if err := h.loadFile(t, path, image.Request{Kind: archive.Docker, One: true, Ref: ref}); err != nil {
			t.Errorf("%s: %v", ref, err)
		}
		if list, _ := h.store.List(); len(list) != 1 || list[0].ID != b.ID(t) {
			t.Errorf("%s: %v", ref, list)
		}
	}
	if err := h.loadFile(t, path, image.Request{Kind: archive.OCI}); err == nil || !strings.Contains(err.Error(), "docker-archive:") {
		t.Errorf("%v", err)
	}
}
