package contents

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/exchange"
	"github.com/mocker-compose/mocker-compose/project"
)

// Contents are kept, copied for each container with owner and mode, and
// forgotten; without the copy in memory only an unchanged file will do.
func TestContents(t *testing.T) {
	const name = "p-web-1"
	dir := t.TempDir()
	k := &Keeper{Path: func(name string) string { return filepath.Join(dir, name) }, Notice: func(text string) { t.Log(text) }}
	user := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(user, []byte("from file"), 0o600); err != nil {
		t.Fatal(err)
	}
	digest := func(s string) string { return digestOf([]byte(s)) }
	list := []project.File{
		{Kind: project.FileSecret, Source: "env", Digest: digest("from env"), Mode: 0o400, UID: uint32(os.Getuid()), GID: uint32(os.Getgid())},
		{Kind: project.FileConfig, Source: "file", Digest: digest("from file"), Mode: 0o2755, Path: user, UID: uint32(os.Getuid()), GID: uint32(os.Getgid())},
	}
	if err := k.Keep(map[string][]byte{digest("from env"): []byte("from env"), digest("old"): []byte("old")}, nil); err != nil {
		t.Fatal(err)
	}
	old := filepath.Join(dir, contentsDir, digest("old"))
	if err := k.Keep(map[string][]byte{digest("from env"): []byte("from env")}, []string{digest("old"), digest("never kept")}); err != nil {
		t.Fatal(err)
	}
	if b, err := os.ReadFile(old); err != nil || string(b) != "old" {
		t.Errorf("what is used is not kept: %q, %v", b, err)
	}
	if err := k.Keep(nil, []string{digest("from env")}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(old); err == nil {
		t.Error("what nobody needs any more is kept")
	}
	if err := k.Keep(map[string][]byte{digest("x"): []byte("y")}, nil); err == nil {
		t.Error("a wrong digest was accepted")
	}
	if err := k.Keep(map[string][]byte{digest("from env"): []byte("from env")}, nil); err != nil {
		t.Fatal(err)
	}
	if err := k.Write(name, list, exchange.IDs{}); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]string{0: "from env -r--------", 1: "from file grwxr-xr-x"} {
		path := filepath.Join(dir, FileName(name, n))
		b, err := os.ReadFile(path)
		if st, serr := os.Stat(path); err != nil || serr != nil || string(b)+" "+st.Mode().String() != want {
			t.Errorf("file %d: %q %v, %v", n, b, st, err)
		}
	}
	if err := k.Remove(name); err != nil {
		t.Fatal(err)
	}
	if left, err := os.ReadDir(filepath.Join(dir, filesDir)); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	// As after the death of the holder.
	if err := k.Keep(nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := k.Write(name, list, exchange.IDs{}); err == nil || !strings.Contains(err.Error(), "secret env: its content is kept in memory only") {
		t.Errorf("without the content: %v", err)
	}
	list = list[1:]
	if err := k.Write(name, list, exchange.IDs{}); err != nil {
		t.Errorf("from the file: %v", err)
	}
	if err := os.WriteFile(user, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.Write(name, list, exchange.IDs{}); err == nil || !strings.Contains(err.Error(), "has changed since the last up") {
		t.Errorf("from a changed file: %v", err)
	}
}
