package fusemarks

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer"
	"github.com/mocker-compose/mocker-compose/internal/testns"
)

// Marks of both kinds, at every depth, become the kernel's in a copy that was made of
// files alone; the original stays as it is.
func TestCopyAndNormalize(t *testing.T) {
	if !testns.Isolated(t, testns.Mount) {
		return
	}
	from, to := t.TempDir(), t.TempDir()
	for _, dir := range []string{"d/inner", "opaque-by-file", "opaque-by-attribute"} {
		if err := os.MkdirAll(filepath.Join(from, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"d/kept", "d/.wh.gone", ".wh.top", "opaque-by-file/.wh..wh..opq"} {
		if err := os.WriteFile(filepath.Join(from, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mknod(filepath.Join(from, "d/inner/device"), unix.S_IFCHR, 0); err != nil {
		t.Skipf("no whiteouts can be made: %v", err)
	}
	if err := unix.Setxattr(filepath.Join(from, "opaque-by-attribute"), fuseOpaque, []byte("y"), 0); err != nil {
		t.Skipf("no attributes can be set: %v", err)
	}
	a, b := open(t, from), open(t, to)
	if err := layer.CopyTree(t.Context(), a, b); err != nil {
		t.Fatal(err)
	}
	if err := Copy(a, b); err != nil {
		t.Fatal(err)
	}
	if err := Normalize(b); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"d/gone", "top", "d/inner/device"} {
		var st unix.Stat_t
		if err := unix.Lstat(filepath.Join(to, name), &st); err != nil || st.Mode&unix.S_IFMT != unix.S_IFCHR || st.Rdev != 0 {
			t.Errorf("%s is no whiteout: %v, %o", name, err, st.Mode)
		}
	}
	for _, name := range []string{"opaque-by-file", "opaque-by-attribute"} {
		value := make([]byte, 8)
		if n, err := unix.Getxattr(filepath.Join(to, name), layer.OpaqueAttribute, value); err != nil || string(value[:n]) != "y" {
			t.Errorf("%s is not opaque: %v", name, err)
		}
	}
	for _, name := range []string{"d/.wh.gone", ".wh.top", "opaque-by-file/.wh..wh..opq"} {
		if _, err := os.Lstat(filepath.Join(to, name)); !os.IsNotExist(err) {
			t.Errorf("%s is left in the copy: %v", name, err)
		}
		if _, err := os.Lstat(filepath.Join(from, name)); err != nil {
			t.Errorf("%s was taken from the original", name)
		}
	}
	if _, err := os.Lstat(filepath.Join(to, "d/kept")); err != nil {
		t.Error(err)
	}
}

func open(t *testing.T, dir string) *os.File {
	t.Helper()
	f, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
