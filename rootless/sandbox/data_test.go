package sandbox

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// A bare copy of layers shows what they show, takes no room for it, and can be written
// to like any root.
func TestDataLayers(t *testing.T) {
	if !testns.Isolated(t, testns.Mount|testns.PID) {
		return
	}
	top := t.TempDir()
	at := func(name string) string { return filepath.Join(top, name) }
	if err := ProbeData(top); err != nil {
		t.Skipf("layers for contents alone: %v: Linux 6.16 is needed", err)
	}
	if left, _ := filepath.Glob(at(probeName + "*")); len(left) > 0 {
		t.Errorf("the probe leaves %v", left)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	big := make([]byte, 1<<20)
	copy(big, "begin")
	copy(big[len(big)-3:], "end")
	must(os.MkdirAll(at("one/deep/er"), 0o755))
	must(os.MkdirAll(at("two/deep"), 0o755))
	must(os.WriteFile(at("one/deep/er/file"), big, 0o640))
	must(os.Link(at("one/deep/er/file"), at("one/hard")))
	must(os.WriteFile(at("one/covered"), []byte("below"), 0o644))
	must(os.WriteFile(at("two/covered"), []byte("above"), 0o644))
	must(os.WriteFile(at("two/empty"), nil, 0o644))
	must(os.Symlink("deep/er/file", at("two/link")))
	layers := []string{at("two"), at("one")}
	must(layer.CopyAs(t.Context(), layers, at("bare"), layer.How{Bare: true}))
	var st unix.Stat_t
	must(unix.Stat(at("bare/deep/er/file"), &st))
	if st.Size != int64(len(big)) || st.Blocks*512 > 64<<10 {
		t.Errorf("the copy has %d bytes and takes %d", st.Size, st.Blocks*512)
	}
	must(os.Mkdir(at("upper"), 0o755))
	must(os.Mkdir(at("work"), 0o755))
	root, err := Overlay(Layers{Lower: []string{at("bare")}, Data: layers, Upper: at("upper"), Work: at("work")})
	must(err)
	defer root.Close()
	read := func(name string) string {
		t.Helper()
		f, err := safepath.OpenInRoot(root, name, unix.O_RDONLY)
		must(err)
		defer f.Close()
		b := make([]byte, len(big)+1)
		n, _ := f.Read(b)
		return string(b[:n])
	}
	for name, want := range map[string]string{"deep/er/file": string(big), "hard": string(big), "link": string(big), "covered": "above", "empty": ""} {
		if got := read(name); got != want {
			t.Errorf("%s has %d bytes, want %d", name, len(got), len(want))
		}
	}
	f, err := safepath.OpenInRoot(root, "covered", unix.O_WRONLY|unix.O_APPEND)
	must(err)
	_, err = f.WriteString(" and more")
	must(err)
	must(f.Close())
	if got := read("covered"); got != "above and more" {
		t.Errorf("written to: %q", got)
	}
	if b, err := os.ReadFile(at("two/covered")); err != nil || string(b) != "above" {
		t.Errorf("the layer has changed: %q %v", b, err)
	}
}
