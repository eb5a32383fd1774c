package copying

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/build"
	"github.com/mocker-compose/mocker-compose/internal/build/selection"
)

func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[1] == roleArg && os.Args[2] == Role {
		os.Exit(RunRole(os.Args[3:]))
	}
	os.Exit(m.Run())
}

// old is the time of whatever a test plants.
var old = time.Unix(1_500_000_000, 0)

// plant fills a directory by lines: "MODE NAME[=CONTENT]", "NAME -> LINK", with a "/"
// at its end a directory; "UID:GID" may stand in front.
func plant(t *testing.T, lines ...string) *os.File {
	t.Helper()
	root := t.TempDir()
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, l := range lines {
		for one := range strings.SplitSeq(l, ",") {
			if one = strings.TrimSpace(one); one != "" {
				plantOne(t, root, one)
				all = append(all, one)
			}
		}
	}
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ts := unix.NsecToTimespec(old.UnixNano())
		return unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{ts, ts}, unix.AT_SYMLINK_NOFOLLOW)
	})
	if err != nil {
		t.Fatal(err)
	}
	return openDir(t, root)
}

func openDir(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func plantOne(t *testing.T, root, line string) {
	t.Helper()
	fail := func(err error) {
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
	}
	var uid, gid int
	mode := fs.FileMode(0)
	for {
		first, rest, ok := strings.Cut(line, " ")
		if !ok {
			break
		}
		if strings.Contains(first, ":") && strings.Trim(first, ":0123456789") == "" {
			if _, err := fmt.Sscanf(first, "%d:%d", &uid, &gid); err != nil {
				t.Fatal(err)
			}
			line = rest
			continue
		}
		var m uint32
		if n, _ := fmt.Sscanf(first, "%o", &m); n == 1 && strings.Trim(first, "01234567") == "" {
			mode, line = fs.FileMode(m), rest
			continue
		}
		break
	}
	name, to, isLink := strings.Cut(line, " -> ")
	name, content, _ := strings.Cut(name, "=")
	path := filepath.Join(root, name)
	fail(os.MkdirAll(filepath.Dir(path), 0o755))
	switch {
	case isLink:
		fail(os.Symlink(to, path))
	case strings.HasSuffix(name, "/"):
		fail(os.MkdirAll(path, 0o755))
	default:
		fail(os.WriteFile(path, []byte(content), 0o644))
	}
	if uid+gid > 0 {
		fail(os.Lchown(path, uid, gid))
	}
	if mode != 0 {
		fail(unix.Chmod(path, uint32(mode)))
	}
}

// show is a tree in the form of plant, with what is usual left out.
func show(t *testing.T, root string) string {
	t.Helper()
	var out []string
	err := filepath.WalkDir(root, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || path == root {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			return err
		}
		line := strings.TrimPrefix(path, root+"/")
		usual := uint32(0o644)
		switch st.Mode & unix.S_IFMT {
		case unix.S_IFDIR:
			line += "/"
			usual = 0o755
		case unix.S_IFLNK:
			to, _ := os.Readlink(path)
			line += " -> " + to
			usual = 0o777
		case unix.S_IFIFO:
			line += "|"
		default:
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			if len(b) > 0 {
				line += "=" + string(b)
			}
		}
		if m := st.Mode & 0o7777; m != usual {
			line = fmt.Sprintf("%o %s", m, line)
		}
		if st.Uid != 0 || st.Gid != 0 {
			line = fmt.Sprintf("%d:%d %s", st.Uid, st.Gid, line)
		}
		out = append(out, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(out, ", ")
}

// job selects what a copy takes from a context.
func job(t *testing.T, context *os.File, c *build.Copy) (*build.CopyJob, error) {
	t.Helper()
	tree := selection.Tree{Root: context}
	entries, _, err := tree.Select(t.Context(), selection.Of(c))
	return &build.CopyJob{Copy: c, Dir: context, Entries: entries}, err
}

// archive is a tar of "NAME=CONTENT", "NAME/" and "NAME -> LINK", owned by 5:6.
func archive(t *testing.T, lines ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, l := range lines {
		name, to, isLink := strings.Cut(l, " -> ")
		name, content, _ := strings.Cut(name, "=")
		h := &tar.Header{Name: name, Mode: 0o640, Uid: 5, Gid: 6, Size: int64(len(content)), ModTime: old, Typeflag: tar.TypeReg}
		if isLink {
			h.Typeflag, h.Linkname = tar.TypeSymlink, to
		} else if strings.HasSuffix(name, "/") {
			h.Typeflag, h.Mode = tar.TypeDir, 0o750
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t *testing.T, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// packed runs b through a program that compresses.
func packed(t *testing.T, b []byte, name string, args ...string) []byte {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Stdin = bytes.NewReader(b)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// direct unpacks in this process, for what is not about confinement.
func direct(ctx context.Context, archive, dir *os.File, r Request) (Unpacked, error) {
	return unpackHere(ctx, archive, dir, r)
}
