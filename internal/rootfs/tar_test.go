package rootfs

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// listing is one line for each entry below dir: everything that an archive keeps.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	first := map[uint64]string{} // inode -> first name, to see hard links
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err := errors.Join(err, unix.Lstat(path, &st)); err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		if first[st.Ino] == "" {
			first[st.Ino] = name
		}
		fmt.Fprintf(&b, "%q %o %d:%d %d same as %q", name, st.Mode, st.Uid, st.Gid, st.Mtim.Sec, first[st.Ino])
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFREG:
			content, err := os.ReadFile(path)
			fmt.Fprintf(&b, " %q %v", content, err)
		case unix.S_IFLNK:
			to, err := os.Readlink(path)
			fmt.Fprintf(&b, " -> %q %v", to, err)
		}
		b.WriteByte('\n')
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestSameAsTar packs a tree by tar(1) in each of its formats; the store must
// make the same tree.
func TestSameAsTar(t *testing.T) {
	if _, err := exec.LookPath("tar"); err != nil {
		t.Skip(err)
	}
	tree := t.TempDir()
	long := strings.Repeat("long/", 30)
	root, err := os.OpenRoot(tree)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	err = errors.Join(
		root.Chmod(".", 0o755), // t.TempDir has what the umask leaves
		root.MkdirAll("usr/lib/"+long, 0o755), root.MkdirAll("var/empty", 0o711), root.Symlink("usr/lib", "lib"),
		root.WriteFile("usr/lib/"+long+strings.Repeat("n", 90), []byte("long"), 0o640),
		root.WriteFile("usr/lib/zero", make([]byte, 300_000), 0o444), root.Link("usr/lib/zero", "usr/zero too"),
		root.WriteFile("usr/lib/big", bytes.Repeat([]byte("0123456789"), 50_000), 0o755),
		root.Symlink("/absolute/../nowhere", "usr/dangling"), root.WriteFile("empty", nil, 0o600),
		root.WriteFile("sch\u00f6n \xff\n", []byte("odd"), 0o644), unix.Mkfifo(filepath.Join(tree, "fifo"), 0o620),
	)
	if err != nil {
		t.Fatal(err)
	}
	want := listing(t, tree)
	s := openStore(t, t.TempDir())
	for _, format := range []string{"gnu", "posix", "oldgnu", "gnu --sparse", "posix --sparse"} {
		path := filepath.Join(t.TempDir(), "a.tar")
		args := append([]string{"-C", tree, "-cf", path, "--format"}, strings.Fields(format)...)
		if out, err := exec.CommandContext(t.Context(), "tar", append(args, ".")...).CombinedOutput(); err != nil {
			t.Fatalf("tar: %v\n%s", err, out)
		}
		r := prepare(t, s, path)
		if got := listing(t, r.Lower); got != want {
			t.Errorf("%s: the trees differ: %s", format, firstDifference(got, want))
		}
	}
}

func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(g), len(w)) {
		if g[i] != w[i] {
			return fmt.Sprintf("%.300s, want %.300s", g[i], w[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(g), len(w))
}
