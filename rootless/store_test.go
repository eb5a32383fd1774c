package rootless

import (
	"io"
	"os"
	"testing"
)

// Several files by one request: each under its own name, each closed by a drop,
// and unknown names beside them are no error.
func TestSeveralFilesAreKeptAndDropped(t *testing.T) {
	w := newWorld(t)
	h := w.up("p1")
	defer h.Close()
	reads, writes := map[string]*os.File{}, map[string]*os.File{}
	for _, name := range []string{"log/a", "log/b", "log/c"} {
		r, wr, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		reads[name], writes[name] = r, wr
	}
	if err := h.KeepAll(writes); err != nil {
		t.Fatal(err)
	}
	for _, wr := range writes {
		wr.Close()
	}
	kept, err := h.Kept()
	if err != nil {
		t.Fatal(err)
	}
	for name := range writes {
		if kept[name] == nil {
			t.Fatalf("%s is not kept: %v", name, kept)
		}
		if _, err := kept[name].WriteString(name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, f := range kept {
		f.Close()
	}
	if err := h.Drop("log/a", "log/unknown", "log/c"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"log/a", "log/c"} {
		if got, err := io.ReadAll(reads[name]); string(got) != name || err != nil {
			t.Errorf("%s: got %q, %v", name, got, err)
		}
	}
	kept, err = h.Kept()
	if err != nil || kept["log/b"] == nil || kept["log/a"] != nil || kept["log/c"] != nil {
		t.Errorf("after the drop: %v, %v", kept, err)
	}
	for _, f := range kept {
		f.Close()
	}
}
