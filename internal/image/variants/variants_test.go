package variants

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// A variant is made once of a layer, whatever a killed process has left of it, and doomed
// when it is not needed; then it can be made again.
func TestMakeAndDoom(t *testing.T) {
	top := t.TempDir()
	for _, d := range []string{"variants", "locks", "lower"} {
		if err := os.Mkdir(filepath.Join(top, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	lower := []string{filepath.Join(top, "lower")}
	if err := os.WriteFile(filepath.Join(lower[0], "file"), []byte("content"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, layers, made := In(top), []string{"a"}, 0
	key := Key(Spec{}, layers)
	if key == Key(Spec{Bare: true}, layers) || key == Key(Spec{}, []string{"b"}) {
		t.Error("two that differ have the same key")
	}
	if err := os.MkdirAll(s.path("tmp-"+key, "half"), 0o700); err != nil {
		t.Fatal(err)
	}
	makeIt := func() {
		t.Helper()
		if err := s.Make(context.Background(), Spec{}, layers, lower, func() { made++ }); err != nil {
			t.Fatal(err)
		}
		if got, err := os.ReadFile(s.FS(key) + "/file"); string(got) != "content" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	makeIt()
	makeIt()
	if list, err := s.List(); made != 1 || len(list) != 1 || list[key].Bytes == 0 || err != nil {
		t.Errorf("made %d times: %v, %v", made, list, err)
	}
	if gone, err := s.Doom(func(k string, l []string) bool { return k == key && l[0] == "a" }); len(gone) > 0 || err != nil {
		t.Errorf("doomed though it is needed: %v, %v", gone, err)
	}
	gone, err := s.Doom(func(string, []string) bool { return false })
	if err != nil || len(gone) != 1 || gone[0].What != "variant:"+key || s.Has(key) {
		t.Fatalf("%v, %v, it is there: %v", gone, err, s.Has(key))
	}
	if err := gone[0].Delete(); err != nil {
		t.Fatal(err)
	}
	if makeIt(); made != 2 {
		t.Errorf("made %d times", made)
	}
}
