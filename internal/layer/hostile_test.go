package layer

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/mocker-compose/mocker-compose/internal/layer/hazard"
	"github.com/mocker-compose/mocker-compose/internal/safepath"
)

// unpackInto unpacks b below dir with small limits.
func unpackInto(t testing.TB, dir string, b []byte, w Whiteouts) (Stats, error) {
	t.Helper()
	root, err := os.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	return Unpack(t.Context(), bytes.NewReader(b), root,
		Options{Single: os.Getuid() != 0, Whiteouts: w, Limits: Limits{Entries: 1000, Bytes: 1 << 20}})
}

func testCorpus(t *testing.T) {
	for _, c := range hazard.Corpus("/placeholder") {
		t.Run(c.Name, func(t *testing.T) {
			top, target := makeCanary(t)
			var h hazard.Archive
			for _, c2 := range hazard.Corpus(top) {
				if c2.Name == c.Name {
					h = c2
				}
			}
			b := archive(t, h.Entries)
			before := census(t, top, target)
			_, err := unpackInto(t, target, b, Literal)
			if (err != nil) != h.Refused {
				t.Errorf("refused: %t (%v), want %t", err != nil, err, h.Refused)
			}
			if census(t, top, target) != before {
				t.Error("something outside of the tree changed")
			}
			x, err := os.Open(filepath.Dir(target))
			if err != nil {
				t.Fatal(err)
			}
			defer x.Close()
			if err := safepath.RemoveAll(x, filepath.Base(target)); err != nil {
				t.Errorf("the tree cannot be deleted: %v", err)
			}
		})
	}
}

func TestHostileArchives(t *testing.T) {
	testCorpus(t)
	t.Run("without openat2", func(t *testing.T) {
		safepath.ForceWalk(true)
		defer safepath.ForceWalk(false)
		testCorpus(t)
	})
}

// naiveUnpack is how not to do it: paths joined and opened.
func naiveUnpack(dir string, b []byte) {
	tr := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := tr.Next()
		if err != nil {
			return
		}
		path := filepath.Join(dir, h.Name)
		os.MkdirAll(filepath.Dir(path), 0o755)
		switch h.Typeflag {
		case tar.TypeDir:
			os.Mkdir(path, 0o755)
			os.Chmod(path, os.FileMode(h.Mode).Perm())
		case tar.TypeSymlink:
			os.Symlink(h.Linkname, path)
		case tar.TypeLink:
			os.Link(filepath.Join(dir, h.Linkname), path)
		case tar.TypeReg:
			if f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644); err == nil {
				io.Copy(f, tr)
				f.Close()
			}
		}
	}
}

// TestCorpusIsDangerous: a naive unpacker escapes on the same archives, so
// that a clean census means something.
func TestCorpusIsDangerous(t *testing.T) {
	escapes := 0
	for i := range hazard.Corpus("") {
		top, target := makeCanary(t)
		h := hazard.Corpus(top)[i]
		switch h.Name {
		case "fifo", "fifo as a hard link's target", "duplicates of every kind":
			continue // it would wait for a reader
		case "deep", "too deep":
			continue // slow, and no attack
		}
		before := census(t, top, target)
		naiveUnpack(target, archive(t, h.Entries))
		if census(t, top, target) != before {
			escapes++
		}
		for _, dir := range []string{"canary", "canary/sub", "x", "x/y"} { // to be deleted after the test
			os.Chmod(filepath.Join(top, dir), 0o700)
		}
	}
	t.Logf("%d of %d archives make a naive unpacker write outside", escapes, len(hazard.Corpus("")))
	if escapes < 12 {
		t.Errorf("only %d archives make a naive unpacker write outside", escapes)
	}
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

func FuzzUnpack(f *testing.F) {
	for _, h := range hazard.Corpus("/placeholder") {
		if h.Name != "deep" { // too slow to be changed a thousand times
			f.Add(archive(f, h.Entries))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		top, target := makeCanary(t)
		before := census(t, top, target)
		unpackInto(t, target, b, Literal)
		if census(t, top, target) != before {
			t.Error("something outside of the tree changed")
		}
		x, err := os.Open(filepath.Dir(target))
		if err != nil {
			t.Fatal(err)
		}
		defer x.Close()
		if err := safepath.RemoveAll(x, filepath.Base(target)); err != nil {
			t.Error(err)
		}
	})
}
