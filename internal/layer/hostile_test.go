package layer

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

var small = Limits{Entries: 1000, Bytes: 1 << 20}

// unpackInto unpacks b below dir with small limits.
func unpackInto(t testing.TB, dir string, b []byte, w Whiteouts) (Stats, error) {
	t.Helper()
	root, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return Unpack(t.Context(), bytes.NewReader(b), root, Options{Single: os.Getuid() != 0, Whiteouts: w, Limits: small})
}

func bytesOf(t testing.TB, a hazard.Archive) []byte {
	t.Helper()
	b, err := a.Bytes()
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return b
}

func below(t testing.TB, a hazard.Archive) []byte {
	t.Helper()
	b, err := hazard.Encode(a.Below)
	if err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return b
}

// harmless fails when the tree has something that no archive may put there.
func harmless(t *testing.T, name, target string, w Whiteouts) {
	t.Helper()
	filepath.WalkDir(target, func(path string, _ fs.DirEntry, err error) error {
		var st unix.Stat_t
		if err := errors.Join(err, unix.Lstat(path, &st)); err != nil {
			return nil // closed to a plain user
		}
		if kind := st.Mode & unix.S_IFMT; kind == unix.S_IFBLK || kind == unix.S_IFSOCK || kind == unix.S_IFCHR && (st.Rdev != 0 || w != Overlay) {
			t.Errorf("%s is of kind %o", path, kind)
		}
		if name == "huge ids" || name == "negative ids" || name == "setuid of somebody" && st.Uid == 0 {
			if st.Mode&0o6000 != 0 && st.Mode&unix.S_IFMT == unix.S_IFREG {
				t.Errorf("%s has mode %o", path, st.Mode)
			}
		}
		for _, name := range []string{"user.overlay.redirect", "user.overlay.whiteout", "user.overlay.overlay.opaque",
			"trusted.overlay.opaque", "user.fuseoverlayfs.opaque", "system.posix_acl_access", "security.selinux", "security.ima", "trusted.x"} {
			if n, err := unix.Lgetxattr(path, name, nil); err == nil {
				t.Errorf("%s has %s (%d bytes)", path, name, n)
			}
		}
		return nil
	})
}

// copyStack copies the layer, and that below it, to where they are merged.
func copyStack(t *testing.T, a hazard.Archive, target string) {
	t.Helper()
	under, merged := filepath.Join(t.TempDir(), "below"), filepath.Join(t.TempDir(), "merged")
	if err := os.Mkdir(under, 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := unpackInto(t, under, below(t, a), Overlay); err != nil {
		t.Fatal(err)
	}
	err := Copy(t.Context(), []string{target, under}, merged)
	if err != nil && (os.Getuid() == 0 || !errors.Is(err, fs.ErrPermission)) { // a plain user cannot read what is closed
		t.Errorf("copied: %v", err)
	}
	harmless(t, a.Name, merged, Delete)
	empty(t, merged) // t.TempDir cannot delete what is closed to a plain user
	empty(t, under)
}

func testCorpus(t *testing.T, w Whiteouts) {
	top, target := makeCanary(t)
	all := hazard.Corpus(top)
	if len(all) < 60 {
		t.Fatalf("only %d archives", len(all))
	}
	before := census(t, top, target)
	for _, a := range all {
		t.Run(a.Name, func(t *testing.T) {
			empty(t, target)
			if w == Delete {
				if _, err := unpackInto(t, target, below(t, a), w); err != nil {
					t.Fatal(err)
				}
			}
			_, err := unpackInto(t, target, bytesOf(t, a), w)
			if (err != nil) != a.Refused && !(a.Layer && w == Literal) {
				t.Errorf("refused: %t (%v), want %t", err != nil, err, a.Refused)
			}
			harmless(t, a.Name, target, w)
			if w == Overlay && err == nil {
				copyStack(t, a, target)
			}
			if census(t, top, target) != before {
				t.Error("something outside of the tree changed")
				before = census(t, top, target)
			}
		})
	}
}

// TestHostileArchives: in each of the ways to treat whiteouts, with openat2 and
// without.
func TestHostileArchives(t *testing.T) {
	for name, w := range map[string]Whiteouts{"literal": Literal, "overlay": Overlay, "delete": Delete} {
		t.Run(name, func(t *testing.T) { testCorpus(t, w) })
		t.Run(name+" without openat2", func(t *testing.T) {
			safepath.ForceWalk(true)
			defer safepath.ForceWalk(false)
			testCorpus(t, w)
		})
	}
}

// TestCorpusIsDangerous is the control of the test above: an unpacker that takes
// no care does harm outside with each archive that is said to be able to, and
// the same census sees it.
func TestCorpusIsDangerous(t *testing.T) {
	escapes := 0
	for i, a := range hazard.Corpus("") {
		top, target := makeCanary(t)
		a = hazard.Corpus(top)[i]
		before := census(t, top, target)
		t.Chdir(top + "/canary") // /proc/self/cwd leads there
		naiveUnpack(target, below(t, a), true)
		naiveUnpack(target, bytesOf(t, a), true)
		did := census(t, top, target) != before
		if os.Getuid() != 0 && a.Name == "closed directory and a link in it" {
			continue // closed to a plain user
		}
		if did != a.Escapes {
			t.Errorf("%s: harm outside: %t, said to be %t", a.Name, did, a.Escapes)
		}
		if did {
			escapes++
		}
		for _, dir := range []string{"", "canary", "canary/sub", "x", "x/y"} { // to be deleted after the test
			os.Chmod(filepath.Join(top, dir), 0o700)
		}
	}
	t.Logf("%d of %d archives make a naive unpacker do harm outside", escapes, len(hazard.Corpus("")))
}

func TestBrokenArchives(t *testing.T) {
	whole := archive(t, []tar.Header{folder("d"), file("d/f")})
	for name, b := range map[string][]byte{
		"empty file":      {},
		"only an end":     make([]byte, 1024),
		"text":            bytes.Repeat([]byte("this is no archive\n"), 100),
		"cut in a header": whole[:700],
		"cut in content":  whole[:1026],
	} {
		_, target := makeCanary(t)
		if _, err := unpackInto(t, target, b, Literal); err == nil {
			t.Errorf("%s: taken for an archive", name)
		}
	}
	_, target := makeCanary(t)
	if _, err := unpackInto(t, target, make([]byte, 1024), Overlay); err != nil {
		t.Errorf("a layer that changes nothing: %v", err)
	}
}

func TestLimits(t *testing.T) {
	_, target := makeCanary(t)
	var many []tar.Header
	for range 1001 {
		many = append(many, folder("d"))
	}
	big := file("big")
	big.Size = 1<<20 + 1
	for _, entries := range [][]tar.Header{many, {big}, {mode(file("a"), 0), {Name: "b", Size: 1 << 20, Typeflag: tar.TypeReg}}} {
		if _, err := unpackInto(t, target, archive(t, entries), Literal); err == nil {
			t.Error("an archive beyond the limits was unpacked")
		}
	}
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stop)
	u := &unpacker{ctx: ctx, buf: make([]byte, 10)}
	if err := u.copy(nil, nil, 1); !errors.Is(err, stop) {
		t.Errorf("copying nobody waits for: %v", err)
	}
}
