package containersstorage

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// The lists of a store that others write say nothing of files outside of it, and their
// files do not keep us waiting.
func TestHostileLists(t *testing.T) {
	root := t.TempDir()
	p := place{root: root, driver: "overlay", shared: true}
	good, bad := strings.Repeat("a", 64), strings.Repeat("../", 10)+"etc"
	write(t, filepath.Join(root, "overlay-images/images.json"), `[{"id":"`+bad+`","names":["docker.io/library/x:1"],"layer":"`+bad+`"},{"id":"`+good+`","names":["docker.io/library/x:1"],"layer":"`+bad+`"}]`)
	write(t, filepath.Join(root, "overlay-layers/layers.json"), `[{"id":"`+bad+`","diff-digest":"sha256:1"}]`)
	i, err := p.find(t.Context(), "x:1")
	if err != nil || i == nil || i.entry.ID != good {
		t.Fatalf("%+v, %v", i, err)
	}
	if _, err := i.layers([]byte(`{"rootfs":{"diff_ids":["sha256:1"]}}`)); err == nil || !strings.Contains(err.Error(), "layer 1 of 1 is not in") {
		t.Errorf("a layer elsewhere: %v", err)
	}
	write(t, filepath.Join(root, "overlay-images", good, "x"), "x")
	if err := unix.Mkfifo(filepath.Join(root, "overlay-images", good, "manifest"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.document(good, "manifest"); err == nil {
		t.Error("a fifo is read")
	}
}
